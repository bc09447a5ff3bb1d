// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/wire_numbering.h"

#include <algorithm>
#include <array>

#include "base/big_endian.h"

namespace lunway::simulator {
namespace {

using wire::Opcode;

constexpr std::uint32_t kNoTag = 0xffffffff;

bool is_immediate(const WirePdu& pdu) { return (pdu.u8(0) & 0x40) != 0; }

bool has_cmd_sn(const WirePdu& pdu) {
  const Opcode opcode = pdu.opcode();
  return opcode != Opcode::data_out && opcode != Opcode::snack_request;
}

std::string what(const WirePdu& pdu) { return std::string(wire::to_string(pdu.opcode())); }

std::string numbers(const char* text, std::uint32_t is, std::uint32_t expected) {
  return std::string(": ") + text + " is " + std::to_string(is) + ", expected " + std::to_string(expected);
}

Complaint cmd_sn_complaint(WatchedSession& session, const WirePdu& pdu) {
  const std::uint32_t cmd_sn = pdu.u32(24);
  const bool several = session.connections > 1;
  if (is_immediate(pdu)) {
    if (!several && cmd_sn != session.next_cmd_sn)
      return what(pdu) + numbers("CmdSN of an immediate request (4.2.2.1)", cmd_sn, session.next_cmd_sn);
    return std::nullopt;
  }
  if (session.agreed.error_recovery_level > 0 && precedes(cmd_sn, session.next_cmd_sn)) return std::nullopt;
  if (!several && cmd_sn != session.next_cmd_sn)
    return what(pdu) + numbers("CmdSN (4.2.2.1)", cmd_sn, session.next_cmd_sn);
  if (!precedes_or_equals(cmd_sn, session.known_max_cmd_sn))
    return what(pdu) + ": CmdSN is beyond the MaxCmdSN that the initiator knows (4.2.2.1)";
  if (precedes_or_equals(session.next_cmd_sn, cmd_sn)) session.next_cmd_sn = cmd_sn + 1;
  return std::nullopt;
}

}  // namespace

bool takes_stat_sn(const WirePdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::ready_to_transfer:
      return false;
    case Opcode::data_in:
      return (pdu.u8(1) & 0x01) != 0;
    case Opcode::nop_in:
      return pdu.u32(16) != kNoTag;
    default:
      return true;
  }
}

bool logs_out_another(const WatchedConnection& connection, const WirePdu& pdu) {
  const bool names_connection = pdu.opcode() == Opcode::logout_request && (pdu.u8(1) & 0x7f) != 0;
  return names_connection && load_be16(&pdu.bytes[20]) != connection.cid;
}

Complaint request_numbers(WatchedConnection& connection, const WirePdu& pdu) {
  // "This is the last ExpStatSN value for the connection to be closed."
  //= rfc7143#11.14.4
  if (logs_out_another(connection, pdu)) return cmd_sn_complaint(*connection.session, pdu);
  const std::uint32_t exp_stat_sn = pdu.u32(28);
  if (!precedes_or_equals(exp_stat_sn, connection.known_stat_sn))
    return what(pdu) +
           numbers("ExpStatSN acknowledges what has not come (4.2.2.2)", exp_stat_sn, connection.known_stat_sn);
  if (connection.last_exp_stat_sn && !precedes_or_equals(*connection.last_exp_stat_sn, exp_stat_sn))
    return what(pdu) + numbers("ExpStatSN goes back (4.2.2.2)", exp_stat_sn, *connection.last_exp_stat_sn);
  connection.last_exp_stat_sn = exp_stat_sn;
  return has_cmd_sn(pdu) ? cmd_sn_complaint(*connection.session, pdu) : std::nullopt;
}

