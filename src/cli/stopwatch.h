// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How long something took. The command line is where real time may be read.

#pragma once

#include <chrono>

#include "base/instant.h"

namespace lunway::cli {

class Stopwatch {
 public:
  Duration elapsed() const { return std::chrono::steady_clock::now() - started_; }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

inline double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace lunway::cli
