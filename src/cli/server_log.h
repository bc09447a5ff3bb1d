// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The log of a server: lines on stderr, where systemd and people look. Peers cause most of them, so they are bounded in
// number, and what peers wrote is escaped.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "target/server_config.h"

namespace lunway::cli {

/// Printable ASCII stays as it is; of the rest each byte becomes "\xNN".
std::string escape_for_log(std::string_view text);

/// Threads: any.
class ServerLog {
 public:
  /// Writes one line, which ends with a line break, or says that it would have to wait.
  using Sink = std::function<bool(const std::string& line)>;

  /// So many lines of one level at once, and this many a second for long.
  static constexpr unsigned kBurst = 100;
  static constexpr unsigned kPerSecond = 20;

  /// `finest` is the least important level that is written. `with_priorities`: in front of each line the number that
  /// journald takes for its priority.
  ServerLog(target::LogLevel finest, bool with_priorities, Sink sink)
      : finest_(finest), with_priorities_(with_priorities), sink_(std::move(sink)) {}

  /// `now` does not go back.
  void write(Instant now, target::LogLevel level, std::string_view line);

 private:
  /// Of one level.
  struct Budget {
    std::uint64_t credit = 0;  // in lines
    std::uint64_t left_out = 0;
    Instant counted_at{};
    bool has_begun = false;
  };

  void put(target::LogLevel level, const std::string& line, Budget& budget);

  const target::LogLevel finest_;
  const bool with_priorities_;
  const Sink sink_;
  std::mutex mutex_;
  std::array<Budget, 3> budgets_;  // guarded by mutex_
};

/// Writes to stderr, and leaves a line out rather than wait for who reads it: shards write, too.
bool write_to_stderr(const std::string& line);

}  // namespace lunway::cli
