// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Tasks that end before their response: by the clock, by their owner, by a task management function.
//= rfc7143#11.5
//= rfc7143#4.2.3

#include <chrono>
#include <variant>

#include "session/initiator_session_core.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;
using Function = wire::TaskManagementFunction;
using Response = wire::TaskManagementResponseCode;

/// When there is no slot for an ABORT TASK.
constexpr Duration kAbortRetry = std::chrono::seconds(1);

/// The tasks of which sessions and units a function ends. Those that only ask or clear a condition end none.
//= rfc7143#4.2.3.2
bool covers(const ManagementWork& management, const ScsiWork& command) {
  switch (management.function) {
    case Function::abort_task_set:
    case Function::clear_task_set:
    case Function::logical_unit_reset:
      return management.lun == command.lun;
    case Function::target_warm_reset:
    case Function::target_cold_reset:
    case Function::i_t_nexus_reset:
      return true;
    default:
      return false;
  }
}

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
  aborter->allegiance = task.allegiance;
  const auto* scsi = task.scsi();
  aborter->work = ManagementWork{
      .function = Function::abort_task, .lun = scsi != nullptr ? scsi->lun : wire::Lun{}, .referenced = task.id()};
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

void InitiatorSessionCore::take_management(InitiatorTask& task, const ManagementCompletion& completion) {
  const ManagementWork work = std::get<ManagementWork>(task.work);
  if (work.function == Function::abort_task) {
    if (InitiatorTask* const aborted = tasks_.find(work.referenced)) take_abort(*aborted, completion);
  } else if (completion.response == Response::function_complete) {
    end_covered(task, work);
  }
  finish(task, completion);
}

/// "Function complete": it is gone. "Task does not exist": its response would have come before this one, so it is gone
/// too, by a way that told us nothing.
//= rfc7143#11.6.1
void InitiatorSessionCore::take_abort(InitiatorTask& aborted, const ManagementCompletion& completion) {
  aborted.aborter.reset();
  if (completion.response == Response::function_complete || completion.response == Response::task_does_not_exist) {
    finish(aborted, aborted.abort_cause);
  } else if (aborted.abort_cause.fault != TaskFault::aborted) {
    give_up(aborted);
  }
}

/// Tasks that were sent after the function are outside its scope: an immediate request carries the CmdSN of the next
/// command.
//= rfc7143#4.2.3.2
void InitiatorSessionCore::end_covered(const InitiatorTask& management, const ManagementWork& work) {
  for (InitiatorTask& task : tasks_.slots()) {
    if (task.state != State::sent || task.scsi() == nullptr || !covers(work, *task.scsi())) continue;
    if (task.cmd_sn.precedes(management.cmd_sn)) finish(task, TaskFailure{.fault = TaskFault::aborted});
  }
}

}  // namespace lunway::session
