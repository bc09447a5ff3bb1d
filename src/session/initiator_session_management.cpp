// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management: what is asked for, and what the answer does to the tasks it covers.
//= rfc7143#11.5
//= rfc7143#4.2.3
//= rfc7144#6

#include <variant>

#include "session/initiator_session_core.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;
using Function = wire::TaskManagementFunction;
using Response = wire::TaskManagementResponseCode;

bool is_from_rfc7144(Function function) { return function >= Function::query_task; }

/// "Response values 0 and 1 map to the SCSI service response of FUNCTION COMPLETE."
//= rfc7143#11.6.1
bool is_complete(Response response) {
  return response == Response::function_complete || response == Response::task_does_not_exist;
}

/// The tasks of which units a function ends. Those that only ask or clear a condition end none.
//= rfc7143#4.2.3.2
//= rfc7144#6.5
bool ends_tasks_of(const ManagementWork& work, wire::Lun lun) {
  switch (work.function) {
    case Function::abort_task_set:
    case Function::clear_task_set:
    case Function::logical_unit_reset:
      return names_same_unit(work.lun, lun);
    case Function::target_warm_reset:
    case Function::target_cold_reset:
    case Function::i_t_nexus_reset:
      return true;
    default:
      return false;
  }
}

}  // namespace

InitiatorSessionCore::Submitted InitiatorSessionCore::manage(Instant now, const TaskManagementRequest& request) {
  if (!is_normal() || request.function == Function::task_reassign) return std::unexpected(SubmitError::not_possible);
  if (is_from_rfc7144(request.function) && !has_rfc7144()) return std::unexpected(SubmitError::not_agreed);
  InitiatorTask* referenced = nullptr;
  if (wire::has_referenced_task(request.function)) {
    referenced = tasks_.find(request.task);
    if (referenced == nullptr || referenced->scsi() == nullptr) return std::unexpected(SubmitError::no_such_task);
    if (referenced->state == State::waiting) return std::unexpected(SubmitError::not_sent_yet);
    if (referenced->state != State::sent) return std::unexpected(SubmitError::no_such_task);
  }
  // Whoever resets a unit does so because its commands hang: half of what the engine keeps for itself is open to it.
  auto admitted = admit(now, limits_.task_management_time, limits_.reserved_tasks / 2);
  if (!admitted) return std::unexpected(admitted.error());
  InitiatorTask& task = **admitted;
  task.immediate = true;
  if (referenced == nullptr) {
    task.work = ManagementWork{.function = request.function, .lun = request.lun};
  } else {
    task.work = management_of(request.function, *referenced);
    // "MUST be issued on the same connection to which the task [...] is allegiant".
    //= rfc7143#11.5.1
    //= rfc7144#6.3
    if (!referenced->orphaned) task.allegiance = referenced->allegiance;
    if (request.function == Function::abort_task && !referenced->aborter) {
      referenced->aborter = task.id();
      referenced->abort_cause = {.fault = TaskFault::aborted};
    }
  }
  push_urgent(task);
  return task.id();
}

void InitiatorSessionCore::take_management(Instant now, InitiatorTask& task, const ManagementCompletion& completion) {
  if (is_plug(task)) return take_plug(now, task, completion.response);
  const auto& work = std::get<ManagementWork>(task.work);
  if (work.function == Function::task_reassign) return take_reassignment(now, task, completion.response);
  if (work.function == Function::abort_task) {
    if (InitiatorTask* const aborted = tasks_.find(work.referenced)) take_abort(*aborted, task.id(), completion);
  } else if (is_complete(completion.response)) {
    end_covered(task);
  }
  finish(task, completion);
}

/// "Function complete": it is gone. "Task does not exist": its response would have come before this one, so it is gone
/// too, by a way that told us nothing.
//= rfc7143#11.6.1
void InitiatorSessionCore::take_abort(InitiatorTask& aborted, TaskId aborter, const ManagementCompletion& completion) {
  if (aborted.aborter == aborter) aborted.aborter.reset();
  if (is_complete(completion.response)) {
    conclude(aborted, aborted.abort_cause);
  } else if (aborted.abort_cause.fault != TaskFault::aborted) {
    give_up(aborted);
  } else if (aborted.orphaned) {
    recovery_->due.push_back(aborted.id());
  }
}

