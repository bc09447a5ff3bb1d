// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The tasks of a session: a fixed number of slots, found by slot or by Initiator Task Tag.
//= rfc7143#11.2.1.8

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "session/command/target_task.h"

namespace lunway::session {

class TargetTaskTable {
 public:
  /// The only allocation.
  explicit TargetTaskTable(std::uint32_t slots);

  /// A task that answers to `header`'s tag; null when all slots are taken. The tag must not be in use.
  TargetTask* create(TargetTask::Kind kind, wire::HeaderView header);

  /// The tag may be used again; the task is found by slot only.
  void forget_tag(TargetTask& task);

  /// Gives the slot back.
  void destroy(TargetTask& task);

  /// Null when no living task has this tag or id.
  TargetTask* find(wire::Itt itt);
  TargetTask* find(TaskId id);
  TargetTask& at(std::uint32_t slot) { return slots_[slot]; }

  /// All slots, living or not.
  std::span<TargetTask> slots() { return slots_; }
  std::uint32_t living() const { return living_; }

  bool is_consistent() const;

 private:
  TargetTask*& bucket(wire::Itt itt);

  std::vector<TargetTask> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<TargetTask*> buckets_;
  std::uint32_t living_ = 0;
};

}  // namespace lunway::session
