// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/task_management.h"

#include <algorithm>
#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/suspended_tasks.h"

namespace lunway::session {

using Code = wire::TaskManagementResponseCode;
using wire::TaskManagementFunction;
using State = TargetTask::State;

namespace {

wire::TaskManagementRequest request_of(const TargetTask& management) {
  return wire::TaskManagementRequest(wire::HeaderView(management.header));
}

}  // namespace

TaskManagement::TaskManagement(TargetSessionCore& session, std::uint32_t most) : session_(session), most_(most) {
  assert(session.limits().management_functions <= ManagementMarks().size() && "each has a bit of its own");
  running_.reserve(session.limits().management_functions);
}

bool TaskManagement::has_room(const TargetConnectionCore& connection) const {
  // Functions that outlive their connections count too: else each new connection would bring room for more.
  const SessionLimits& limits = session_.limits();
  if (running_.size() >= limits.management_functions || session_.tasks().living() >= limits.task_slots()) return false;
  return running_.size() < most_ ||
         std::ranges::none_of(
             running_, [&](const Function& function) { return function.task->connection == &connection; });
}

void TaskManagement::begin(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  const ManagementFunction* const function = find_management_function(request.function());
  const bool level_2 = session_.request().session.protocol_level >= 2;
  if (function == nullptr || (function->needs_level_2 && !level_2)) {
    return refuse(connection, request.itt(), Code::function_not_supported);
  }
  if (function->resets_target && !session_.request().may_reset_target) {
    return refuse(connection, request.itt(), Code::authorization_failed);
  }
  switch (request.function()) {
    case TaskManagementFunction::abort_task:
      return abort_task(connection, request);
    case TaskManagementFunction::query_task:
      return query_task(connection, request);
    case TaskManagementFunction::task_reassign:
      if (session_.suspended() != nullptr) return session_.suspended()->reassign(connection, request);
      return refuse(connection, request.itt(), refusal_to_reassign(request));
    default:
      break;
  }
  if (function->fills_gaps()) session_.window().plug_until(request.cmd_sn());
  // What has not come by now has no data to stop; it is marked when the gaps before it are filled.
  mark_affected(start(connection, request, Stage::ordering));
}

// ----------------------------------------------------------------------------------------- functions about one task

//= rfc7143#11.6.1
void TaskManagement::abort_task(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  TargetTask* const task = session_.tasks().find(request.referenced_task_tag());
  if (task == nullptr) {
    // "The response was sent prior to the abort": the task does not exist, although its status may have to be sent
    // again.
    //= rfc7143#7.11
    if (session_.suspended() != nullptr) session_.suspended()->conclude(connection, request.referenced_task_tag());
    const Code code = outcome_without_task(request);
    return settle(start(connection, request, Stage::aborting), code);
  }
  // Nor can a task of another logical unit than the one that is named.
  const bool is_elsewhere =
      task->kind == TargetTask::Kind::command && !wire::names_same_unit(task->lun(), request.lun());
  if (is_elsewhere || !may_name(connection, *task)) {
    return refuse(connection, request.itt(), Code::function_rejected);
  }
  task->aborted_for.set(start(connection, request, Stage::aborting).mark);
  session_.abort(*task);
}

/// A task management function cannot be aborted, nor a task of another connection while that is there.
//= rfc7143#11.5.1
bool TaskManagement::may_name(const TargetConnectionCore& connection, const TargetTask& task) const {
  if (task.kind == TargetTask::Kind::management) return false;
  if (task.suspended) return true;
  const TargetConnectionCore* const bearer = session_.members().serving(task.cid);
  return bearer == nullptr || bearer == &connection || bearer->is_logging_out();
}

/// The command may not have come: it counts as come now. A number that is not in the window has come and gone.
//= rfc7143#11.6.1
Code TaskManagement::outcome_without_task(const wire::TaskManagementRequest& request) {
  const wire::CmdSN referenced = request.ref_cmd_sn();
  const bool may_come = session_.window().contains(referenced) && referenced.precedes(request.cmd_sn());
  if (may_come) session_.window().plug(referenced);
  return may_come ? Code::function_complete : Code::task_does_not_exist;
}

/// A task that the initiator has been told not to be here must not turn up later: its number is treated as for ABORT
/// TASK. Whichever way it is not here, the answer is the same.
//= rfc7144#6.3.3
//= rfc7144#6.4.2
void TaskManagement::query_task(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  const TargetTask* const task = session_.tasks().find(request.referenced_task_tag());
  if (task == nullptr) {
    outcome_without_task(request);
    return settle(start(connection, request, Stage::answering), Code::function_complete);
  }
  const bool is_elsewhere =
      task->kind == TargetTask::Kind::command && !wire::names_same_unit(task->lun(), request.lun());
  if (!may_name(connection, *task)) return refuse(connection, request.itt(), Code::function_rejected);
  const bool is_in_set = task->is_outstanding() && !is_elsewhere;
  settle(start(connection, request, Stage::answering), is_in_set ? Code::function_succeeded : Code::function_complete);
}

/// Reassignment needs ErrorRecoveryLevel 2. Some tasks could not be reassigned even then.
//= rfc7143#11.5.1
//= rfc7143#7.2.2
Code TaskManagement::refusal_to_reassign(const wire::TaskManagementRequest& request) const {
  const TargetTask* const task = session_.tasks().find(request.referenced_task_tag());
  const bool is_command = task == nullptr || task->kind == TargetTask::Kind::command;
  return is_command ? Code::reassignment_not_supported : Code::function_rejected;
}

// ----------------------------------------------------------------------------------------------------------- stages

TaskManagement::Function& TaskManagement::start(TargetConnectionCore& connection,
                                                const wire::TaskManagementRequest& request, Stage stage) {
  assert(has_room(connection));
  TargetTask* const management = session_.tasks().create(TargetTask::Kind::management, request.header());
  assert(management != nullptr);
  const ManagementFunction* const about = find_management_function(request.function());
  management->connection = &connection;
  management->cid = connection.cid();
  management->concerns_all_units = about->fills_gaps();
  ManagementMarks in_use;
  for (const Function& function : running_) in_use.set(function.mark);
  std::size_t mark = 0;
  while (in_use.test(mark)) ++mark;
  return running_.emplace_back(Function{.task = management, .about = about, .mark = mark, .stage = stage});
}

void TaskManagement::advance(Instant now) {
  // A step may end a function, or another one.
  for (std::size_t i = 0; i < running_.size();) {
    const std::size_t before = running_.size();
    const bool moved = step(now, running_[i]);
    if (running_.size() == before && !moved) ++i;
  }
}

/// True when the function has come to another stage, or ended.
bool TaskManagement::step(Instant now, Function& function) {
  TargetTask& management = *function.task;
  switch (function.stage) {
    case Stage::ordering:
      if (!is_ordered(management)) return false;
      mark_affected(function);
      function.deadline = now + session_.limits().transfer_tag_wait;
      function.stage = Stage::transfers;
      if (session_.fast_abort()) announce(function);
      return true;
    case Stage::transfers:
      // With FastAbort the transfers may outlive their tasks.
      //= rfc7143#4.2.3.4
      if (!session_.fast_abort() && !transfers_are_quiet(function) && now < function.deadline) return false;
      function.deadline = kNever;
      function.stage = Stage::aborting;
      abort_marked(function);
      return true;
    case Stage::aborting:
      if (!marked_are_gone(function)) return false;
      if (function.about->reach == ManagementFunction::Reach::one_task) {
        settle(function, Code::function_complete);
      } else {
        ask_device(function);
      }
      return true;
    case Stage::device:
      return false;
    case Stage::answering:
      if (!session_.fence().lets_pass(management)) return false;
      answer(function);
      return true;
  }
  return false;
}

/// All commands that the function covers have come.
//= rfc7143#4.2.3.3
bool TaskManagement::is_ordered(const TargetTask& management) const {
  const wire::CmdSN number = management.cmd_sn();
  const CommandWindow& window = session_.window();
  if (!management.immediate() || !window.expected().precedes(number)) return true;
  if (!window.contains(number) && number != window.max().next()) return true;  // a number from nowhere covers nothing
  return false;
}

void TaskManagement::mark_affected(const Function& function) {
  const wire::TaskManagementRequest request = request_of(*function.task);
  for (TargetTask& task : session_.tasks().slots()) {
    if (!is_affected(*function.about, request, task)) continue;
    // Immediate commands that came while the function waited for others are not meant.
    const bool is_late = function.task->arrival < task.arrival;
    if (is_late && (task.immediate() || !task.cmd_sn().precedes(request.cmd_sn()))) continue;
    task.aborted_for.set(function.mark);
    task.write.stop();
  }
}

/// Those of its tasks that were sent on other connections: what the initiator still sends for them there may be
/// overtaken by the response here.
//= rfc7143#4.2.3.4
void TaskManagement::announce(const Function& function) {
  for (TargetTask& task : session_.tasks().slots()) {
    const bool is_marked = task.alive() && task.aborted_for.test(function.mark);
    if (!is_marked || task.connection == nullptr || task.connection == function.task->connection) continue;
    task.announced = true;
    task.connection->announce_termination(task.lun());
  }
}

bool TaskManagement::transfers_are_quiet(const Function& function) const {
  return std::ranges::none_of(session_.tasks().slots(), [&](const TargetTask& task) {
    return task.alive() && task.aborted_for.test(function.mark) && !task.write.quiet();
  });
}

void TaskManagement::abort_marked(const Function& function) {
  for (TargetTask& task : session_.tasks().slots()) {
    if (task.alive() && task.aborted_for.test(function.mark)) session_.abort(task);
  }
}

/// A task whose last PDU is encoded does no harm: it leaves before the response.
bool TaskManagement::marked_are_gone(const Function& function) const {
  return std::ranges::none_of(session_.tasks().slots(), [&](const TargetTask& task) {
    const bool gone = !task.alive() || task.state == State::leaving || task.state == State::departing;
    return !gone && task.aborted_for.test(function.mark);
  });
}

void TaskManagement::ask_device(Function& function) {
  function.stage = Stage::device;
  function.task->submit_due = true;
  session_.attend(*function.task);
}

// ------------------------------------------------------------------------------------------------------------- ends

void TaskManagement::device_done(TargetTask& management, Code response, std::uint32_t information) {
  const auto function = std::ranges::find(running_, &management, &Function::task);
  assert(function != running_.end() && function->stage == Stage::device);
  if (management.connection != nullptr) return settle(*function, response, information);
  function->response = response;
  end_unheard(*function);
}

/// The outcome is known; the response may have to wait.
void TaskManagement::settle(Function& function, Code response, std::uint32_t information) {
  function.stage = Stage::answering;
  function.response = response;
  function.information = information;
  session_.fence().given(*function.task, function.about->ends_many());
}

void TaskManagement::answer(const Function& function) {
  TargetTask& management = *function.task;
  TargetConnectionCore& connection = *management.connection;
  const bool ends_session = function.ends_session();
  connection.transmitter().answer(
      wire::TaskManagementResponse::build({.response = function.response,
                                           .additional_response_information = function.information,
                                           .itt = management.itt()}),
      {}, true, session_.fence().made(management));
  end(management);
  if (ends_session) session_.end_after_answer(connection);
}

void TaskManagement::end(TargetTask& management) {
  const auto ended = std::ranges::find(running_, &management, &Function::task);
  assert(ended != running_.end());
  for (TargetTask& task : session_.tasks().slots()) task.aborted_for.reset(ended->mark);
  running_.erase(ended);
  session_.fence().withdraw(management);
  session_.destroy(management);
}

/// The connection that waited for the answer is gone. What goes with the function happens all the same.
void TaskManagement::end_unheard(const Function& function) {
  const bool ends_session = function.ends_session();
  end(*function.task);
  if (ends_session) session_.close();
}

void TaskManagement::refuse(TargetConnectionCore& connection, wire::Itt itt, Code response) {
  connection.transmitter().answer(wire::TaskManagementResponse::build({.response = response, .itt = itt}));
}

void TaskManagement::forget(wire::Cid cid) {
  for (TargetTask& task : session_.tasks().slots()) {
    if (!task.alive() || task.kind != TargetTask::Kind::management || task.cid != cid) continue;
    const auto function = std::ranges::find(running_, &task, &Function::task);
    assert(function != running_.end());
    task.connection = nullptr;
    // The owner works on it: its answer ends it, unheard.
    if (function->stage == Stage::device && task.submitted) continue;
    // What it has stopped cannot go on: it ends, although nobody hears of it.
    abort_marked(*function);
    end_unheard(*function);
  }
}

Instant TaskManagement::deadline() const {
  Instant earliest = kNever;
  for (const Function& function : running_) earliest = std::min(earliest, function.deadline);
  return earliest;
}

}  // namespace lunway::session
