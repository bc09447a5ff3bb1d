// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/wire_tasks.h"

#include <algorithm>

#include "base/big_endian.h"
#include "simulator/checkers/wire_numbering.h"
#include "simulator/checkers/wire_transfers.h"

namespace lunway::simulator {
namespace {

using wire::Opcode;

constexpr std::uint32_t kNoTag = 0xffffffff;

enum Function : std::uint8_t {
  kAbortTask = 1,
  kAbortTaskSet = 2,
  kClearTaskSet = 4,
  kLogicalUnitReset = 5,
  kTargetWarmReset = 6,
  kTargetColdReset = 7,
  kQueryTask = 9,
  kNexusReset = 11,
};

std::string what(const WirePdu& pdu) { return std::string(wire::to_string(pdu.opcode())); }

std::uint64_t lun_of(const WirePdu& pdu) { return load_be64(&pdu.bytes[8]); }

bool opens_task(const WirePdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::scsi_command:
    case Opcode::task_management_request:
    case Opcode::text_request:
    case Opcode::logout_request:
      return true;
    case Opcode::nop_out:
      return pdu.u32(16) != kNoTag;
    default:
      return false;
  }
}

/// Answer and question.
bool answers(Opcode response, Opcode request) {
  switch (response) {
    case Opcode::scsi_response:
    case Opcode::data_in:
    case Opcode::ready_to_transfer:
      return request == Opcode::scsi_command;
    case Opcode::task_management_response:
      return request == Opcode::task_management_request;
    case Opcode::text_response:
      return request == Opcode::text_request;
    case Opcode::logout_response:
      return request == Opcode::logout_request;
    case Opcode::nop_in:
      return request == Opcode::nop_out;
    default:
      return false;
  }
}

Complaint function_complaint(const WatchedSession& session, const WirePdu& pdu, WatchedTask& task) {
  task.function = pdu.u8(1) & 0x7f;
  task.referenced = pdu.u32(20);
  const bool names_task = task.function == kAbortTask || task.function == 8 || task.function == kQueryTask;
  if (!names_task && task.referenced != kNoTag) return "a function without a referenced task names one (11.5.5)";
  if (task.function != kAbortTask || session.connections > 1) return std::nullopt;
  const auto named = session.tasks.find(task.referenced);
  if (named == session.tasks.end() || named->second.opcode != Opcode::scsi_command) return std::nullopt;
  // "RefCmdSN: the CmdSN of the referenced task"
  const std::uint32_t wanted = named->second.cmd_sn;
  if (pdu.u32(32) != wanted && !named->second.ended) return "RefCmdSN is not the CmdSN of the task (11.5.5)";
  return std::nullopt;
}

/// What a function has ended when it is answered with "Function complete".
bool covers(const WatchedTask& function, std::uint32_t tag, const WatchedTask& task) {
  if (task.opcode != Opcode::scsi_command || task.ended) return false;
  switch (function.function) {
    case kAbortTask:
      return tag == function.referenced;
    case kAbortTaskSet:
    case kClearTaskSet:
    case kLogicalUnitReset:
      if (task.lun != function.lun) return false;
      break;
    case kTargetWarmReset:
    case kTargetColdReset:
    case kNexusReset:
      break;
    default:
      return false;
  }
  return !task.immediate && precedes(task.cmd_sn, function.cmd_sn);
}

}  // namespace

Complaint request_sent(WatchedConnection& connection, const WirePdu& pdu) {
  WatchedSession& session = *connection.session;
  if (pdu.opcode() == Opcode::nop_out && pdu.u32(20) != kNoTag && connection.pings.erase(pdu.u32(20)) == 0)
    return "a NOP-Out answers a ping that was not sent (11.18.2)";
  if (pdu.opcode() == Opcode::data_out) return data_out_sent(connection, pdu);
  if (!opens_task(pdu)) return std::nullopt;
  const std::uint32_t tag = pdu.u32(16);
  if (tag == kNoTag) return what(pdu) + " with the reserved Initiator Task Tag (11.2.1.8)";
  const auto found = session.tasks.find(tag);
  const bool goes_on = pdu.opcode() == Opcode::text_request && found != session.tasks.end() &&
                       found->second.opcode == Opcode::text_request;
  if (goes_on) return std::nullopt;
  if (found != session.tasks.end()) {
    const bool repeats = session.agreed.error_recovery_level > 0 && found->second.cmd_sn == pdu.u32(24) &&
                         found->second.opcode == pdu.opcode();
    if (repeats) return std::nullopt;
    return what(pdu) + ": its Initiator Task Tag is that of a task which has not ended (11.2.1.8)";
  }
  WatchedTask task;
  task.opcode = pdu.opcode();
  task.connection = &connection;
  task.cmd_sn = pdu.u32(24);
  task.immediate = (pdu.u8(0) & 0x40) != 0;
  task.lun = lun_of(pdu);
  Complaint complaint;
  if (pdu.opcode() == Opcode::scsi_command) complaint = command_sent(connection, pdu, task);
  if (pdu.opcode() == Opcode::task_management_request) complaint = function_complaint(session, pdu, task);
  task.is_for_another = logs_out_another(connection, pdu);
  if (pdu.opcode() == Opcode::nop_out) task.payload.assign(pdu.data().begin(), pdu.data().end());
  session.tasks[tag] = std::move(task);
  return complaint;
}

