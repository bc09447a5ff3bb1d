// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Whether the target under test is still there, and how it comes back.

#pragma once

#include <atomic>
#include <mutex>

#include "conformance/run/options.h"
#include "conformance/target/facts.h"

namespace lunway::conformance {

/// Thread-safe.
class Survival {
 public:
  /// Both outlive this; `observer` may be nullptr.
  Survival(const TargetUnderTest& target, RunObserver* observer) : target_(target), observer_(observer) {}

  /// How often the target has gone away so far.
  unsigned deaths() const { return deaths_; }
  /// It went away and does not come back: there is no use in going on.
  bool is_lost() const { return lost_; }

  /// Looks whether the portal takes connections. If it does not, the death is counted once and the target is started
  /// again. True when the portal takes connections now.
  bool check();

 private:
  bool listens() const;
  bool restart();

  const TargetUnderTest& target_;
  RunObserver* observer_;
  std::mutex mutex_;
  std::atomic<unsigned> deaths_ = 0;
  std::atomic<bool> lost_ = false;
};

}  // namespace lunway::conformance
