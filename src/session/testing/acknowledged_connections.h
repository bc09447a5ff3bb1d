// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One session with two connections, CIDs 3 and 4. Requests acknowledge nothing unless the test says so: confirm() does.

#pragma once

#include <optional>
#include <string_view>

#include "session/testing/joining_ladder.h"
#include "wire/nop_out.h"

namespace lunway::session::testing {

struct AcknowledgedConnections {
  explicit AcknowledgedConnections(std::string_view key) {
    first.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
    log_in(first, {"MaxConnections=2", key});
    ask_to_join(second, first, wire::Cid(4));
    EXPECT_EQ(login_status(second), wire::LoginStatus::success);
    confirm(first);
    confirm(second);
  }
  AcknowledgedConnections(const AcknowledgedConnections&) = delete;
  AcknowledgedConnections& operator=(const AcknowledgedConnections&) = delete;

  void send(TargetRig& rig, const wire::Header& header, Bytes data = {}) { rig.send(header, data); }

  TaskId submit(TargetRig& rig, const wire::ScsiCommand::Fields& fields) {
    send(rig, wire::ScsiCommand::build(fields));
    return first.take<Submit>()->task;
  }

  void complete(TaskId task, const CommandResult& result = {}) { first.complete(task, result); }

  /// The next PDU but for news of a wider window.
  std::optional<FromTarget> receive(TargetRig& rig) {
    auto pdu = rig.receive();
    while (pdu && is_window_news(*pdu)) pdu = rig.receive();
    if (pdu && counts(*pdu)) (&rig == &first ? seen_first : seen_second) = stat_sn(*pdu).next();
    return pdu;
  }

  /// A NOP-Out that is no ping: it acknowledges all that the test has received on this connection.
  void confirm(TargetRig& rig, wire::Lun lun = {}) {
    wire::NopOut::Fields fields;
    fields.immediate = true;
    fields.lun = lun;
    fields.cmd_sn = wire::CmdSN(100);
    fields.exp_stat_sn = &rig == &first ? seen_first : seen_second;
    send(rig, wire::NopOut::build(fields));
  }

  TargetRig first;
  TargetRig second;
  // The login responses carried number 0.
  wire::StatSN seen_first{1};
  wire::StatSN seen_second{1};

 private:
  static wire::StatSN stat_sn(const FromTarget& pdu) {
    return wire::ResponseHeader(wire::HeaderView(pdu.header)).stat_sn();
  }
  static bool is_window_news(const FromTarget& pdu) {
    const wire::NopIn nop{wire::HeaderView(pdu.header)};
    return pdu.opcode() == wire::Opcode::nop_in && !nop.is_answer() && !nop.wants_answer();
  }
  static bool counts(const FromTarget& pdu) {
    if (pdu.opcode() == wire::Opcode::ready_to_transfer) return false;
    if (pdu.opcode() == wire::Opcode::nop_in) return wire::NopIn(wire::HeaderView(pdu.header)).is_answer();
    return pdu.opcode() != wire::Opcode::data_in || wire::DataIn(wire::HeaderView(pdu.header)).has_status();
  }
};

}  // namespace lunway::session::testing