Complaint response_sent(WatchedConnection& connection, const WirePdu& pdu) {
  WatchedSession& session = *connection.session;
  if (connection.logged_out) return what(pdu) + " behind the Logout Response (11.15)";
  const std::uint32_t tag = pdu.u32(16);
  if (tag == kNoTag) return std::nullopt;  // an asynchronous message, a reject, a ping
  const auto found = session.tasks.find(tag);
  // What a SNACK asked for may still come when the task is over.
  const bool repeats = session.agreed.error_recovery_level > 0;
  if (found == session.tasks.end() && repeats) return std::nullopt;
  if (found == session.tasks.end()) return what(pdu) + " for no task (11.2.1.8)";
  WatchedTask& task = found->second;
  if (task.connection != &connection && !repeats) return what(pdu) + " on another connection than its task's (4.2.2.1)";
  if (!task.delivered) return what(pdu) + " for a task that the target cannot know yet";
  if (task.ended && !repeats) return what(pdu) + " for a task that has ended (4.2.2.3)";
  if (!answers(pdu.opcode(), task.opcode)) return what(pdu) + " does not answer this request (11.2.1.2)";
  // The command has been taken, so it is acknowledged.
  if (!task.immediate && !precedes(task.cmd_sn, pdu.u32(28)) && pdu.opcode() != Opcode::ready_to_transfer &&
      takes_stat_sn(pdu))
    return what(pdu) + ": ExpCmdSN does not acknowledge the command that is answered (4.2.2.1)";

  switch (pdu.opcode()) {
    case Opcode::data_in:
      return data_in_sent(connection, pdu, task);
    case Opcode::ready_to_transfer:
      return r2t_sent(connection, pdu, task);
    case Opcode::scsi_response: {
      const Complaint complaint = response_complaint(connection, pdu, task);
      task.ended = true;
      return complaint;
    }
    case Opcode::nop_in: {
      const std::size_t size = std::min<std::size_t>(task.payload.size(), connection.max_data_segment[0]);
      task.ended = true;
      if (!std::ranges::equal(pdu.data(), Bytes(task.payload).first(size))) return "a NOP-In is no echo (11.19)";
      return std::nullopt;
    }
    case Opcode::task_management_response:
      task.ended = true;
      if (pdu.u8(2) != 0) return std::nullopt;
      for (auto& [other_tag, other_task] : session.tasks) {
        if (covers(task, other_tag, other_task)) other_task.ended = true;
      }
      return std::nullopt;
    case Opcode::logout_response:
      task.ended = true;
      connection.logged_out = !task.is_for_another;
      return std::nullopt;
    default:
      task.ended = pdu.opcode() != Opcode::text_response || (pdu.u8(1) & 0x80) != 0;
      return std::nullopt;
  }
}

void task_arrived(WatchedConnection& connection, const WirePdu& pdu) {
  if (pdu.opcode() == Opcode::snack_request) return snack_arrived(connection, pdu);
  if (pdu.opcode() == Opcode::data_out) return data_out_arrived(connection, pdu);
  if (!opens_task(pdu)) return;
  const auto found = connection.session->tasks.find(pdu.u32(16));
  if (found == connection.session->tasks.end()) return;
  found->second.delivered = true;
  if (pdu.data_damaged) found->second.damaged = true;
  if (pdu.opcode() == Opcode::scsi_command && !pdu.data_damaged) found->second.arrived += pdu.data_length();
}

void task_answered(WatchedConnection& connection, const WirePdu& pdu) {
  WatchedSession& session = *connection.session;
  if (pdu.opcode() == Opcode::nop_in && pdu.u32(16) == kNoTag && pdu.u32(20) != kNoTag) {
    connection.pings.insert(pdu.u32(20));
  }
  if (pdu.opcode() == Opcode::asynchronous_message && pdu.u8(36) == 5) connection.pings.insert(kNoTag);
  if (pdu.opcode() == Opcode::reject && pdu.data_length() >= wire::kHeaderSize) {
    // The header of what was rejected.
    const auto opcode = static_cast<Opcode>(load_u8(pdu.data().data()) & 0x3f);
    if (opcode != Opcode::data_out) session.tasks.erase(load_be32(&pdu.data()[16]));
    return;
  }
  const auto found = session.tasks.find(pdu.u32(16));
  if (found == session.tasks.end()) return;
  if (pdu.opcode() == Opcode::ready_to_transfer) return r2t_arrived(pdu, found->second);
  if (pdu.opcode() == Opcode::data_in && (pdu.u8(1) & 0x01) == 0) return;
  if (pdu.opcode() == Opcode::text_response && (pdu.u8(1) & 0x80) == 0) return;
  const WatchedTask task = std::move(found->second);
  session.tasks.erase(found);
  if (pdu.opcode() != Opcode::task_management_response) return;
  // With the answer the initiator ends what it covers, also where the target has ended nothing any more.
  std::erase_if(session.tasks, [&](const auto& entry) {
    const bool named = task.function == kAbortTask && entry.first == task.referenced && pdu.u8(2) <= 1;
    WatchedTask before = entry.second;
    before.ended = false;
    return named || (pdu.u8(2) == 0 && covers(task, entry.first, before));
  });
}

void forget_tasks(WatchedConnection& connection) {
  if (connection.session == nullptr) return;
  std::erase_if(connection.session->tasks, [&](const auto& entry) { return entry.second.connection == &connection; });
}

}  // namespace lunway::simulator