/// What names a task without a connection. Its ABORT TASK may be sent on any, as soon as the old one is logged out.
//= rfc7143#11.5.1
bool InitiatorSessionCore::may_name(const ManagementWork& management, wire::Cid cid) {
  const InitiatorTask* const named =
      wire::has_referenced_task(management.function) ? tasks_.find(management.referenced) : nullptr;
  if (named == nullptr) return true;
  if (!named->orphaned) return !named->allegiance || *named->allegiance == cid;
  return management.function == Function::abort_task && recovery_->find(*named->allegiance) == nullptr;
}

/// "This task management request will then establish a new allegiance for the command to be aborted as well as abort
/// it".
//= rfc7143#11.5.1
void InitiatorSessionCore::take_along(const ManagementWork& management, wire::Cid cid) {
  InitiatorTask* const named =
      management.function == Function::abort_task ? tasks_.find(management.referenced) : nullptr;
  if (named == nullptr || !named->orphaned) return;
  named->allegiance = cid;
  named->scsi()->write.stop();
}

/// Tasks that were sent after the function are outside its scope: an immediate request carries the CmdSN of the next
/// command.
//= rfc7143#4.2.3.2
bool InitiatorSessionCore::covers(const InitiatorTask& management, const InitiatorTask& task) const {
  const ScsiWork* const command = task.scsi();
  return task.state == State::sent && command != nullptr && task.cmd_sn.precedes(management.cmd_sn) &&
         ends_tasks_of(std::get<ManagementWork>(management.work), command->lun);
}

bool InitiatorSessionCore::is_covered(const InitiatorTask& task) const {
  return functions_ != 0 && std::ranges::any_of(tasks_.slots(), [&](const InitiatorTask& other) {
           return other.state == State::sent && other.is_function() && covers(other, task);
         });
}

/// The initiator "MUST treat the TMF Response as terminating all affected tasks for which responses have not been
/// received", and by the standard way "MUST thus conclude all affected tasks".
//= rfc7143#4.2.3.3
//= rfc7143#4.2.3.4
void InitiatorSessionCore::end_covered(const InitiatorTask& management) {
  const Function function = std::get<ManagementWork>(management.work).function;
  for (InitiatorTask& task : tasks_.slots())
    if (covers(management, task)) conclude(task, {.fault = TaskFault::aborted, .function = function});
}

/// What comes for the task from now on, over another connection or from a target that breaks the rule, is discarded.
/// As many tags are kept as there can be tasks, and the tags of one slot differ for 65535 tasks.
//= rfc7143#4.2.3.4
void InitiatorSessionCore::conclude(InitiatorTask& task, const TaskFailure& failure) {
  if (concluded_.size() == limits_.tasks) concluded_.pop_front();
  concluded_.push_back(task.itt());
  finish(task, failure);
}

// ------------------------------------------------------------------------------------------------------- FastAbort

/// "MUST NOT send any more Data-Out PDUs for affected tasks on the issuing connection [...] once the TMF is sent". By
/// the standard way R2Ts are answered as if nothing had happened.
//= rfc7143#4.2.3.4
void InitiatorSessionCore::function_sent(const InitiatorTask& management) {
  ++functions_;
  if (parameters_.task_reporting != text::TaskReporting::fast_abort) return;
  for (InitiatorTask& task : tasks_.slots())
    if (task.allegiance == management.allegiance && covers(management, task)) task.held = true;
}

/// A function that was refused has ended no task: their data goes on.
void InitiatorSessionCore::function_ended() {
  --functions_;
  for (InitiatorTask& task : tasks_.slots()) task.held = task.held && is_covered(task);
}

/// "Stop Data-Out transfers on that connection for all active TTTs for the affected LUN". A task that cannot go on
/// because of it is concluded with our own function, or else with an ABORT TASK: its status may come until then.
//= rfc7143#11.9.1
void InitiatorSessionCore::terminate(Instant now, wire::Cid cid, wire::Lun lun) {
  for (InitiatorTask& task : tasks_.slots()) {
    ScsiWork* const command = task.scsi();
    if (task.state != State::sent || task.allegiance != cid || command == nullptr) continue;
    if (!names_same_unit(command->lun, lun) || !command->write.drop_solicited()) continue;
    if (!is_covered(task)) begin_abort(now, task, {.fault = TaskFault::terminated});
  }
}

}  // namespace lunway::session
