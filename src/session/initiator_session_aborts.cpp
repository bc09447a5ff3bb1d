// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Tasks that are to end before their response: by the clock, by their owner.
//= rfc7143#11.5

#include <chrono>

#include "session/initiator_session_core.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;

/// When there is no slot for an ABORT TASK.
constexpr Duration kAbortRetry = std::chrono::seconds(1);

}  // namespace

void InitiatorSessionCore::abort(Instant now, TaskId id) {
  InitiatorTask* const task = tasks_.find(id);
  if (task == nullptr || task->internal || task->aborter) return;
  if (task->state == State::waiting && !task->allegiance) {
    finish(*task, TaskFailure{.fault = TaskFault::aborted});
    return;
  }
  // Pings and task management functions cannot be aborted; they end by themselves soon.
  if (task->scsi() != nullptr) begin_abort(now, *task, {.fault = TaskFault::aborted});
}

void InitiatorSessionCore::begin_abort(Instant now, InitiatorTask& task, TaskFailure cause) {
  task.abort_cause = cause;
  if (task.deadline <= now) task.deadline = kNever;
  if (task.aborter) return;
  InitiatorTask* const aborter = allocate(now, limits_.task_management_time);
  if (aborter == nullptr) {
    set_deadline(task, now, kAbortRetry);
    return;
  }
  task.aborter = aborter->id();
  aborter->immediate = true;
  // "An ABORT TASK MUST be issued on the same connection to which the task to be aborted is allegiant".
  //= rfc7143#11.5.1
  // One that has none goes with its abort to whichever connection takes that.
  if (!task.orphaned) aborter->allegiance = task.allegiance;
  aborter->work = management_of(wire::TaskManagementFunction::abort_task, task);
  push_urgent(*aborter);
}

void InitiatorSessionCore::expire(Instant now) {
  if (now < deadline_) return;
  deadline_ = kNever;
  for (InitiatorTask& task : tasks_.slots()) {
    const bool living = task.state == State::waiting || task.state == State::sent;
    if (living && task.deadline <= now) overdue(now, task);
    if (task.state == State::waiting || task.state == State::sent) deadline_ = std::min(deadline_, task.deadline);
  }
  if (recovery_ != nullptr) expire_lost(now);
  if (gaps_ != nullptr) pursue(now);
}

void InitiatorSessionCore::overdue(Instant now, InitiatorTask& task) {
  const bool was_sent = task.state == State::sent || task.allegiance.has_value();
  if (!was_sent) {
    finish(task, TaskFailure{.fault = TaskFault::timed_out});
  } else if (task.scsi() != nullptr) {
    begin_abort(now, task, {.fault = TaskFault::timed_out});
  } else {
    give_up(task);
  }
}

/// The target owes an answer that it is bound to give soon: the connection is not worth waiting for.
void InitiatorSessionCore::give_up(InitiatorTask& task) {
  task.deadline = kNever;
  task.overdue = true;
  if (task.allegiance && !gave_up(*task.allegiance)) given_up_.push_back(*task.allegiance);
}

}  // namespace lunway::session
