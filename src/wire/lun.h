// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Logical Unit Number as it stands in a header: 64 bits in the format of SAM.
//= rfc7143#11.2.1.7

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace lunway::wire {

/// A LUN of any addressing method. Its eight bytes, most significant first, are value().
class Lun {
 public:
  /// What flat space addressing can say: 14 bits.
  static constexpr unsigned kMaxFlat = 0x3fff;

  constexpr Lun() = default;
  constexpr explicit Lun(std::uint64_t value) : value_(value) {}

  /// The number a person says. Peripheral device addressing below 256, flat space addressing above. At most kMaxFlat.
  static constexpr Lun from_flat(unsigned number) {
    const std::uint64_t method = number < 256 ? kPeripheralDevice : kFlatSpace;
    return Lun(method << 62 | std::uint64_t{number & kMaxFlat} << 48);
  }

  /// The number a person says; nothing when the LUN has further levels, a bus, or another addressing method.
  constexpr std::optional<unsigned> flat() const {
    const std::uint64_t method = value_ >> 62;
    const auto number = static_cast<unsigned>(value_ >> 48) & kMaxFlat;
    if ((value_ & 0x0000ffffffffffff) != 0) return std::nullopt;
    if (method == kFlatSpace || (method == kPeripheralDevice && number < 256)) return number;
    return std::nullopt;
  }

  constexpr std::uint64_t value() const { return value_; }

  /// Bytes compare, so the two ways to write a number below 256 differ.
  friend constexpr bool operator==(Lun, Lun) = default;

 private:
  static constexpr std::uint64_t kPeripheralDevice = 0;
  static constexpr std::uint64_t kFlatSpace = 1;

  std::uint64_t value_ = 0;
};

/// Whether two LUNs mean one logical unit, however they write its number.
constexpr bool names_same_unit(Lun one, Lun other) {
  return one == other || (one.flat().has_value() && one.flat() == other.flat());
}

}  // namespace lunway::wire

template <>
struct std::hash<lunway::wire::Lun> {
  std::size_t operator()(lunway::wire::Lun lun) const { return std::hash<std::uint64_t>{}(lun.value()); }
};
