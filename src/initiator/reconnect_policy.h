// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// When to try to get a lost session back, and when to give up.

#pragma once

#include <optional>

#include "base/instant.h"

namespace lunway::initiator {

class ReconnectPolicy {
 public:
  /// `time` from the loss of the session to the start of the last attempt, zero: never try. `tries` at most, zero: as
  /// many as the time allows.
  ReconnectPolicy(Duration time, unsigned tries) : time_(time), tries_max_(tries) {}

  bool is_wanted() const { return time_ != Duration::zero(); }

  /// The session has been lost, or an attempt to get it back has failed. When to try next, `least` from now on at the
  /// earliest; nothing when it is to be given up.
  std::optional<Instant> next(Instant now, Duration least);

  /// The session is of use again.
  void succeeded() {
    since_.reset();
    tries_ = 0;
  }

  /// Attempts since the loss.
  unsigned tries() const { return tries_; }

 private:
  Duration time_;
  unsigned tries_max_;
  std::optional<Instant> since_;
  unsigned tries_ = 0;
};

}  // namespace lunway::initiator
