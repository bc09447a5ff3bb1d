// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How many bytes a transfer missed or had too many of.
//= rfc7143#11.4.5

#pragma once

#include <cstdint>

namespace lunway::wire {

struct Residual {
  enum class Kind : std::uint8_t { none, overflow, underflow };

  Kind kind = Kind::none;
  /// Bytes; without a meaning when there is no residual.
  std::uint32_t count = 0;

  /// From the two flag bits. Both together are a protocol error that whoever parses has refused.
  static constexpr Residual from_bits(bool overflow, bool underflow, std::uint32_t count) {
    if (overflow) return {Kind::overflow, count};
    if (underflow) return {Kind::underflow, count};
    return {};
  }

  constexpr bool is_overflow() const { return kind == Kind::overflow; }
  constexpr bool is_underflow() const { return kind == Kind::underflow; }
  /// What goes into the count field: it SHOULD be 0 when neither bit is set.
  constexpr std::uint32_t wire_count() const { return kind == Kind::none ? 0 : count; }

  friend constexpr bool operator==(const Residual&, const Residual&) = default;
};

}  // namespace lunway::wire
