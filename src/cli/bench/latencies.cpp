// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lunway::cli {

std::size_t Latencies::class_of(std::uint64_t ns) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << kClassBits;
  if (ns < kExact) return ns;
  const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kClassBits - 1;
  // The highest bit of what remains is always set: it counts the power of two.
  return (std::size_t{shift} << kClassBits) + (ns >> shift);
}

std::uint64_t Latencies::longest_of(std::size_t index) {
  constexpr std::size_t kExact = std::size_t{1} << kClassBits;
  if (index < kExact) return index;
  const auto shift = static_cast<unsigned>(index >> kClassBits) - 1;
  const std::uint64_t leading = kExact + (index & (kExact - 1));
  return (leading << shift) + ((std::uint64_t{1} << shift) - 1);
}

void Latencies::add(Duration took) {
  const std::int64_t ns = std::max<std::int64_t>(0, std::chrono::nanoseconds(took).count());
  ++classes_[class_of(static_cast<std::uint64_t>(ns))];
  ++count_;
  sum_ns_ += static_cast<std::uint64_t>(ns);
  most_ns_ = std::max(most_ns_, ns);
}

void Latencies::add(const Latencies& others) {
  for (std::size_t i = 0; i < kClasses; ++i) classes_[i] += others.classes_[i];
  count_ += others.count_;
  sum_ns_ += others.sum_ns_;
  most_ns_ = std::max(most_ns_, others.most_ns_);
}

Duration Latencies::mean() const {
  return count_ == 0 ? Duration::zero() : Duration(static_cast<std::int64_t>(sum_ns_ / count_));
}

Duration Latencies::within(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kClasses; ++i) {
    seen += classes_[i];
    if (seen != 0 && seen >= wanted) return std::min(most(), Duration(static_cast<std::int64_t>(longest_of(i))));
  }
  return Duration::zero();
}

}  // namespace lunway::cli
