// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A number with a meaning: an Itt is not a Ttt, and neither is a length. Equality and hashing only; a number that has
// an order says so with a type of its own (see serial32.h).

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>

namespace lunway {

template <class Tag, std::unsigned_integral Int>
class Tagged {
 public:
  using Value = Int;

  constexpr Tagged() = default;
  constexpr explicit Tagged(Int value) : value_(value) {}

  constexpr Int value() const { return value_; }

  friend constexpr bool operator==(Tagged, Tagged) = default;

 private:
  Int value_ = 0;
};

}  // namespace lunway

template <class Tag, class Int>
struct std::hash<lunway::Tagged<Tag, Int>> {
  std::size_t operator()(lunway::Tagged<Tag, Int> number) const { return std::hash<Int>{}(number.value()); }
};