Complaint response_numbers(WatchedConnection& connection, const WirePdu& pdu, std::uint32_t queue_depth) {
  const WatchedSession& session = *connection.session;
  const std::uint32_t stat_sn = pdu.u32(24);
  const bool numbered = takes_stat_sn(pdu);
  const bool is_bare_data = pdu.opcode() == Opcode::data_in && !numbered;
  const std::uint32_t next = connection.next_stat_sn.value_or(stat_sn);
  const bool may_repeat = session.agreed.error_recovery_level > 0 && numbered && precedes(stat_sn, next);
  if (!is_bare_data && stat_sn != next && !may_repeat) return what(pdu) + numbers("StatSN (4.2.2.2)", stat_sn, next);
  connection.next_stat_sn = numbered && !may_repeat ? next + 1 : next;

  const std::uint32_t exp_cmd_sn = pdu.u32(28);
  const std::uint32_t max_cmd_sn = pdu.u32(32);
  if (!precedes_or_equals(exp_cmd_sn, session.exp_cmd_sn))
    return what(pdu) + numbers("ExpCmdSN is beyond what has come (4.2.2.1)", exp_cmd_sn, session.exp_cmd_sn);
  if (connection.last_exp_cmd_sn && !precedes_or_equals(*connection.last_exp_cmd_sn, exp_cmd_sn))
    return what(pdu) + numbers("ExpCmdSN goes back (4.2.2.1)", exp_cmd_sn, *connection.last_exp_cmd_sn);
  if (connection.last_max_cmd_sn && !precedes_or_equals(*connection.last_max_cmd_sn, max_cmd_sn))
    return what(pdu) + numbers("MaxCmdSN goes back (4.2.2.1)", max_cmd_sn, *connection.last_max_cmd_sn);
  if (max_cmd_sn - exp_cmd_sn + 1 > queue_depth)
    return what(pdu) + ": the command window is wider than the target's queue";
  connection.last_exp_cmd_sn = exp_cmd_sn;
  connection.last_max_cmd_sn = max_cmd_sn;
  return std::nullopt;
}

namespace {

/// The numbers that the target may take for received because of a function: of the task that is named, and of all
/// before the reset of a whole target.
//= rfc7143#11.6.1
//= rfc7143#4.2.3.4
void plug(WatchedSession& session, const WirePdu& pdu) {
  constexpr std::array<std::uint8_t, 2> kNamesTask{1, 9};
  constexpr std::array<std::uint8_t, 3> kEndsAll{6, 7, 11};
  const std::uint8_t function = pdu.u8(1) & 0x7f;
  if (std::ranges::find(kNamesTask, function) != kNamesTask.end()) {
    const std::uint32_t named = pdu.u32(32);
    if (precedes_or_equals(session.exp_cmd_sn, named) && precedes(named, pdu.u32(24)))
      session.delivered_ahead.insert(named);
  }
  if (std::ranges::find(kEndsAll, function) == kEndsAll.end()) return;
  for (std::uint32_t number = session.exp_cmd_sn; precedes(number, pdu.u32(24)); ++number)
    session.delivered_ahead.insert(number);
}

}  // namespace

void request_arrived(WatchedConnection& connection, const WirePdu& pdu) {
  if (!has_cmd_sn(pdu)) return;
  WatchedSession& session = *connection.session;
  const std::uint32_t cmd_sn = pdu.u32(24);
  if (pdu.opcode() == Opcode::task_management_request) plug(session, pdu);
  if (!is_immediate(pdu) && precedes_or_equals(session.exp_cmd_sn, cmd_sn)) session.delivered_ahead.insert(cmd_sn);
  while (session.delivered_ahead.erase(session.exp_cmd_sn) != 0) ++session.exp_cmd_sn;
}

void response_arrived(WatchedConnection& connection, const WirePdu& pdu) {
  WatchedSession& session = *connection.session;
  const std::uint32_t max_cmd_sn = pdu.u32(32);
  if (precedes(session.known_max_cmd_sn, max_cmd_sn)) session.known_max_cmd_sn = max_cmd_sn;
  if (takes_stat_sn(pdu) && precedes_or_equals(connection.known_stat_sn, pdu.u32(24)))
    connection.known_stat_sn = pdu.u32(24) + 1;
}

}  // namespace lunway::simulator
