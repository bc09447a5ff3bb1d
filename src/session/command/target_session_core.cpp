// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests come in, in the order of CmdSN.

#include "session/command/target_session_core.h"

#include <algorithm>
#include <cassert>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "session/recovery/session_recovery.h"
#include "session/recovery/suspended_tasks.h"

namespace lunway::session {
namespace {

bool recovers(const text::SessionParameters& agreed) { return agreed.error_recovery_level != 0; }

WriteTransfer::Rules rules_of(const text::SessionParameters& agreed) {
  return {.initial_r2t = agreed.initial_r2t,
          .immediate_data = agreed.immediate_data,
          .first_burst_length = agreed.first_burst_length,
          .max_burst_length = agreed.max_burst_length,
          .max_outstanding_r2t = recovers(agreed) ? 1U : agreed.max_outstanding_r2t,
          .data_pdu_in_order = agreed.data_pdu_in_order,
          .recovers = recovers(agreed)};
}

std::size_t held_block_bytes(const SessionRequest& request) {
  return std::max(request.session.first_burst_length, request.connection.our_max_recv_data_segment_length);
}

}  // namespace

TargetSessionCore::TargetSessionCore(const SessionRequest& request, wire::Tsih tsih, const SessionLimits& limits)
    : request_(request),
      tsih_(tsih),
      limits_(limits.for_connections(request.session.max_connections)),
      shared_immediate_commands_(limits.immediate_commands),
      rules_(rules_of(request.session)),
      window_(request.cmd_sn, limits.queue_depth),
      tasks_(limits_.task_slots()),
      held_(held_block_bytes(request), limits.held_bytes),
      management_(*this, limits.management_functions),
      fence_(*this),
      members_(limits.lost_connections),
      announced_max_(window_.max()) {
  if (recovers(request.session)) recovery_ = std::make_unique<SessionRecovery>(*this);
  if (request.session.error_recovery_level == 2) suspended_ = std::make_unique<SuspendedTasks>(*this);
}

TargetSessionCore::~TargetSessionCore() = default;

// Testing for the execution state precedes any other action at the target.
//= rfc7143#4.2.2.1
Admission TargetSessionCore::admit_command(TargetConnectionCore& connection, const wire::ScsiCommand& command,
                                           const wire::CommandAhs& ahs, Bytes data) {
  if (closing_ || logging_out_) return Admission::ignore;
  if (const TargetTask* known = tasks_.find(command.itt())) {
    const bool is_retry = !command.immediate() && !known->immediate() && known->cmd_sn() == command.cmd_sn();
    return is_retry ? Admission::ignore : Admission::in_progress;
  }
  const bool immediate = command.immediate();
  if (immediate && !has_room_for_immediate(connection)) return Admission::too_many_immediate;
  const auto place = immediate ? CommandWindow::Place::next : window_.place_of(command.cmd_sn());
  if (place == CommandWindow::Place::ignored) return Admission::ignore;

  TargetTask* task = create_command(connection, command, ahs, data);
  if (task == nullptr) return Admission::no_room;
  if (immediate) ++immediate_commands_;
  if (place == CommandWindow::Place::early) {
    keep_waiting(*task, data.first(task->write.immediate_taken()));
    return Admission::later;
  }
  if (!immediate) window_.deliver(command.cmd_sn());
  task->offered = data.first(task->write.immediate_taken());
  connection.offered_data_of(*task);
  deliver(*task);
  return Admission::now;
}

Admission TargetSessionCore::admit_request(TargetConnectionCore& connection, wire::RequestHeader request, Bytes data) {
  if (closing_ || logging_out_) return Admission::ignore;
  if (const TargetTask* known = request.itt() == wire::kNoItt ? nullptr : tasks_.find(request.itt())) {
    const bool is_retry = !request.immediate() && !known->immediate() && known->cmd_sn() == request.cmd_sn();
    return is_retry ? Admission::ignore : Admission::in_progress;
  }
  if (request.immediate()) return Admission::now;
  switch (window_.place_of(request.cmd_sn())) {
    case CommandWindow::Place::ignored:
      return Admission::ignore;
    case CommandWindow::Place::next:
      // It occupies nothing of what the window measures.
      window_.deliver(request.cmd_sn());
      window_.finish();
      return Admission::now;
    case CommandWindow::Place::early:
      break;
  }
  if (data.size() > held_.block_bytes()) return Admission::no_room;
  TargetTask* task = tasks_.create(TargetTask::Kind::request, request.header());
  if (task == nullptr) return Admission::no_room;
  task->connection = &connection;
  task->cid = connection.cid();
  keep_waiting(*task, data);
  if (!task->refused) return Admission::later;
  window_.forget(request.cmd_sn());
  tasks_.destroy(*task);
  return Admission::no_room;
}

TargetTask* TargetSessionCore::create_command(TargetConnectionCore& connection, const wire::ScsiCommand& command,
                                              const wire::CommandAhs& ahs, Bytes data) {
  TargetTask* task = tasks_.create(TargetTask::Kind::command, command.header());
  if (task == nullptr) return nullptr;
  task->connection = &connection;
  task->cid = connection.cid();
  task->windowed = !command.immediate();
  copy_bytes(task->cdb, command.cdb());
  copy_bytes(MutableBytes(task->cdb).subspan(wire::kHeaderCdbSize), ahs.extended_cdb);
  task->cdb_length = static_cast<std::uint32_t>(wire::kHeaderCdbSize + ahs.extended_cdb.size());

  const std::uint32_t expected = command.expected_data_transfer_length();
  if (command.write()) task->write_length = expected;
  if (command.read()) task->read_length = command.write() ? ahs.bidirectional_read_length.value_or(0) : expected;
  task->write.begin({.length = task->write_length,
                     .immediate_length = static_cast<std::uint32_t>(data.size()),
                     .unsolicited_follows = !command.final()},
                    rules_);
  return task;
}

void TargetSessionCore::keep_waiting(TargetTask& task, Bytes data) {
  task.state = State::waiting;
  window_.keep(task.cmd_sn(), task.slot);
  if (data.empty()) return;
  task.destination.held = held_.take();
  task.refused = task.destination.held == nullptr;
  if (task.refused) return;
  task.held_length = static_cast<std::uint32_t>(data.size());
  copy_bytes({task.destination.held, held_.block_bytes()}, data);
}

void TargetSessionCore::run_turns(Instant now) {
  while (const auto slot = window_.turn()) {
    TargetTask& task = tasks_.at(*slot);
    if (task.kind == TargetTask::Kind::command) {
      task.state = State::running;
      deliver(task);
      continue;
    }
    const wire::Header header = task.header;
    TargetConnectionCore& connection = *task.connection;
    std::byte* const block = task.destination.held;
    const Bytes data = {block, block == nullptr ? 0 : task.held_length};
    task.destination.held = nullptr;
    tasks_.destroy(task);
    window_.finish();
    connection.handle_request(now, wire::HeaderView(header), data);
    if (block != nullptr) held_.give_back(block);
  }
  management_.advance(now);
}

void TargetSessionCore::deliver(TargetTask& task) {
  if (task.refused) {
    end_internally(task, wire::ScsiStatus::busy);
    return;
  }
  if (recovery_ != nullptr && task.write.waits()) task.connection->recovery()->await_data_of(task);
  task.submit_due = true;
  attend(task);
}

std::optional<SessionOutput> TargetSessionCore::next_output() {
  while (TargetTask* task = attention_.front()) {
    if (auto output = output_of(*task)) return output;
    attention_.remove(*task);
  }
  if (!ended_ && (ever_attached_ || closing_) && members_.is_over() && tasks_.living() == 0) {
    ended_ = true;
    return SessionEnded{end_reason_};
  }
  return std::nullopt;
}

std::optional<SessionOutput> TargetSessionCore::output_of(TargetTask& task) {
  const TaskId id = task.id();
  if (task.submit_due) {
    task.submit_due = false;
    task.submitted = true;
    if (task.kind == TargetTask::Kind::management) {
      const wire::TaskManagementRequest request{wire::HeaderView(task.header)};
      return SubmitTaskManagement{.task = id,
                                  .function = request.function(),
                                  .lun = request.lun(),
                                  .has_commands = has_commands_on(request.lun())};
    }
    const wire::ScsiCommand command{wire::HeaderView(task.header)};
    return Submit{.task = id,
                  .lun = command.lun(),
                  .cdb = Bytes(task.cdb).first(task.cdb_length),
                  .attribute = command.attribute(),
                  .priority = request_.session.protocol_level >= 2 ? command.priority() : std::uint8_t{0},
                  .immediate = command.immediate(),
                  .write_length = task.write_length,
                  .read_length = task.read_length,
                  .immediate_data = immediate_data_of(task)};
  }
  if (task.arrived_due) {
    task.arrived_due = false;
    const bool whole = task.write.has(task.destination.end);
    return DataArrived{.task = id, .failure = whole ? TransferFailure::none : task.write.failure()};
  }
  if (task.abort_due) {
    task.abort_due = false;
    return Abort{id};
  }
  if (task.release_due) {
    task.release_due = false;
    const bool terminated = task.terminated;
    attention_.remove(task);
    destroy(task);
    return Release{.task = id, .terminated = terminated};
  }
  return std::nullopt;
}

Bytes TargetSessionCore::immediate_data_of(const TargetTask& task) {
  if (task.destination.held == nullptr) return task.offered;
  return {task.destination.held, task.write.immediate_taken()};
}

bool TargetSessionCore::has_commands_on(wire::Lun lun) {
  return std::ranges::any_of(tasks_.slots(), [lun](const TargetTask& task) {
    return task.is_outstanding() && wire::names_same_unit(task.lun(), lun);
  });
}

wire::Ttt TargetSessionCore::new_transfer_tag() {
  ++last_transfer_tag_;
  if (wire::Ttt(last_transfer_tag_) == wire::kNoTtt) last_transfer_tag_ = 0;
  return wire::Ttt(last_transfer_tag_);
}

void TargetSessionCore::shrink() {
  if (tasks_.living() != 0) return;
  tasks_.shrink();
  held_.shrink();
}

bool TargetSessionCore::is_consistent() const {
  if (!window_.is_consistent() || !tasks_.is_consistent() || !fence_.is_consistent()) return false;
  auto& slots = const_cast<TargetTaskTable&>(tasks_);
  std::uint32_t immediate = 0;
  std::uint32_t departing = 0;
  for (const TargetTask& task : slots.slots()) {
    if (!task.alive()) continue;
    if (!task.write.is_consistent()) return false;
    const bool departs = task.state == State::departing;
    if (departs && task.windowed) return false;
    if (departs) ++departing;
    if (task.kind == TargetTask::Kind::command && task.immediate() && !departs) ++immediate;
  }
  return immediate == immediate_commands_ && departing == departing_;
}

}  // namespace lunway::session
