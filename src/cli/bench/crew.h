// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Many loads on a few threads.

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cli/bench/load.h"

namespace lunway::cli {

class Crew {
 public:
  /// Loads are dealt out to `threads` threads, each of which stays with its own.
  Crew(std::vector<std::unique_ptr<Load>> loads, unsigned threads);

  /// Runs all loads until each has ended. `watch` is called on the calling thread about once in a tenth of a second
  /// with the number of commands done so far.
  Outcome<> run(Instant until, const std::function<void(std::uint64_t)>& watch);
  /// Reads back what the loads have written and judges it. After run().
  Outcome<> read_back(const std::function<void(std::uint64_t)>& watch);

  LoadResult result() const;

 private:
  Outcome<> work(const std::function<void(Load&)>& start, const std::function<void(std::uint64_t)>& watch);
  std::uint64_t commands_done() const;

  std::vector<std::unique_ptr<Load>> loads_;
  unsigned threads_;
};

}  // namespace lunway::cli
