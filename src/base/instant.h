// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Points in time as arguments. The clock has no now(): only runtime/ reads a real one, and the simulator makes its own.

#pragma once

#include <chrono>

namespace lunway {

struct MonotonicClock {
  using rep = std::chrono::nanoseconds::rep;
  using period = std::chrono::nanoseconds::period;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = MonotonicClock::duration;
using Instant = MonotonicClock::time_point;

/// The deadline of somebody who waits for nothing.
inline constexpr Instant kNever = Instant::max();

}  // namespace lunway
