// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The CmdSN window of a session as a target keeps it: which numbers may come, which have come early, which is next.
//= rfc7143#4.2.2.1
//
// The numbers from ExpCmdSN to MaxCmdSN may come. A number that comes while an earlier one is missing waits here for
// its turn. MaxCmdSN moves by one each time a delivered command has ended, so the window never holds more than `depth`
// commands, waiting and running together, and MaxCmdSN never goes back.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/numbers.h"

namespace lunway::session {

class CommandWindow {
 public:
  CommandWindow(wire::CmdSN first, std::uint32_t depth);

  enum class Place : std::uint8_t {
    next,     // it is this number's turn
    early,    // inside the window, behind a gap
    ignored,  // outside the window, or already here: "MUST silently ignore"
  };

  Place place_of(wire::CmdSN number) const;

  /// The number's turn came: counts it as delivered.
  void deliver(wire::CmdSN number);

  /// The request whose turn has just come, and that has ended, was rejected: its number has not come. Nothing has been
  /// said of it yet.
  //= rfc7143#7.3
  void take_back(wire::CmdSN number);

  /// An early number waits for its turn; `slot` is what turn() will name.
  void keep(wire::CmdSN number, std::uint32_t slot);

  /// Fills a gap with nothing: an ABORT TASK for a command that never came. Numbers outside the window and those that
  /// have come are left alone.
  //= rfc7143#11.6.1
  void plug(wire::CmdSN number);

  /// Fills all gaps before `number`.
  void plug_until(wire::CmdSN number);

  /// The early command whose turn has come; plugged numbers before it are delivered on the way.
  std::optional<std::uint32_t> turn();

  /// The early command with this number left before its turn because it was aborted: the number counts as come.
  void forget(wire::CmdSN number);

  /// The early command with this number left with its connection: there is a hole again, which the initiator fills.
  //= rfc7143#11.14
  void discard(wire::CmdSN number);

  /// A delivered command has ended: one more may come.
  void finish() { max_ = max_.next(); }

  wire::CmdSN expected() const { return expected_; }
  wire::CmdSN max() const { return max_; }
  /// Inside ExpCmdSN..MaxCmdSN, here or not.
  bool contains(wire::CmdSN number) const;
  bool has_come(wire::CmdSN number) const;

  bool is_consistent() const;

 private:
  static constexpr std::uint32_t kNothing = 0xffffffff;
  static constexpr std::uint32_t kPlugged = 0xfffffffe;

  std::uint32_t& waiting(wire::CmdSN number) { return waiting_[number.value() % waiting_.size()]; }
  const std::uint32_t& waiting(wire::CmdSN number) const { return waiting_[number.value() % waiting_.size()]; }

  wire::CmdSN expected_;
  wire::CmdSN max_;
  /// One place for each number of the window. The size is a power of two, so that it divides 2^32.
  std::vector<std::uint32_t> waiting_;
};

}  // namespace lunway::session
