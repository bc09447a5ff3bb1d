// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/persistent/persistent_reservations.h"

#include <algorithm>
#include <array>

namespace lunway::scsi {
namespace {

bool is_for_registrants_only(ReservationType type) {
  return type == ReservationType::write_exclusive_registrants_only ||
         type == ReservationType::exclusive_access_registrants_only;
}

bool is_exclusive_access(ReservationType type) {
  return type == ReservationType::exclusive_access || type == ReservationType::exclusive_access_registrants_only ||
         type == ReservationType::exclusive_access_all_registrants;
}

}  // namespace

std::optional<ReservationType> reservation_type(std::uint8_t code) {
  constexpr std::array<std::uint8_t, 6> kCodes = {1, 3, 5, 6, 7, 8};
  if (std::ranges::find(kCodes, code) == kCodes.end()) return std::nullopt;
  return static_cast<ReservationType>(code);
}

bool is_for_all_registrants(ReservationType type) {
  return type == ReservationType::write_exclusive_all_registrants ||
         type == ReservationType::exclusive_access_all_registrants;
}

const Registration* PersistentReservations::find(const NexusName& nexus) const {
  const auto found =
      std::ranges::find_if(registrations_, [&](const Registration& known) { return known.nexus.covers(nexus); });
  return found == registrations_.end() ? nullptr : &*found;
}

Registration* PersistentReservations::find_mutable(const NexusName& nexus) {
  return const_cast<Registration*>(find(nexus));
}

bool PersistentReservations::is_registered_with(const NexusName& nexus, std::uint64_t key) const {
  const Registration* const registration = find(nexus);
  return registration != nullptr && registration->key == key;
}

bool PersistentReservations::is_holder(const Registration& registration) const {
  return type_ && (is_for_all_registrants(*type_) || registration.holds);
}

// SPC-4, table 66, by columns: the holder may all; a registered nexus may all unless the type is for its holder alone;
// everybody else is kept from writes, and from reads too by exclusive access.
bool PersistentReservations::bars(const NexusName& nexus, Interest interest) const {
  if (!type_ || (interest != Interest::reads && interest != Interest::writes)) return false;
  if (const Registration* const registration = find(nexus)) {
    if (registration->holds || is_for_registrants_only(*type_) || is_for_all_registrants(*type_)) return false;
  }
  return interest == Interest::writes || is_exclusive_access(*type_);
}

PersistentReservations::Answer PersistentReservations::register_nexus(const NexusName& nexus,
                                                                      const RegisterRequest& request,
                                                                      const Notice& notice) {
  Registration* const registration = find_mutable(nexus);
  const std::uint64_t current = registration == nullptr ? 0 : registration->key;
  if (!request.ignores_key && request.key != current) return Answer::conflict;
  if (registration == nullptr && request.new_key != 0) {
    if (registrations_.size() + 1 + request.others.size() > kMostRegistrations) return Answer::no_room;
    NexusName name = nexus;
    if (request.all_target_ports) name.relative_target_port = 0;
    registrations_.push_back({.nexus = name, .key = request.new_key});
    for (NexusName other : request.others) {
      if (request.all_target_ports) other.relative_target_port = 0;
      if (find(other) == nullptr) registrations_.push_back({.nexus = other, .key = request.new_key});
    }
  } else if (registration != nullptr && request.new_key != 0) {
    registration->key = request.new_key;
  } else if (registration != nullptr) {
    unregister(nexus, notice);
  }
  survives_power_loss_ = request.survives_power_loss;
  ++generation_;
  return Answer::good;
}

// SPC-4, 5.13.11.2: with the holder the reservation goes, and with the last registrant one for all of them.
void PersistentReservations::unregister(const NexusName& nexus, const Notice& notice) {
  const auto gone =
      std::ranges::find_if(registrations_, [&](const Registration& known) { return known.nexus.covers(nexus); });
  const bool held = gone->holds;
  registrations_.erase(gone);
  if (!type_) return;
  if (held) {
    if (is_for_registrants_only(*type_)) notify_others(nexus, UnitAttention::reservations_released, notice);
    drop_reservation();
  } else if (registrations_.empty()) {
    drop_reservation();
  }
}

PersistentReservations::Answer PersistentReservations::reserve(const NexusName& nexus, std::uint64_t key,
                                                               ReservationType type) {
  if (!is_registered_with(nexus, key)) return Answer::conflict;
  if (!type_) {
    take_reservation(nexus, type);
    return Answer::good;
  }
  return is_holder(*find(nexus)) && *type_ == type ? Answer::good : Answer::conflict;
}

PersistentReservations::Answer PersistentReservations::release(const NexusName& nexus, std::uint64_t key,
                                                               ReservationType type, const Notice& notice) {
  if (!is_registered_with(nexus, key)) return Answer::conflict;
  if (!type_ || !is_holder(*find(nexus))) return Answer::good;
  if (*type_ != type) return Answer::invalid_release;
  if (is_for_registrants_only(type) || is_for_all_registrants(type)) {
    notify_others(nexus, UnitAttention::reservations_released, notice);
  }
  drop_reservation();
  return Answer::good;
}

PersistentReservations::Answer PersistentReservations::clear(const NexusName& nexus, std::uint64_t key,
                                                             const Notice& notice) {
  if (!is_registered_with(nexus, key)) return Answer::conflict;
  notify_others(nexus, UnitAttention::reservations_preempted, notice);
  registrations_.clear();
  drop_reservation();
  ++generation_;
  return Answer::good;
}

// SPC-4, 5.13.11.3 and figure 9: either the reservation is taken from its holder, or registrations are removed only.
PersistentReservations::Answer PersistentReservations::preempt(const NexusName& nexus, std::uint64_t key,
                                                               std::uint64_t victim_key,
                                                               std::optional<ReservationType> type,
                                                               const Notice& notice, std::vector<NexusName>& removed) {
  if (!is_registered_with(nexus, key)) return Answer::conflict;
  const bool of_all = type_ && is_for_all_registrants(*type_);
  if (victim_key == 0 && !of_all) return Answer::invalid_key;
  const bool takes_over = type_ && (of_all ? victim_key == 0 : is_key_of_holder(victim_key));
  const bool every_key = of_all && victim_key == 0;
  const bool known = std::ranges::any_of(registrations_, [&](const auto& victim) { return victim.key == victim_key; });
  if (!every_key && !known) return Answer::conflict;
  if (takes_over && !type) return Answer::invalid_type;

  const std::optional<ReservationType> before = type_;
  std::erase_if(registrations_, [&](const Registration& victim) {
    if (!every_key && victim.key != victim_key) return false;
    const bool asks = victim.nexus.covers(nexus);
    if (asks && takes_over) return false;
    if (!asks) notice(victim.nexus, UnitAttention::registrations_preempted);
    removed.push_back(victim.nexus);
    return true;
  });
  if (takes_over) {
    drop_reservation();
    take_reservation(nexus, *type);
    if (before != type_) notify_others(nexus, UnitAttention::reservations_released, notice);
  } else if (registrations_.empty()) {
    drop_reservation();
  }
  ++generation_;
  return Answer::good;
}

PersistentReservations::Answer PersistentReservations::register_and_move(const NexusName& nexus,
                                                                         const MoveRequest& request) {
  if (!is_registered_with(nexus, request.key)) return Answer::conflict;
  if (!type_ || is_for_all_registrants(*type_) || !find(nexus)->holds) return Answer::conflict;
  if (request.new_key == 0 || find(nexus)->nexus.covers(request.to)) return Answer::invalid_key;
  if (find(request.to) == nullptr) {
    if (registrations_.size() == kMostRegistrations) return Answer::no_room;
    registrations_.push_back({.nexus = request.to});
  }
  find_mutable(request.to)->key = request.new_key;
  const ReservationType type = *type_;
  drop_reservation();
  take_reservation(request.to, type);
  if (request.unregisters) {
    std::erase_if(registrations_, [&](const Registration& known) { return known.nexus.covers(nexus); });
  }
  survives_power_loss_ = request.survives_power_loss;
  ++generation_;
  return Answer::good;
}

void PersistentReservations::drop_reservation() {
  type_.reset();
  for (Registration& registration : registrations_) registration.holds = false;
}

void PersistentReservations::take_reservation(const NexusName& nexus, ReservationType type) {
  type_ = type;
  if (!is_for_all_registrants(type)) find_mutable(nexus)->holds = true;
}

bool PersistentReservations::is_key_of_holder(std::uint64_t key) const {
  return std::ranges::any_of(registrations_,
                             [&](const Registration& known) { return known.holds && known.key == key; });
}

void PersistentReservations::notify_others(const NexusName& nexus, UnitAttention attention,
                                           const Notice& notice) const {
  for (const Registration& registration : registrations_) {
    if (!registration.nexus.covers(nexus)) notice(registration.nexus, attention);
  }
}

}  // namespace lunway::scsi
