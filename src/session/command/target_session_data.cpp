// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Write data finds its place; tasks move on.

#include <algorithm>
#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"

namespace lunway::session {

void TargetSessionCore::accept_data(TaskId id, MutableBytes memory) {
  TargetTask* task = tasks_.find(id);
  assert(task != nullptr && !task->destination.open);
  if (task == nullptr || task->state != State::running) return;  // an Abort is on its way to the owner

  TaskDestination& to = task->destination;
  assert(memory.size() <= task->write_length - to.end);
  to.memory = memory;
  to.begin = to.end;
  to.end += static_cast<std::uint32_t>(memory.size());
  to.open = true;
  task->write.want(to.end);
  take_early_data(*task);
  move_write_on(*task);
}

/// Copies what came unsolicited, and lies between begin and end, to its place. Gaps that PDUs out of order have left
/// are copied too: what fills them comes later.
void TargetSessionCore::take_early_data(TargetTask& task) {
  TaskDestination& to = task.destination;
  const std::uint32_t upto = std::min(to.end, task.write.highest_unsolicited_end());
  if (upto > to.begin) {
    const Bytes early = to.held != nullptr ? Bytes(to.held, held_.block_bytes()) : task.offered;
    assert(early.size() >= upto);
    copy_bytes(to.memory, early.subspan(to.begin, upto - to.begin));
  }
  if (to.end >= task.write.unsolicited_end() && task.write.quiet()) free_held(task);
}

void TargetSessionCore::keep_offered(TargetTask& task) {
  const bool needed = task.state == State::running && task.destination.end < task.offered.size();
  if (needed && task.destination.held == nullptr) {
    task.destination.held = held_.take_in_any_case();
    copy_bytes({task.destination.held, held_.block_bytes()}, task.offered);
  }
  task.offered = {};
}

MutableBytes TargetSessionCore::place_for(TargetTask& task, const WriteTransfer::DataOut& pdu) {
  TaskDestination& to = task.destination;
  if (to.covers(pdu.buffer_offset, pdu.length)) return to.memory.subspan(pdu.buffer_offset - to.begin, pdu.length);
  const bool may_be_wanted = task.state == State::running || (task.state == State::waiting && !task.refused);
  if (!may_be_wanted || pdu.length == 0) return {};

  // Unsolicited data that nobody has asked for yet. It ends at FirstBurstLength, and so does a block.
  if (to.held == nullptr) {
    // To stop reading behind a gap of the CmdSN order would be to wait for ever.
    to.held = task.state == State::waiting ? held_.take() : held_.take_in_any_case();
    task.refused = to.held == nullptr;
  }
  return task.refused ? MutableBytes() : MutableBytes(to.held + pdu.buffer_offset, pdu.length);
}

void TargetSessionCore::placed(TargetTask& task, const WriteTransfer::DataOut& pdu, const std::byte* place) {
  TaskDestination& to = task.destination;
  const bool is_in_block = to.held != nullptr && place == to.held + pdu.buffer_offset;
  if (!to.open || !is_in_block) return;
  // It went into the block because not all of it was asked for when it began. Some may belong to the owner by now.
  const std::uint32_t from = std::max(pdu.buffer_offset, to.begin);
  const std::uint32_t upto = std::min(pdu.buffer_offset + pdu.length, to.end);
  if (from < upto) copy_bytes(to.memory.subspan(from - to.begin), {to.held + from, upto - from});
}

void TargetSessionCore::move_write_on(TargetTask& task) {
  TaskDestination& to = task.destination;
  if (!to.open) return;
  const bool whole = task.write.has(to.end);
  const bool failed = task.write.failure() != TransferFailure::none && task.write.quiet();
  if (whole || failed) {
    to.open = false;
    to.memory = {};
    task.arrived_due = true;
    attend(task);
    if (to.end >= task.write.unsolicited_end() && task.write.quiet()) free_held(task);
  } else {
    send_due_r2ts(task);
  }
}

void TargetSessionCore::send_due_r2ts(TargetTask& task) {
  if (!task.write.r2t_due() && !task.write.has_repeat()) return;
  if (task.is_allegiant()) task.connection->transmitter().r2t_due(task);
}

void TargetSessionCore::advance(TargetTask& task) {
  switch (task.state) {
    case State::running:
      move_write_on(task);
      break;
    case State::answered:
      if (!task.is_allegiant()) break;
      if (!task.read.done()) {
        task.connection->transmitter().data_due(task);
      } else if (!task.write.quiet()) {
        send_due_r2ts(task);
      } else if (fence_.lets_pass(task)) {
        // The status waits for the end of all sequences, and for its turn among the responses.
        //= rfc7143#11.4.2
        task.connection->transmitter().status_due(task);
      }
      break;
    case State::leaving:
    case State::departing:
      release_when_idle(task);
      break;
    case State::free:
    case State::waiting:
    case State::aborting:
      break;
  }
}

void TargetSessionCore::free_held(TargetTask& task) {
  // A Data-Out may be on its way into the block.
  if (task.destination.held == nullptr || task.receiving) return;
  held_.give_back(task.destination.held);
  task.destination.held = nullptr;
}

}  // namespace lunway::session
