// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_task_table.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {
namespace {

// Slot 0xffff is left out, so that no tag is the reserved one; generation 0 is left out for the tags of logins.
constexpr std::uint32_t kSlotsMax = 0xffff;
constexpr std::uint32_t kGenerationMax = 0xffff;

}  // namespace

InitiatorTaskTable::InitiatorTaskTable(std::uint32_t slots) : slots_(std::min(slots, kSlotsMax)) {
  free_.reserve(slots_.size());
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    slots_[slot].slot = slot;
    free_.push_back(static_cast<std::uint32_t>(slots_.size()) - 1 - slot);
  }
}

InitiatorTask* InitiatorTaskTable::allocate() {
  if (free_.empty()) return nullptr;
  InitiatorTask& task = slots_[free_.back()];
  free_.pop_back();
  task.generation = task.generation % kGenerationMax + 1;
  task.state = InitiatorTask::State::waiting;
  task.immediate = false;
  task.cmd_sn = {};
  task.allegiance.reset();
  task.lane.reset();
  task.deadline = kNever;
  task.aborter.reset();
  task.abort_cause = {};
  task.internal = false;
  task.overdue = false;
  task.orphaned = false;
  task.former.reset();
  task.reassignments = 0;
  task.writing = false;
  task.retries = 0;
  task.held = false;
  task.views = 0;
  task.result.reset();
  return &task;
}

void InitiatorTaskTable::free(InitiatorTask& task) {
  assert(task.state != InitiatorTask::State::free);
  task.state = InitiatorTask::State::free;
  free_.push_back(task.slot);
}

InitiatorTask* InitiatorTaskTable::find(wire::Itt itt) {
  const std::uint32_t slot = itt.value() & 0xffff;
  if (slot >= slots_.size()) return nullptr;
  InitiatorTask& task = slots_[slot];
  const bool living = task.state == InitiatorTask::State::waiting || task.state == InitiatorTask::State::sent;
  return living && task.itt() == itt ? &task : nullptr;
}

InitiatorTask* InitiatorTaskTable::find(TaskId id) {
  if (id.slot() >= slots_.size()) return nullptr;
  InitiatorTask& task = slots_[id.slot()];
  const bool living = task.state == InitiatorTask::State::waiting || task.state == InitiatorTask::State::sent;
  return living && task.generation == id.generation() ? &task : nullptr;
}

}  // namespace lunway::session
