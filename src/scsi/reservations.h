// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who has reserved a logical unit: by RESERVE (SPC-2), or persistently. There is never both.

#pragma once

#include <optional>
#include <span>

#include "scsi/execution.h"
#include "scsi/interest.h"
#include "scsi/nexus.h"
#include "scsi/persistent/persistent_reservations.h"

namespace lunway::scsi {

NexusName name_of(const Nexus& nexus);

/// Threads: guarded by the mutex of the logical unit. After each change the nexuses are told whether they are barred:
/// the one bit that a read or write looks at.
class Reservations {
 public:
  PersistentReservations persistent;

  /// Whether a reservation keeps `nexus` from a command of this kind.
  bool bars(const Nexus& nexus, Interest interest) const;

  /// Whether RESERVE of somebody else is in force: it bars even commands about persistent reservations.
  bool is_reserved_by_other(const Nexus& nexus) const { return holder_ != nullptr && holder_ != &nexus; }

  /// RESERVE: false when somebody else has the reservation, or anybody is registered persistently.
  bool reserve(const Nexus& nexus, std::span<Nexus* const> all);
  /// RELEASE: without effect when somebody else has the reservation; false when anybody is registered.
  bool release(const Nexus& nexus, std::span<Nexus* const> all);

  void nexus_lost(const Nexus& nexus, std::span<Nexus* const> all);
  void unit_reset(std::span<Nexus* const> all);

  void tell(std::span<Nexus* const> all) const;

 private:
  /// Of RESERVE. It is attached.
  const Nexus* holder_ = nullptr;
};

/// Whether a reservation keeps `nexus` from what it wants of `unit`. Takes the mutex only where there is any doubt.
bool is_reserved_against(UnitState& unit, const Nexus& nexus, Interest interest);

/// RESERVATION CONFLICT when the execution's nexus is barred: for commands whose interest depends on their fields.
std::optional<Step> refuse_if_reserved(Execution& execution, Interest interest);

}  // namespace lunway::scsi
