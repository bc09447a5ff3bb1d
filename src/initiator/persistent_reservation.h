// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What PERSISTENT RESERVE OUT sends and PERSISTENT RESERVE IN answers (SPC-4, 6.15 and 6.16).

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "initiator/cdb.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

/// Bytes of an answer that are asked for: several thousand registrations.
inline constexpr std::uint16_t kReservationAnswerBytes = 0xfff8;

Cdb read_keys_cdb();
Cdb read_reservation_cdb();
Cdb to_cdb(const PersistentReserve& request);
std::vector<std::byte> parameter_list(const PersistentReserve& request);

// The answers; nothing when too short to be one, or cut inside of what they announce.
std::optional<RegisteredKeys> parse_keys(Bytes data);
std::optional<std::optional<HeldReservation>> parse_reservation(Bytes data);

}  // namespace lunway::initiator
