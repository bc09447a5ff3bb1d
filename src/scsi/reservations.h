// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who has reserved a logical unit.

#pragma once

#include <span>

#include "scsi/command_table.h"
#include "scsi/nexus.h"

namespace lunway::scsi {

/// Threads: guarded by the mutex of the logical unit. Each change is told to the nexuses, which keep the one bit that a
/// read or write looks at.
class Reservations {
 public:
  bool exists() const { return holder_ != nullptr; }

  /// Whether a reservation keeps `nexus` from a command of this kind.
  bool bars(const Nexus& nexus, Interest interest) const;

  /// RESERVE (SPC-2): false when somebody else has the reservation.
  bool reserve(const Nexus& nexus, std::span<Nexus* const> all);
  /// RELEASE: without effect when somebody else has the reservation.
  void release(const Nexus& nexus, std::span<Nexus* const> all);

  void nexus_lost(const Nexus& nexus, std::span<Nexus* const> all);
  void unit_reset(std::span<Nexus* const> all);

 private:
  void tell(std::span<Nexus* const> all) const;

  /// Of RESERVE. It is attached.
  const Nexus* holder_ = nullptr;
};

}  // namespace lunway::scsi
