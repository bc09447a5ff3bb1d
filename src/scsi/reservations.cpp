// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/reservations.h"

#include "scsi/unit_state.h"

namespace lunway::scsi {

NexusName name_of(const Nexus& nexus) {
  return {.initiator_port = nexus.identity().initiator_port,
          .relative_target_port = nexus.identity().relative_target_port};
}

// With RESERVE, SPC-2, table 10, lets only commands through that ask about the device.
bool Reservations::bars(const Nexus& nexus, Interest interest) const {
  if (is_reserved_by_other(nexus)) return interest != Interest::information && interest != Interest::own;
  return persistent.type() && persistent.bars(name_of(nexus), interest);
}

bool Reservations::reserve(const Nexus& nexus, std::span<Nexus* const> all) {
  if (is_reserved_by_other(nexus) || !persistent.registrations().empty()) return false;
  holder_ = &nexus;
  tell(all);
  return true;
}

bool Reservations::release(const Nexus& nexus, std::span<Nexus* const> all) {
  if (!persistent.registrations().empty()) return false;
  nexus_lost(nexus, all);
  return true;
}

void Reservations::nexus_lost(const Nexus& nexus, std::span<Nexus* const> all) {
  if (holder_ != &nexus) return;
  holder_ = nullptr;
  tell(all);
}

void Reservations::unit_reset(std::span<Nexus* const> all) {
  holder_ = nullptr;
  tell(all);
}

/// Who is barred from reading is barred from writing too.
void Reservations::tell(std::span<Nexus* const> all) const {
  for (Nexus* const nexus : all) nexus->set_barred(bars(*nexus, Interest::writes));
}

bool is_reserved_against(UnitState& unit, const Nexus& nexus, Interest interest) {
  if ((nexus.conditions() & Nexus::kBarred) == 0) return false;
  const std::lock_guard lock(unit.mutex);
  return unit.reservations.bars(nexus, interest);
}

std::optional<Step> refuse_if_reserved(Execution& execution, Interest interest) {
  if (!is_reserved_against(*execution.unit, *execution.nexus, interest)) return std::nullopt;
  return execution.good_with_status(Status::reservation_conflict);
}

}  // namespace lunway::scsi
