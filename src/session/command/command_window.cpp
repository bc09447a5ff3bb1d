// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/command_window.h"

#include <bit>
#include <cassert>

namespace lunway::session {

CommandWindow::CommandWindow(wire::CmdSN first, std::uint32_t depth)
    : expected_(first), max_(first.advanced_by(depth - 1)), waiting_(std::bit_ceil(depth), kNothing) {
  assert(depth > 0);
}

bool CommandWindow::contains(wire::CmdSN number) const {
  // A closed window has MaxCmdSN = ExpCmdSN - 1, and then the distance is 2^32 - 1.
  const std::uint32_t last = expected_.distance_to(max_.next());
  return expected_.distance_to(number) < last;
}

CommandWindow::Place CommandWindow::place_of(wire::CmdSN number) const {
  if (!contains(number) || waiting(number) != kNothing) return Place::ignored;
  return number == expected_ ? Place::next : Place::early;
}

bool CommandWindow::has_come(wire::CmdSN number) const {
  return number.precedes(expected_) || (contains(number) && waiting(number) != kNothing);
}

void CommandWindow::deliver(wire::CmdSN number) {
  assert(place_of(number) == Place::next);
  expected_ = number.next();
}

void CommandWindow::take_back(wire::CmdSN number) {
  assert(number.next() == expected_);
  expected_ = number;
  max_ = max_.previous();
}

void CommandWindow::keep(wire::CmdSN number, std::uint32_t slot) {
  assert(place_of(number) == Place::early && slot < kPlugged);
  waiting(number) = slot;
}

void CommandWindow::plug(wire::CmdSN number) {
  if (contains(number) && waiting(number) == kNothing) waiting(number) = kPlugged;
}

void CommandWindow::plug_until(wire::CmdSN number) {
  for (wire::CmdSN gap = expected_; contains(gap) && gap.precedes(number); gap = gap.next()) plug(gap);
}

void CommandWindow::forget(wire::CmdSN number) {
  assert(contains(number) && waiting(number) != kNothing);
  waiting(number) = kPlugged;
}

void CommandWindow::discard(wire::CmdSN number) {
  assert(contains(number) && waiting(number) != kNothing);
  waiting(number) = kNothing;
}

std::optional<std::uint32_t> CommandWindow::turn() {
  while (contains(expected_) && waiting(expected_) != kNothing) {
    const std::uint32_t slot = waiting(expected_);
    waiting(expected_) = kNothing;
    expected_ = expected_.next();
    if (slot != kPlugged) return slot;
    finish();  // nothing runs under a plugged number
  }
  return std::nullopt;
}

bool CommandWindow::is_consistent() const {
  const std::uint32_t width = expected_.distance_to(max_.next());
  if (width > waiting_.size()) return false;
  return !contains(expected_) || waiting(expected_) == kNothing;
}

}  // namespace lunway::session
