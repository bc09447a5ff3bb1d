// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How tasks end: with a status, by an abort, with their connection.

#include <algorithm>
#include <cassert>

#include "session/command/residual.h"
#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/snack_rejected_sense.h"
#include "session/recovery/suspended_tasks.h"
#include "wire/sense_segment.h"

namespace lunway::session {
void TargetSessionCore::complete(TaskId id, const CommandResult& result) {
  TargetTask* task = tasks_.find(id);
  assert(task != nullptr && task->kind == TargetTask::Kind::command);
  if (task == nullptr) return;
  if (task->state == State::aborting) {
    leave(*task);
    return;
  }
  assert(task->state == State::running && task->submitted);
  if (task->state != State::running) return;

  const bool is_write = task->write_length != 0 || wire::ScsiCommand(wire::HeaderView(task->header)).write();
  const bool is_read = task->read_length != 0 || wire::ScsiCommand(wire::HeaderView(task->header)).read();
  TargetTaskResult& to = task->result;
  to.status = result.status;
  if (request_.session.protocol_level >= 2) to.qualifier = result.status_qualifier;
  const wire::SenseSegment segment{.sense = result.sense.first(std::min(result.sense.size(), kMaxSense)), .rest = {}};
  to.segment_length = static_cast<std::uint32_t>(segment.write(to.segment).size());
  const wire::Residual read_residual = residual(result.data_in_length, task->read_length);
  const wire::Residual write_residual = residual(result.data_out_length, task->write_length);
  if (is_write && is_read) {
    to.residual = write_residual;
    to.bidirectional_read_residual = read_residual;
  } else if (is_write) {
    to.residual = write_residual;
  } else {
    // A command that announced no direction can still overflow: the device had data, nobody expected it.
    to.residual = result.data_in_length != 0 || is_read ? read_residual : write_residual;
  }

  const auto to_send = std::min<std::uint64_t>(result.data_in_length, task->read_length);
  task->read.begin(result.data_in, static_cast<std::uint32_t>(to_send));
  if (task->lost_data) set_lost_data_result(*task);
  task->state = State::answered;
  task->write.stop();
  task->destination.open = false;
  task->arrived_due = false;
  if (task->connection != nullptr) task->connection->transmitter().withdraw(*task);
  free_held(*task);
  fence_.given(*task, result.fenced);
  advance(*task);
}

void TargetSessionCore::fail_for_lost_data(TargetTask& task) {
  task.lost_data = true;
  if (task.state != State::answered) return;
  task.connection->transmitter().withdraw(task);
  set_lost_data_result(task);
  advance(task);
}

void TargetSessionCore::set_lost_data_result(TargetTask& task) {
  task.result.status = wire::ScsiStatus::check_condition;
  const wire::SenseSegment segment{.sense = kSnackRejectedSense, .rest = {}};
  task.result.segment_length = static_cast<std::uint32_t>(segment.write(task.result.segment).size());
  task.read.begin({}, 0);
}

/// A status of the engine's own: the owner has not seen the command.
void TargetSessionCore::end_internally(TargetTask& task, wire::ScsiStatus status) {
  task.result.status = status;
  task.result.residual = residual(0, task.write_length != 0 ? task.write_length : task.read_length);
  if (task.bidirectional()) task.result.bidirectional_read_residual = residual(0, task.read_length);
  task.read.begin({}, 0);
  task.write.stop();
  task.state = State::answered;
  free_held(task);
  fence_.given(task, false);
  advance(task);
}

void TargetSessionCore::aborted(TaskId id) {
  TargetTask* task = tasks_.find(id);
  assert(task != nullptr && task->state == State::aborting);
  if (task != nullptr && task->state == State::aborting) leave(*task);
}

void TargetSessionCore::abandon(TaskId id) {
  TargetTask* task = tasks_.find(id);
  assert(task != nullptr);
  if (task != nullptr && (task->state == State::aborting || task->state == State::running)) leave(*task);
}

void TargetSessionCore::abort(TargetTask& task) {
  task.suspended = false;
  switch (task.state) {
    case State::waiting:
      window_.forget(task.cmd_sn());
      task.windowed = false;
      leave(task);
      break;
    case State::running:
      if (!task.submitted) {
        leave(task);
        break;
      }
      if (task.connection != nullptr) task.connection->transmitter().withdraw(task);
      task.state = State::aborting;
      task.write.stop();
      task.destination.open = false;
      task.arrived_due = false;
      task.abort_due = true;
      attend(task);
      break;
    case State::answered:
      leave(task);
      break;
    case State::free:
    case State::aborting:
    case State::leaving:
    case State::departing:
      break;
  }
}

/// The owner is done with the task, and nothing of it will be sent.
void TargetSessionCore::leave(TargetTask& task) {
  if (task.connection != nullptr) {
    task.connection->transmitter().withdraw(task);
    if (!task.write.sealed()) task.connection->expect_late_data(task);
  }
  task.submit_due = task.arrived_due = task.abort_due = false;
  task.destination.open = false;
  task.state = State::leaving;
  fence_.withdraw(task);
  task.write.stop();
  task.offered = {};
  release_when_idle(task);
}

bool TargetSessionCore::has_unfinished_tasks(std::optional<wire::Cid> cid) const {
  auto& tasks = const_cast<TargetTaskTable&>(tasks_);
  return std::ranges::any_of(tasks.slots(), [&](const TargetTask& task) {
    const bool unfinished =
        task.alive() && !task.suspended && task.state != State::leaving && task.state != State::departing;
    return unfinished && (!cid || task.cid == *cid);
  });
}

void TargetSessionCore::settle(Instant now) {
  if (suspended_ != nullptr) suspended_->advance();
  if (!management_.idle()) management_.advance(now);
  if (!fence_.advance()) return;
  for (TargetTask& task : tasks_.slots()) {
    if (task.state == State::answered) advance(task);
  }
  if (!management_.idle()) management_.advance(now);
}

/// With FastAbort the initiator is told on each connection that has commands there, and sends no more data for them;
/// those that have failed already wait for none.
//= rfc7143#4.2.3.4
void TargetSessionCore::announce_termination(wire::Lun lun) {
  if (!fast_abort()) return;
  const auto is_concerned = [lun](const TargetTask& task) {
    return task.kind == TargetTask::Kind::command && task.connection != nullptr &&
           wire::names_same_unit(task.lun(), lun);
  };
  for (TargetTask& task : tasks_.slots()) {
    if (task.state != State::running || !task.submitted || !is_concerned(task)) continue;
    task.announced = true;
    task.connection->announce_termination(lun);
  }
  for (TargetTask& task : tasks_.slots()) {
    if (task.state != State::answered || !is_concerned(task) || task.write.quiet()) continue;
    if (!task.connection->is_terminating(lun)) continue;
    task.announced = true;
    task.connection->expect_late_data(task);
    task.write.cut_off();
    advance(task);
  }
}

void TargetSessionCore::depart(TargetTask& task, wire::StatSN number) {
  assert(task.state == State::answered);
  if (auto* const fence_waits_for = fence_.made(task)) *fence_waits_for = number;
  if (!task.write.sealed()) task.connection->expect_late_data(task);
  tasks_.forget_tag(task);
  leave_window(task);
  task.state = State::departing;
  ++departing_;
}

void TargetSessionCore::revive(TargetTask& task) {
  assert(task.state == State::departing && !task.release_due);
  --departing_;
  task.state = State::answered;
  tasks_.remember_tag(task);
}

void TargetSessionCore::leave_window(TargetTask& task) {
  if (task.windowed) window_.finish();
  task.windowed = false;
  const bool counted = task.kind == TargetTask::Kind::command && task.immediate();
  if (counted && task.state != State::departing) --immediate_commands_;
}

void TargetSessionCore::release_when_idle(TargetTask& task) {
  const bool over = task.state == State::leaving || task.state == State::departing;
  if (!over || task.memory_in_use() || task.retained || task.release_due) return;
  free_held(task);
  if (task.submitted && task.kind == TargetTask::Kind::command) {
    task.release_due = true;
    attend(task);
  } else {
    attention_.remove(task);
    destroy(task);
  }
}

void TargetSessionCore::destroy(TargetTask& task) {
  fence_.withdraw(task);
  leave_window(task);
  if (task.state == State::departing) --departing_;
  attention_.remove(task);
  if (task.connection != nullptr) task.connection->transmitter().withdraw(task);
  free_held(task);
  tasks_.destroy(task);
}

void TargetSessionCore::complete_task_management(TaskId id, wire::TaskManagementResponseCode response,
                                                 std::uint32_t information) {
  TargetTask* task = tasks_.find(id);
  assert(task != nullptr && task->kind == TargetTask::Kind::management && task->submitted);
  if (task != nullptr && task->kind == TargetTask::Kind::management)
    management_.device_done(*task, response, information);
}

}  // namespace lunway::session
