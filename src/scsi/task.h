// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One command in execution. The owner keeps tasks and uses them again and again: a read or a write allocates nothing,
// and other commands allocate only memory for their parameters. The owner may derive from it to find its own things.

#pragma once

#include <optional>

#include "scsi/command.h"
#include "scsi/execution.h"
#include "scsi/range_gate.h"
#include "scsi/step.h"

namespace lunway::scsi {

class UnitState;
struct CommandDescription;

/// Threads: one at a time. It stays where it is between begin() and Finish, for others hold its address.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// True before the first command, and from Finish or abandon() to the next begin().
  bool is_idle() const { return description_ == nullptr; }

  /// Whether it copies from or to `unit`, beside the logical unit that has it.
  bool uses(const LogicalUnit& unit) const;
  bool uses(const Nexus& nexus) const;

 private:
  friend class LogicalUnit;
  friend Step begin_without_unit(Task& task, const NexusIdentity& nexus, const Command& command);

  const CommandDescription* description_ = nullptr;
  Waker* waker_ = nullptr;
  bool is_ordered_ = false;
  UnitState* flushed_ = nullptr;  // its step is a flush of this one
  /// The blocks are held for one access only.
  bool holds_briefly_ = false;
  /// While the blocks are not free: what follows when they are.
  std::optional<Step> held_back_;
  RangeHold hold_;
  RangeGate* gate_ = nullptr;
  Execution execution_;
};

}  // namespace lunway::scsi
