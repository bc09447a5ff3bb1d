// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What happens to a logical unit from outside of commands.

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <utility>

#include "scsi/logical_unit.h"
#include "scsi/port_groups.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// Of the nexus whatever session it is in: both ports by name, for a volume may be in more than one target.
NexusName lasting_name_of(const Nexus& nexus) {
  NexusName name = name_of(nexus);
  name.initiator_port += " " + nexus.identity().target_port;
  return name;
}

}  // namespace

void LogicalUnit::attach(Nexus& nexus) {
  const std::lock_guard lock(unit_->mutex);
  unit_->nexuses.push_back(&nexus);
  const auto lost = std::ranges::find(unit_->lost_nexuses, lasting_name_of(nexus), &UnitState::LostNexus::name);
  if (lost == unit_->lost_nexuses.end() || lost->owed_power_on) {
    nexus.raise(UnitAttention::power_on);
  } else {
    nexus.raise(UnitAttention::i_t_nexus_loss);
    if (lost->owed_reset) nexus.raise(UnitAttention::logical_unit_reset);
  }
  if (lost != unit_->lost_nexuses.end()) unit_->lost_nexuses.erase(lost);
  nexus.set_barred(unit_->reservations.bars(nexus, Interest::writes));
  if (PortGroups* const groups = nexus.identity().port_groups.get()) groups->attach(nexus);
}

void LogicalUnit::detach(Nexus& nexus) {
  const std::lock_guard lock(unit_->mutex);
  std::erase(unit_->nexuses, &nexus);
  if (PortGroups* const groups = nexus.identity().port_groups.get()) groups->detach(nexus);
  unit_->forget_claims_of(nexus);
}

// SAM-5, 6.3.4. Persistent reservations and registrations survive.
void LogicalUnit::lose(Nexus& nexus) {
  const std::lock_guard lock(unit_->mutex);
  unit_->forget_claims_of(nexus);
  auto& lost = unit_->lost_nexuses;
  const NexusName name = lasting_name_of(nexus);
  std::erase_if(lost, [&](const UnitState::LostNexus& known) { return known.name == name; });
  if (lost.size() == UnitState::kMostLostNexuses) lost.pop_front();
  lost.push_back({.name = name,
                  .owed_power_on = nexus.has(UnitAttention::power_on),
                  .owed_reset = nexus.has(UnitAttention::logical_unit_reset)});
}

// SAM-5, 6.3.3. Persistent reservations and registrations survive.
void LogicalUnit::reset() {
  const std::lock_guard lock(unit_->mutex);
  unit_->reset();
}

void LogicalUnit::tell_reset(Nexus& nexus) { nexus.raise(UnitAttention::logical_unit_reset); }

// Registrations are what a restart would find (SPC-4, 5.13.5).
void LogicalUnit::power_cycle() {
  const std::lock_guard lock(unit_->mutex);
  unit_->reset();
  PersistentReservations& persistent = unit_->reservations.persistent;
  std::optional<PersistentReservations> kept;
  if (persistent.survives_power_loss()) kept = PersistentReservations::from_record(text_of(persistent.record()));
  persistent = kept ? *std::move(kept) : PersistentReservations();
  unit_->reservations.tell(unit_->nexuses);
  for (UnitState::LostNexus& lost : unit_->lost_nexuses) lost.owed_power_on = true;
  unit_->raise_for_others(UnitAttention::power_on, nullptr);
}

// UADE DEPTH (one, or more than one) and SENSE KEY, then the two bytes of the additional sense code.
std::optional<std::uint32_t> LogicalUnit::pending_event(const Nexus& nexus) {
  const std::uint32_t pending = nexus.conditions() & Nexus::kAttentionMask;
  if (pending == 0) return std::nullopt;
  const std::uint32_t depth = std::has_single_bit(pending) ? 1 : 2;
  const auto first = static_cast<UnitAttention>(std::countr_zero(pending));
  return depth << 20 | static_cast<std::uint32_t>(SenseKey::unit_attention) << 16 |
         static_cast<std::uint32_t>(code_of(first));
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
