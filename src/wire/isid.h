// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Initiator Session ID: the initiator's part of a session's name.
//= rfc7143#11.12.5
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     8 | T |     A     |               B               |       C       |
//    12 |               D               |             (TSIH)            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace lunway::wire {

class Isid {
 public:
  static constexpr std::size_t kSize = 6;

  /// The T field: who named this ISID, and so what A, B, C and D hold.
  enum class Format : std::uint8_t { oui = 0, enterprise_number = 1, random = 2, reserved = 3 };

  constexpr Isid() = default;
  constexpr explicit Isid(std::array<std::byte, kSize> bytes) : bytes_(bytes) {}

  /// A and B: the 22 bits of an OUI without its I/G and U/L bits. C and D: a 24-bit qualifier.
  static Isid from_oui(std::uint32_t oui_22, std::uint32_t qualifier_24);
  /// B and C: an IANA enterprise number of 24 bits. D: the qualifier.
  static Isid from_enterprise_number(std::uint32_t number_24, std::uint16_t qualifier);
  /// B and C: 24 random bits. D: the qualifier.
  static Isid from_random(std::uint32_t random_24, std::uint16_t qualifier);

  Format format() const { return static_cast<Format>(load_u8(bytes_.data()) >> 6); }
  const std::array<std::byte, kSize>& bytes() const { return bytes_; }

  /// The order means nothing but makes an ISID a key.
  friend constexpr auto operator<=>(const Isid&, const Isid&) = default;

 private:
  std::array<std::byte, kSize> bytes_{};
};

/// As in the name of a SCSI initiator port: "0x00023d000001".
std::string to_string(const Isid& isid);

}  // namespace lunway::wire

template <>
struct std::hash<lunway::wire::Isid> {
  std::size_t operator()(const lunway::wire::Isid& isid) const {
    const std::uint64_t high = lunway::load_be16(isid.bytes().data());
    return std::hash<std::uint64_t>{}(high << 32 | lunway::load_be32(isid.bytes().data() + 2));
  }
};
