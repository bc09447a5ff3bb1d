// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What happens to a logical unit from outside of commands.

#include <algorithm>
#include <limits>
#include <utility>

#include "scsi/logical_unit.h"
#include "scsi/port_groups.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {

void LogicalUnit::attach(Nexus& nexus) {
  const std::lock_guard lock(unit_->mutex);
  unit_->nexuses.push_back(&nexus);
  nexus.raise(UnitAttention::power_on);
  nexus.set_barred(unit_->reservations.bars(nexus, Interest::writes));
  if (PortGroups* const groups = nexus.identity().port_groups.get()) groups->attach(nexus);
}

void LogicalUnit::detach(Nexus& nexus) {
  const std::lock_guard lock(unit_->mutex);
  std::erase(unit_->nexuses, &nexus);
  if (PortGroups* const groups = nexus.identity().port_groups.get()) groups->detach(nexus);
  unit_->removal_preventers.erase(&nexus);
  unit_->copies.forget(nexus);
  unit_->reservations.nexus_lost(nexus, unit_->nexuses);
}

// SAM-5, 6.3.3. Persistent reservations and registrations survive.
void LogicalUnit::reset() {
  const std::lock_guard lock(unit_->mutex);
  unit_->removal_preventers.clear();
  unit_->copies.forget_ended();
  unit_->reservations.unit_reset(unit_->nexuses);
  unit_->write_cache_enabled = unit_->options.volatile_cache && unit_->options.write_cache_enabled;
  unit_->descriptor_sense = false;
  unit_->software_write_protect = false;
  unit_->raise_for_others(UnitAttention::logical_unit_reset, nullptr);
}

void LogicalUnit::tell_commands_cleared(Nexus& nexus) {
  nexus.raise(UnitAttention::commands_cleared_by_another_initiator);
}

void LogicalUnit::resize(std::uint64_t capacity_blocks) {
  const std::lock_guard lock(unit_->mutex);
  unit_->capacity_blocks = capacity_blocks;
  const std::uint64_t end = unit_->capacity_bytes();
  unit_->tokens.cancel({.offset = end, .length = std::numeric_limits<std::uint64_t>::max() - end});
  unit_->raise_for_others(UnitAttention::capacity_changed, nullptr);
}

void LogicalUnit::set_write_protected(bool write_protected) {
  unit_->write_protected = write_protected;
  raise_for_all(UnitAttention::mode_parameters_changed);
}

void LogicalUnit::raise_for_all(UnitAttention attention, const Nexus* except) {
  const std::lock_guard lock(unit_->mutex);
  unit_->raise_for_others(attention, except);
}

bool LogicalUnit::restore(Bytes record) {
  auto restored = PersistentReservations::from_record(text_of(record));
  if (!restored) return false;
  const std::lock_guard lock(unit_->mutex);
  unit_->reservations.persistent = *std::move(restored);
  unit_->reservations.tell(unit_->nexuses);
  return true;
}

}  // namespace lunway::scsi
