// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Whether the initiator is still there: after some silence the target pings it with a NOP-In, and waits for any sign.
//= rfc7143#11.19

#pragma once

#include "base/instant.h"

namespace lunway::session {

class TargetLiveness {
 public:
  /// Zero for `ping_after`: never asks, never doubts.
  TargetLiveness(Duration ping_after, Duration ping_timeout) : ping_after_(ping_after), ping_timeout_(ping_timeout) {}

  void heard(Instant now) {
    last_heard_ = now;
    pinged_ = false;
  }

  Instant deadline() const {
    if (ping_after_ == Duration::zero()) return kNever;
    return pinged_ ? pinged_at_ + ping_timeout_ : last_heard_ + ping_after_;
  }

  enum class Action { none, ping, give_up };

  Action expire(Instant now) {
    if (now < deadline()) return Action::none;
    if (pinged_) return Action::give_up;
    pinged_ = true;
    pinged_at_ = now;
    return Action::ping;
  }

 private:
  Duration ping_after_;
  Duration ping_timeout_;
  Instant last_heard_;
  Instant pinged_at_;
  bool pinged_ = false;
};

}  // namespace lunway::session
