// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The virtual clock: what is to happen, in the order of time. Things of one instant happen in the order in which they
// were asked for.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/instant.h"

namespace lunway::simulator {

class EventQueue {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }

  void at(Instant when, Action action) {
    actions_.emplace(std::pair(std::max(when, now_), ++count_), std::move(action));
  }
  void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

  /// When the next thing happens; kNever when nothing is left to happen.
  Instant next_time() const { return actions_.empty() ? kNever : actions_.begin()->first.first; }

  /// Lets the next thing happen. There is one.
  void run_one() {
    auto first = actions_.extract(actions_.begin());
    now_ = first.key().first;
    first.mapped()();
  }

  /// How much has been asked for: a measure of the work of a run.
  std::uint64_t count() const { return count_; }

 private:
  // Not zero, so that no deadline of long ago lies before the beginning of time.
  Instant now_{std::chrono::hours(1)};
  std::uint64_t count_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, Action> actions_;
};

}  // namespace lunway::simulator
