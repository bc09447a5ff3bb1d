// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// 32-bit serial numbers that wrap, compared as RFC 1982 says: CmdSN, StatSN, DataSN and their kin.
//= rfc7143#4.2.2.1
//
// There is no operator<: it would be right until the number wraps. Two numbers exactly 2^31 apart have no order; then
// neither precedes the other.

#pragma once

#include <cstdint>

namespace lunway {

template <class Tag>
class Serial32 {
 public:
  constexpr Serial32() = default;
  constexpr explicit Serial32(std::uint32_t value) : value_(value) {}

  constexpr std::uint32_t value() const { return value_; }

  constexpr Serial32 next() const { return advanced_by(1); }
  constexpr Serial32 previous() const { return Serial32(value_ - 1); }
  constexpr Serial32 advanced_by(std::uint32_t steps) const { return Serial32(value_ + steps); }

  /// True when this number comes before `other` by less than 2^31 steps.
  constexpr bool precedes(Serial32 other) const {
    const std::uint32_t steps = other.value_ - value_;
    return steps != 0 && steps < 0x80000000U;
  }

  constexpr bool precedes_or_equals(Serial32 other) const { return *this == other || precedes(other); }

  /// How many steps lead from this number to `later`, modulo 2^32.
  constexpr std::uint32_t distance_to(Serial32 later) const { return later.value_ - value_; }

  friend constexpr bool operator==(Serial32, Serial32) = default;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace lunway
