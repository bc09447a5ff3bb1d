// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/persistent_reservation.h"

#include <utility>

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

constexpr std::uint8_t kReadKeys = 0x00;  // service actions
constexpr std::uint8_t kReadReservation = 0x01;
constexpr std::size_t kParameterListBytes = 24;
constexpr std::byte kActivatePersistThroughPowerLoss{0x01};
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kKeyBytes = 8;
constexpr std::size_t kReservationBytes = 16;

/// What follows the header; nothing when less is here than it says.
std::optional<Bytes> body_of(Bytes data) {
  if (data.size() < kHeaderBytes) return std::nullopt;
  const std::size_t length = load_be32(data.data() + 4);
  if (length > data.size() - kHeaderBytes) return std::nullopt;
  return data.subspan(kHeaderBytes, length);
}

std::optional<ReservationType> type_of(std::uint8_t scope_and_type) {
  // Scope 0 is the logical unit, and there is no other.
  switch (scope_and_type) {
    case 1:
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return static_cast<ReservationType>(scope_and_type);
    default:
      return std::nullopt;
  }
}

}  // namespace

Cdb read_keys_cdb() { return persistent_reserve_in_cdb(kReadKeys, kReservationAnswerBytes); }

Cdb read_reservation_cdb() { return persistent_reserve_in_cdb(kReadReservation, kReservationAnswerBytes); }

Cdb to_cdb(const PersistentReserve& request) {
  using Action = PersistentReserve::Action;
  const bool has_type = request.action == Action::reserve || request.action == Action::release ||
                        request.action == Action::preempt || request.action == Action::preempt_and_abort;
  return persistent_reserve_out_cdb(std::to_underlying(request.action),
                                    has_type ? std::to_underlying(request.type) : std::uint8_t{0}, kParameterListBytes);
}

std::vector<std::byte> parameter_list(const PersistentReserve& request) {
  std::vector<std::byte> list(kParameterListBytes);
  store_be64(list.data(), request.key);
  store_be64(list.data() + 8, request.other_key);
  if (request.survives_power_loss) list[20] = kActivatePersistThroughPowerLoss;
  return list;
}

std::optional<RegisteredKeys> parse_keys(Bytes data) {
  const auto body = body_of(data);
  if (!body) return std::nullopt;
  RegisteredKeys found{.generation = load_be32(data.data()), .keys = {}};
  for (Bytes rest = *body; rest.size() >= kKeyBytes; rest = rest.subspan(kKeyBytes)) {
    found.keys.push_back(load_be64(rest.data()));
  }
  return found;
}

std::optional<std::optional<HeldReservation>> parse_reservation(Bytes data) {
  const auto body = body_of(data);
  if (!body) return std::nullopt;
  if (body->empty()) return std::optional<HeldReservation>();
  if (body->size() < kReservationBytes) return std::nullopt;
  const auto type = type_of(load_u8(body->data() + 13));
  if (!type) return std::nullopt;
  return HeldReservation{.key = load_be64(body->data()), .type = *type};
}

}  // namespace lunway::initiator
