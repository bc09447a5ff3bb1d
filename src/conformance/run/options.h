// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a run goes, and who hears of it.

#pragma once

#include <cstdint>

#include "conformance/script/outcome.h"
#include "conformance/script/script.h"

namespace lunway::conformance {

struct RunOptions {
  /// Tests that run at the same time, each on a thread of its own.
  unsigned jobs = 8;
  /// Slow tests wait more than they work: so many more run beside the others.
  unsigned slow_jobs = 16;
  Patience patience;
  /// The same seed gives the same names, tags and data.
  std::uint64_t seed = 1;
  /// What is only recommended counts as much as what is demanded.
  bool strict = false;
};

/// Called by one thread at a time.
class RunObserver {
 public:
  virtual void on_started(const Test& test) = 0;
  virtual void on_finished(const Outcome& outcome) = 0;
  /// The implementation under test does something that concerns the run: it went away, it came back.
  virtual void on_remark(std::string_view remark) = 0;

 protected:
  ~RunObserver() = default;
};

}  // namespace lunway::conformance
