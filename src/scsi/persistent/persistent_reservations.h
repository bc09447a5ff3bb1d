// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Persistent reservations (SPC-4, 5.13): who is registered, with which key, and who holds the reservation. A value
// machine: it knows initiators by their names only, because registrations outlive sessions and, when asked to, power.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scsi/interest.h"
#include "scsi/unit_attention.h"

namespace lunway::scsi {

/// TYPE, with the codes of PERSISTENT RESERVE IN and OUT.
enum class ReservationType : std::uint8_t {
  write_exclusive = 1,
  exclusive_access = 3,
  write_exclusive_registrants_only = 5,
  exclusive_access_registrants_only = 6,
  write_exclusive_all_registrants = 7,
  exclusive_access_all_registrants = 8,
};

std::optional<ReservationType> reservation_type(std::uint8_t code);
bool is_for_all_registrants(ReservationType type);

/// An I_T nexus by name.
struct NexusName {
  std::string initiator_port;
  /// Zero: every target port (ALL_TG_PT).
  std::uint16_t relative_target_port = 0;

  bool covers(const NexusName& other) const {
    return initiator_port == other.initiator_port &&
           (relative_target_port == 0 || relative_target_port == other.relative_target_port);
  }
  friend bool operator==(const NexusName&, const NexusName&) = default;
};

struct Registration {
  NexusName nexus;
  std::uint64_t key = 0;
  /// The reservation is this one's. With a type for all registrants it is everybody's, and nobody has the mark.
  bool holds = false;
};

class PersistentReservations {
 public:
  static constexpr std::size_t kMostRegistrations = 128;

  enum class Answer : std::uint8_t {
    good,
    conflict,
    invalid_release,
    invalid_key,
    invalid_type,
    no_room,
  };

  /// Told for every registration whose initiator has to hear of a change.
  using Notice = std::function<void(const NexusName&, UnitAttention)>;

  std::uint32_t generation() const { return generation_; }
  const std::vector<Registration>& registrations() const { return registrations_; }
  std::optional<ReservationType> type() const { return type_; }
  bool survives_power_loss() const { return survives_power_loss_; }

  const Registration* find(const NexusName& nexus) const;
  bool is_holder(const Registration& registration) const;

  /// Whether the reservation keeps this nexus from a command of this kind.
  bool bars(const NexusName& nexus, Interest interest) const;

  /// REGISTER and, with `ignores_key`, REGISTER AND IGNORE EXISTING KEY. A new key of zero unregisters. `others` are
  /// registered with the same key (SPEC_I_PT).
  struct RegisterRequest {
    std::uint64_t key = 0;
    std::uint64_t new_key = 0;
    bool ignores_key = false;
    bool all_target_ports = false;
    bool survives_power_loss = false;
    std::vector<NexusName> others = {};
  };
  Answer register_nexus(const NexusName& nexus, const RegisterRequest& request, const Notice& notice);

  Answer reserve(const NexusName& nexus, std::uint64_t key, ReservationType type);
  Answer release(const NexusName& nexus, std::uint64_t key, ReservationType type, const Notice& notice);
  Answer clear(const NexusName& nexus, std::uint64_t key, const Notice& notice);

  /// PREEMPT. `removed` gets the nexuses that lost their registration, the one that asks included.
  Answer preempt(const NexusName& nexus, std::uint64_t key, std::uint64_t victim_key,
                 std::optional<ReservationType> type, const Notice& notice, std::vector<NexusName>& removed);

  struct MoveRequest {
    std::uint64_t key = 0;
    std::uint64_t new_key = 0;
    NexusName to = {};
    bool unregisters = false;
    bool survives_power_loss = false;
  };
  Answer register_and_move(const NexusName& nexus, const MoveRequest& request);

  /// What Persist carries, and what restore() of a logical unit takes.
  std::vector<std::byte> record() const;
  /// Nothing when the record is damaged.
  static std::optional<PersistentReservations> from_record(std::string_view record);

 private:
  Registration* find_mutable(const NexusName& nexus);
  bool is_registered_with(const NexusName& nexus, std::uint64_t key) const;
  void unregister(const NexusName& nexus, const Notice& notice);
  void drop_reservation();
  void take_reservation(const NexusName& nexus, ReservationType type);
  bool is_key_of_holder(std::uint64_t key) const;
  void notify_others(const NexusName& nexus, UnitAttention attention, const Notice& notice) const;

  std::vector<Registration> registrations_;
  std::optional<ReservationType> type_;
  std::uint32_t generation_ = 0;
  bool survives_power_loss_ = false;
};

}  // namespace lunway::scsi
