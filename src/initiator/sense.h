// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sense data as a target returns it, in fixed or descriptor form (SPC-4, 4.5), and what an initiator concludes from it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

inline constexpr std::uint8_t kStatusGood = 0x00;
inline constexpr std::uint8_t kStatusCheckCondition = 0x02;
inline constexpr std::uint8_t kStatusBusy = 0x08;
inline constexpr std::uint8_t kStatusReservationConflict = 0x18;
inline constexpr std::uint8_t kStatusTaskSetFull = 0x28;

inline constexpr std::uint8_t kSenseKeyUnitAttention = 0x06;
inline constexpr std::uint8_t kSenseKeyIllegalRequest = 0x05;
inline constexpr std::uint8_t kSenseKeyAbortedCommand = 0x0b;
inline constexpr std::uint8_t kSenseKeyMiscompare = 0x0e;

/// Nothing when the bytes are no sense data of a known form. Fields beyond the end of short data are zero.
std::optional<Sense> parse_sense(Bytes data);

/// "BUSY", "TASK SET FULL", ... or "status 7Fh".
std::string status_name(std::uint8_t status);

/// What to do about a command that was answered.
enum class Advice : std::uint8_t {
  report,          // to the caller: done, or failed for good
  repeat_at_once,  // a unit attention told us something; the command itself was not tried
  repeat_later,    // the target has no room at this moment
};

Advice advise(std::uint8_t status, const std::optional<Sense>& sense);

/// A unit attention that makes what we remember of the unit (capacity, limits) wrong.
bool changes_what_we_know(const Sense& sense);

}  // namespace lunway::initiator
