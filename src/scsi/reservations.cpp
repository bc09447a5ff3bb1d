// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/reservations.h"

namespace lunway::scsi {

// SPC-2, table 10: only commands that ask about the device are let through.
bool Reservations::bars(const Nexus& nexus, Interest interest) const {
  if (holder_ == nullptr || holder_ == &nexus) return false;
  return interest == Interest::reads || interest == Interest::writes;
}

bool Reservations::reserve(const Nexus& nexus, std::span<Nexus* const> all) {
  if (holder_ != nullptr && holder_ != &nexus) return false;
  holder_ = &nexus;
  tell(all);
  return true;
}

void Reservations::release(const Nexus& nexus, std::span<Nexus* const> all) {
  if (holder_ != &nexus) return;
  holder_ = nullptr;
  tell(all);
}

void Reservations::nexus_lost(const Nexus& nexus, std::span<Nexus* const> all) { release(nexus, all); }

void Reservations::unit_reset(std::span<Nexus* const> all) {
  holder_ = nullptr;
  tell(all);
}

void Reservations::tell(std::span<Nexus* const> all) const {
  for (Nexus* const nexus : all) nexus->set_reservation_exists(exists());
}

}  // namespace lunway::scsi
