// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Chance, all of it from one number of 64 bits. Not the standard library's distributions: their results differ from one
// implementation to the next, and a seed is to mean the same run everywhere.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace lunway::simulator {

/// SplitMix64: a counter and a mixing function.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  /// From 0 to `count` - 1; `count` is not zero.
  std::uint64_t below(std::uint64_t count) { return next() % count; }
  /// Both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  std::uint32_t between32(std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(between(low, high));
  }
  /// As often small as large: every number of binary digits is as likely.
  std::uint32_t any_size(std::uint32_t low, std::uint32_t high) {
    const std::uint32_t most = between32(low, high);
    return between32(low, low + ((most - low) >> below(16)));
  }
  bool flip() { return (next() & 1) != 0; }
  /// Once in `count` times; zero: never.
  bool one_in(std::uint64_t count) { return count != 0 && below(count) == 0; }

  template <class T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

  /// A source of its own, so that what one part of a run draws does not move the others.
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace lunway::simulator
