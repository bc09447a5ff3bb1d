// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How requests and answers move the numbers and the tasks of the model.
//= rfc7143#4.2.2

#include <algorithm>

#include "conformance/check/model.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

/// Takes the later of two numbers.
void advance(std::optional<std::uint32_t>& number, std::uint32_t to) {
  if (!number || precedes(*number, to)) number = to;
}

void begin_task(ConnectionModel& connection, const Event& event) {
  SessionModel& session = *connection.session;
  const std::uint32_t itt = event.pdu[field::kItt];
  if (itt == kNoTag) return;
  const auto known = session.tasks.find(itt);
  if (known != session.tasks.end() && event.pdu.is(Opcode::text_request)) {
    // A negotiation goes on under its tag.
    //= rfc7143#11.10.3
    known->second.request = event.pdu;
    return;
  }
  if (session.tasks.size() >= SessionModel::kMostTasks) {
    session.is_known = false;
    return;
  }
  Task task;
  task.request = event.pdu;
  if (task.request.data.size() > Task::kMostData) task.request.data.resize(Task::kMostData);
  task.connection = event.connection;
  if (event.pdu.is(Opcode::scsi_command)) {
    task.write.unsolicited = event.pdu.data.size();
    task.write.unsolicited_ended = event.pdu[field::kFinal] != 0;
    task.request.data.clear();
  }
  session.tasks.insert_or_assign(itt, std::move(task));
}

/// Which tasks an aborted one leaves in doubt is said by the function; to be sure, all of the unit or of the session.
//= rfc7143#11.5.1
void doubt_tasks(SessionModel& session, const Pdu& request) {
  constexpr std::uint32_t kAbortTask = 1;
  constexpr std::uint32_t kTaskReassign = 8;
  const std::uint32_t function = request[field::kFunction];
  const bool room = session.reassigned.size() < SessionModel::kMostTasks;
  if (function == kTaskReassign && room) session.reassigned.insert(request[field::kReferencedTag]);
  for (auto& [itt, task] : session.tasks) {
    const bool named = itt == request[field::kReferencedTag];
    if (function == kAbortTask || function == kTaskReassign ? named : true) task.in_doubt = true;
  }
}

void end_task(ConnectionModel& connection, const Event& event) {
  SessionModel& session = *connection.session;
  const auto known = session.tasks.find(event.pdu[field::kItt]);
  if (known == session.tasks.end()) return;
  if (event.pdu.is(Opcode::logout_response) && event.pdu[field::kResponse] == 0) {
    // Whatever was under way on the connections that it closed has ended without an answer.
    for (auto& [itt, task] : session.tasks) task.in_doubt = true;
    if (connection.logout_sent) connection.phase = Phase::logged_out;
  }
  if (event.pdu.is(Opcode::logout_response)) connection.logout_sent = false;
  session.tasks.erase(known);
}

/// Of the session, or of this very connection.
//= rfc7143#11.14.1
bool closes(const ConnectionModel& connection, const Pdu& pdu) {
  constexpr std::uint32_t kCloseSession = 0;
  constexpr std::uint32_t kCloseConnection = 1;
  if (!pdu.is(Opcode::logout_request)) return false;
  const std::uint32_t reason = pdu[field::kLogoutReason];
  return reason == kCloseSession || (reason == kCloseConnection && pdu[field::kCid] == connection.cid);
}

/// The PDU that was rejected stands in the data.
//= rfc7143#11.17.4
void take_reject(ConnectionModel& connection, const Pdu& reject) {
  connection.reject_seen = true;
  connection.logout_sent = false;
  connection.text_outstanding.reset();
  connection.text_response.reset();
  if (reject.data.size() < wire::kHeaderSize) return;
  Pdu rejected;
  copy_bytes(rejected.header, Bytes(reject.data).first(wire::kHeaderSize));
  const auto task = connection.session->tasks.find(rejected[field::kItt]);
  if (task != connection.session->tasks.end()) task->second.in_doubt = true;
}

}  // namespace

