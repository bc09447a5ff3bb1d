// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How long many commands took: a histogram of fixed size, so that the hundred millionth costs what the first one did.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/instant.h"

namespace lunway::cli {

/// Between two powers of two there are 64 classes: what a percentile says is at most 1.6 % above the truth.
class Latencies {
 public:
  void add(Duration took);
  void add(const Latencies& others);

  std::uint64_t count() const { return count_; }
  Duration mean() const;
  Duration most() const { return Duration(most_ns_); }
  /// The time within which `share` (0 to 1) of the commands were done; zero when there are none.
  Duration within(double share) const;

 private:
  static constexpr unsigned kClassBits = 6;
  static constexpr std::size_t kClasses = (64 - kClassBits + 1) << kClassBits;

  static std::size_t class_of(std::uint64_t ns);
  /// The longest time that belongs to the class.
  static std::uint64_t longest_of(std::size_t index);

  std::array<std::uint64_t, kClasses> classes_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::int64_t most_ns_ = 0;
};

}  // namespace lunway::cli
