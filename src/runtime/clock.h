// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The monotonic clock of this machine. The only place that reads one: everybody else is told the time.

#pragma once

#include <ctime>

#include "base/instant.h"

namespace lunway::runtime {

inline Instant read_clock() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace lunway::runtime
