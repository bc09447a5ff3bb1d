// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/task_management.h"

#include <algorithm>
#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"

namespace lunway::session {

using Code = wire::TaskManagementResponseCode;
using wire::TaskManagementFunction;
using State = TargetTask::State;

TaskManagement::TaskManagement(TargetSessionCore& session, std::uint32_t most) : session_(session), most_(most) {
  running_.reserve(session.limits().management_functions);
}

bool TaskManagement::has_room(const TargetConnectionCore& connection) const {
  return running_.size() < most_ ||
         std::ranges::none_of(
             running_, [&](const Function& function) { return function.task->connection == &connection; });
}

void TaskManagement::begin(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  switch (request.function()) {
    case TaskManagementFunction::abort_task:
      if (const Code code = begin_abort_task(connection, request); code != Code::function_complete) {
        answer(&connection, request.itt(), code);
      }
      break;
    case TaskManagementFunction::abort_task_set:
    case TaskManagementFunction::clear_aca:
    case TaskManagementFunction::clear_task_set:
    case TaskManagementFunction::logical_unit_reset:
      start(connection, request, Stage::ordering);
      break;
    case TaskManagementFunction::target_warm_reset:
    case TaskManagementFunction::target_cold_reset:
      // What has not come yet counts as come: it would not survive the reset.
      //= rfc7143#4.2.3.3
      session_.window().plug_until(request.cmd_sn());
      start(connection, request, Stage::ordering);
      break;
    case TaskManagementFunction::task_reassign:
      // Needs ErrorRecoveryLevel 2.
      //= rfc7143#7.2.2
      answer(&connection, request.itt(), Code::reassignment_not_supported);
      break;
    default:
      answer(&connection, request.itt(), Code::function_not_supported);
      break;
  }
}

/// `function_complete` here means that the answer will come when the task is gone.
//= rfc7143#11.6.1
Code TaskManagement::begin_abort_task(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  TargetTask* task = session_.tasks().find(request.referenced_task_tag());
  if (task != nullptr) {
    // A task management function cannot be aborted, nor a task of another logical unit than the one that is named.
    const bool is_command = task->kind != TargetTask::Kind::management;
    if (!is_command || (task->kind == TargetTask::Kind::command && task->lun() != request.lun())) {
      return Code::function_rejected;
    }
    start(connection, request, Stage::aborting);
    task->aborted_for = running_.back().task->slot + 1;
    session_.abort(*task);
    return Code::function_complete;
  }
  // The command has not come: it counts as come now. Or it has come and gone.
  const wire::CmdSN referenced = request.ref_cmd_sn();
  const CommandWindow& window = session_.window();
  if (!window.contains(referenced) || window.has_come(referenced) || !referenced.precedes(request.cmd_sn())) {
    return Code::task_does_not_exist;
  }
  session_.window().plug(referenced);
  start(connection, request, Stage::aborting);
  return Code::function_complete;
}

void TaskManagement::start(TargetConnectionCore& connection, const wire::TaskManagementRequest& request, Stage stage) {
  TargetTask* management = session_.tasks().create(TargetTask::Kind::management, request.header());
  assert(management != nullptr);
  management->connection = &connection;
  management->cid = connection.cid();
  running_.push_back({.task = management, .stage = stage, .deadline = kNever});
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
      mark_affected(management);
      function.deadline = now + session_.limits().transfer_tag_wait;
      function.stage = Stage::transfers;
      return true;
    case Stage::transfers:
      if (!transfers_are_quiet(management) && now < function.deadline) return false;
      function.deadline = kNever;
      function.stage = Stage::aborting;
      abort_marked(management);
      return true;
    case Stage::aborting:
      if (!marked_are_gone(management)) return false;
      if (wire::TaskManagementRequest(wire::HeaderView(management.header)).function() ==
          TaskManagementFunction::abort_task) {
        finish(management, Code::function_complete);
        return true;
      }
      function.stage = Stage::device;
      management.submit_due = true;
      session_.attend(management);
      return true;
    case Stage::device:
      return false;
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

void TaskManagement::mark_affected(const TargetTask& management) {
  for (TargetTask& task : session_.tasks().slots()) {
    if (!affects(management, task)) continue;
    task.aborted_for = management.slot + 1;
    task.write.stop();
  }
}

bool TaskManagement::affects(const TargetTask& management, const TargetTask& task) const {
  const bool lives = task.state == State::waiting || task.state == State::running || task.state == State::answered;
  if (!lives || task.kind != TargetTask::Kind::command || task.aborted_for != 0) return false;
  switch (wire::TaskManagementRequest(wire::HeaderView(management.header)).function()) {
    case TaskManagementFunction::abort_task_set:
    case TaskManagementFunction::clear_task_set:
      return task.lun() == management.lun() && (task.immediate() || task.cmd_sn().precedes(management.cmd_sn()));
    case TaskManagementFunction::logical_unit_reset:
      return task.lun() == management.lun();
    case TaskManagementFunction::target_warm_reset:
    case TaskManagementFunction::target_cold_reset:
      return true;
    default:
      return false;
  }
}

bool TaskManagement::transfers_are_quiet(const TargetTask& management) const {
  return std::ranges::none_of(session_.tasks().slots(), [&](const TargetTask& task) {
    return task.alive() && task.aborted_for == management.slot + 1 && !task.write.quiet();
  });
}

void TaskManagement::abort_marked(const TargetTask& management) {
  for (TargetTask& task : session_.tasks().slots()) {
    if (task.alive() && task.aborted_for == management.slot + 1) session_.abort(task);
  }
}

/// A task whose last PDU is encoded does no harm: it leaves before the response.
bool TaskManagement::marked_are_gone(const TargetTask& management) const {
  return std::ranges::none_of(session_.tasks().slots(), [&](const TargetTask& task) {
    const bool gone = !task.alive() || task.state == State::leaving || task.state == State::departing;
    return !gone && task.aborted_for == management.slot + 1;
  });
}

void TaskManagement::device_done(TargetTask& management, Code response) { finish(management, response); }

void TaskManagement::finish(TargetTask& management, Code response) {
  std::erase_if(running_, [&](const Function& function) { return function.task == &management; });
  for (TargetTask& task : session_.tasks().slots()) {
    if (task.alive() && task.aborted_for == management.slot + 1) task.aborted_for = 0;
  }
  answer(management.connection, management.itt(), response);
  session_.destroy(management);
}

void TaskManagement::answer(TargetConnectionCore* connection, wire::Itt itt, Code response) {
  if (connection == nullptr) return;
  connection->transmitter().answer(wire::TaskManagementResponse::build({.response = response, .itt = itt}));
}

void TaskManagement::forget(wire::Cid cid) {
  for (TargetTask& task : session_.tasks().slots()) {
    if (!task.alive() || task.kind != TargetTask::Kind::management || task.cid != cid) continue;
    task.connection = nullptr;
    // The owner works on it: its answer ends it, unheard.
    if (task.submitted) continue;
    // What it has stopped cannot go on: it ends, although nobody hears of it.
    abort_marked(task);
    finish(task, Code::function_rejected);
  }
}

Instant TaskManagement::deadline() const {
  Instant earliest = kNever;
  for (const Function& function : running_) earliest = std::min(earliest, function.deadline);
  return earliest;
}

}  // namespace lunway::session
