// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The twelve bytes before every iSNS PDU.
//= rfc4171#5
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |         iSNSP Version         |          Function ID          |
//     4 |          PDU Length           |             Flags             |
//     8 |        Transaction ID         |          Sequence ID          |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "isns/message.h"

namespace lunway::isns {

inline constexpr std::size_t kHeaderBytes = 12;

//= rfc4171#5.1.1
inline constexpr std::uint16_t kProtocolVersion = 0x0001;

/// The RFC counts bits from the left of the word: its bit 16 is 0x8000 here.
//= rfc4171#5.1.4
namespace flag {
inline constexpr std::uint16_t kFromClient = 0x8000;
inline constexpr std::uint16_t kFromServer = 0x4000;
inline constexpr std::uint16_t kAuthenticationBlock = 0x2000;
inline constexpr std::uint16_t kReplace = 0x1000;
inline constexpr std::uint16_t kLastPdu = 0x0800;
inline constexpr std::uint16_t kFirstPdu = 0x0400;
}  // namespace flag

struct PduHeader {
  std::uint16_t function = 0;  // a Function, perhaps with kResponseBit; or one that we do not know
  std::uint16_t length = 0;    // of the payload, in bytes
  std::uint16_t flags = 0;
  std::uint16_t transaction_id = 0;
  std::uint16_t sequence_id = 0;

  bool is_first() const { return (flags & flag::kFirstPdu) != 0; }
  bool is_last() const { return (flags & flag::kLastPdu) != 0; }

  /// Refuses what makes the stream unreadable. Reserved flags are ignored.
  static std::expected<PduHeader, Violation> parse(std::span<const std::byte, kHeaderBytes> bytes);

  std::array<std::byte, kHeaderBytes> encode() const;

  friend bool operator==(const PduHeader&, const PduHeader&) = default;
};

}  // namespace lunway::isns
