// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an iSNS server can make grow, and how far; and how much we ask of one.

#pragma once

#include <chrono>
#include <cstddef>

#include "base/instant.h"

namespace lunway::isns {

/// Bytes of a whole message from the server, headers not counted. An answer to a registration repeats what was
/// registered and adds a little.
inline constexpr std::size_t kMaxReceivedPayload = std::size_t{64} << 10;

/// Bytes of a message to the server, header included.
inline constexpr std::size_t kMaxSentMessage = std::size_t{8} << 10;

/// Bytes of the answer that a registration may bring about. Open-iSNS has room for 8 KiB; what it registers for a
/// longer answer stays, but the answer is Internal Error. It repeats the request, adds an index to each object and the
/// name to each portal group.
inline constexpr std::size_t kMaxAnswer = 7680;

/// Portals of one entity. All of them and one target with all its portal groups stay below kMaxAnswer.
inline constexpr std::size_t kMaxPortals = 16;

/// Targets of one entity.
inline constexpr std::size_t kMaxNodes = 4096;

//= rfc4171#6.4.1
inline constexpr std::size_t kMaxNameBytes = 223;

//= rfc4171#6.2.1
inline constexpr std::size_t kMaxTextBytes = 255;

}  // namespace lunway::isns