bool has_cmd_sn(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::nop_out:
    case Opcode::scsi_command:
    case Opcode::task_management_request:
    case Opcode::text_request:
    case Opcode::logout_request:
      return true;
    default:
      return false;
  }
}

bool has_stat_sn(const Pdu& pdu) {
  if (pdu.is(Opcode::data_in)) return pdu[field::kHasStatus] != 0;
  if (pdu.is(Opcode::login_response)) return pdu[field::kStatusClass] == 0;
  return wire::sender_of(pdu.opcode()) == wire::Role::target;
}

bool uses_up_stat_sn(const Pdu& pdu) {
  if (pdu.is(Opcode::ready_to_transfer)) return false;
  if (pdu.is(Opcode::nop_in) && pdu[field::kItt] == kNoTag) return false;
  return has_stat_sn(pdu);
}

bool is_final_answer(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::scsi_response:
    case Opcode::task_management_response:
    case Opcode::logout_response:
      return true;
    case Opcode::nop_in:
      return pdu[field::kItt] != kNoTag;
    case Opcode::text_response:
      return pdu[field::kFinal] != 0;
    case Opcode::data_in:
      return pdu[field::kHasStatus] != 0;
    default:
      return false;
  }
}

void follow_request(ConnectionModel& connection, const Event& event) {
  const Pdu& pdu = event.pdu;
  SessionModel& session = *connection.session;
  if (pdu.is(Opcode::snack_request)) connection.snack_seen = true;
  // The first Login Request has another meaning for the field.
  //= rfc7143#11.12.9
  if (connection.login.first_response) advance(connection.exp_stat_sn, pdu[field::kExpStatSn]);
  if (!has_cmd_sn(pdu)) return;
  if (pdu[field::kImmediate] == 0) {
    advance(connection.highest_cmd_sn, pdu[field::kCmdSn]);
    advance(session.next_cmd_sn, pdu[field::kCmdSn] + 1);
  }
  if (pdu.is(Opcode::task_management_request)) doubt_tasks(session, pdu);
  if (pdu.is(Opcode::text_request)) connection.text_outstanding = pdu[field::kItt];
  if (closes(connection, pdu)) connection.logout_sent = true;
  begin_task(connection, event);
}

void follow_answer(ConnectionModel& connection, const Event& event) {
  const Pdu& pdu = event.pdu;
  SessionModel& session = *connection.session;
  if (uses_up_stat_sn(pdu)) {
    connection.next_stat_sn = pdu[field::kStatSn] + 1;
  } else if (has_stat_sn(pdu)) {
    connection.next_stat_sn = pdu[field::kStatSn];
  }
  if (!pdu.is(Opcode::login_response) || pdu[field::kStatusClass] == 0) {
    advance(connection.exp_cmd_sn, pdu[field::kExpCmdSn]);
    advance(connection.max_cmd_sn, pdu[field::kMaxCmdSn]);
    advance(session.exp_cmd_sn, pdu[field::kExpCmdSn]);
    advance(session.max_cmd_sn, pdu[field::kMaxCmdSn]);
  }
  if (pdu.is(Opcode::reject)) take_reject(connection, pdu);
  if (pdu.is(Opcode::text_response)) {
    connection.text_outstanding.reset();
    connection.text_response = pdu;
    connection.text_response->data.clear();
  }
  // What an event ends is told by no status.
  //= rfc7143#11.9.1
  if (pdu.is(Opcode::asynchronous_message)) {
    for (auto& [itt, task] : session.tasks) task.in_doubt = true;
  }
  if (pdu.is(Opcode::nop_in) && pdu[field::kTtt] != kNoTag) {
    if (connection.pings.size() < SessionModel::kMostR2ts) connection.pings[pdu[field::kTtt]] = pdu.get(field::kLun);
  }
  if (is_final_answer(pdu)) end_task(connection, event);
}

}  // namespace lunway::conformance
