// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Staying awake for a little while before going to sleep. To wake a thread costs the one that wakes it a few
// microseconds, more in a virtual machine, and the one that is woken as many: where work comes again within that time,
// it is cheaper to look for it. Where it does not, nothing is looked for until some sleeps have passed, so that a
// thread at rest, or one on a processor that others need, costs nothing.

#pragma once

#include "base/instant.h"
#include "runtime/clock.h"

namespace lunway::runtime {

/// Belongs to one thread.
class BusyPoll {
 public:
  /// Looks for so long at a time; zero: never.
  explicit BusyPoll(Duration limit) : limit_(limit) {}

  /// Before a sleep. Calls `look` until it says that there is something to do, and returns true; or false: sleep.
  template <class Look>
  bool operator()(Look look) {
    if (limit_ == Duration::zero()) return false;
    if (sleeps_ == 0) {
      const Instant end = read_clock() + limit_;
      do {
        if (look()) return true;
      } while (read_clock() < end);
    }
    sleeps_ = (sleeps_ + 1) % kSleepsBetweenTries;
    return false;
  }

 private:
  static constexpr unsigned kSleepsBetweenTries = 64;

  Duration limit_;
  unsigned sleeps_ = 0;
};

}  // namespace lunway::runtime
