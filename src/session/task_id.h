// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How the engine and its owner name a task to each other. The Initiator Task Tag does not do: an initiator may use it
// again the moment it has read the status, while the owner still cleans up.

#pragma once

#include <cstdint>

namespace lunway::session {

/// Names one task of one session from its Submit to its Release, and nothing afterwards.
class TaskId {
 public:
  constexpr TaskId() = default;
  constexpr TaskId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}

  /// A small number, below SessionLimits::task_slots() and unique among the living tasks of the session: an owner may
  /// keep what it knows of a task in an array.
  constexpr std::uint32_t slot() const { return slot_; }

  /// Tells the tasks that lived in one slot apart; never 0 for a real task.
  constexpr std::uint32_t generation() const { return generation_; }

  friend constexpr bool operator==(TaskId, TaskId) = default;

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace lunway::session
