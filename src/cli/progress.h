// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A line that moves, on a terminal; nothing anywhere else.

#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "cli/stopwatch.h"

namespace lunway::cli {

/// "copy [==========>         ]  52%  156.0 MiB of 300.0 MiB  1.2 GiB/s  0:03 left", `width` columns at most.
std::string progress_line(std::string_view verb, std::uint64_t done, std::uint64_t total, Duration elapsed,
                          unsigned width);

/// "1.2 GiB/s"; "-" before anything can be said.
std::string format_rate(std::uint64_t bytes, Duration elapsed);

class Progress {
 public:
  /// Draws on `stream` if that is a terminal.
  Progress(std::string_view verb, std::uint64_t total, std::FILE* stream);
  /// Ends the line, so that what follows starts on a fresh one.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t bytes);
  Duration elapsed() const { return watch_.elapsed(); }

 private:
  void draw();

  std::string verb_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::FILE* stream_;  // null: not a terminal
  Stopwatch watch_;
  Duration drawn_{};  // when the line was last drawn
};

}  // namespace lunway::cli
