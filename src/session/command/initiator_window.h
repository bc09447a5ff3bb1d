// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The CmdSN window of a session as an initiator sees it: which number comes next, and how far the target lets it go.
//= rfc7143#4.2.2.1

#pragma once

#include "wire/numbers.h"

namespace lunway::session {

class InitiatorWindow {
 public:
  explicit InitiatorWindow(wire::CmdSN first) : next_(first), expected_(first), max_(first.previous()) {}

  /// The number of the next non-immediate command; immediate ones carry it too.
  wire::CmdSN next() const { return next_; }
  /// The target's ExpCmdSN: everything before it has been received.
  wire::CmdSN expected() const { return expected_; }

  bool is_open() const { return next_.precedes_or_equals(max_); }

  /// The number of a non-immediate command that is sent now.
  wire::CmdSN take() {
    const wire::CmdSN taken = next_;
    next_ = next_.next();
    return taken;
  }

  /// ExpCmdSN and MaxCmdSN of a received PDU. Neither ever moves back, for PDUs of several connections may overtake
  /// each other. An ExpCmdSN beyond what was sent is no acknowledgement of anything and is ignored too.
  void update(wire::CmdSN expected, wire::CmdSN max) {
    if (max.precedes(expected.previous())) return;
    if (max_.precedes(max)) max_ = max;
    if (expected_.precedes(expected) && expected.precedes_or_equals(next_)) expected_ = expected;
  }

 private:
  wire::CmdSN next_;
  wire::CmdSN expected_;
  wire::CmdSN max_;
};

}  // namespace lunway::session
