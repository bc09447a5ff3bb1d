// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// All tasks of an initiator's session, in slots that are allocated once. The Initiator Task Tag is slot and generation,
// so a PDU for a task that ended earlier in the same slot finds nothing.

#pragma once

#include <cstdint>
#include <vector>

#include "session/command/initiator_task.h"

namespace lunway::session {

class InitiatorTaskTable {
 public:
  explicit InitiatorTaskTable(std::uint32_t slots);

  /// A task with a fresh tag in the state `waiting`; null when all slots are taken.
  InitiatorTask* allocate();
  void free(InitiatorTask& task);

  /// Null when no living task has this tag or name.
  InitiatorTask* find(wire::Itt itt);
  InitiatorTask* find(TaskId id);

  /// All slots, the free ones too.
  std::vector<InitiatorTask>& slots() { return slots_; }
  const std::vector<InitiatorTask>& slots() const { return slots_; }

  std::uint32_t used() const { return static_cast<std::uint32_t>(slots_.size() - free_.size()); }

 private:
  std::vector<InitiatorTask> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace lunway::session
