// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target's session at ErrorRecoveryLevel 2 that loses its connection, and a second connection that takes over.

#pragma once

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "session/testing/joining_ladder.h"
#include "session/testing/recovery_ladder.h"

namespace lunway::session::testing {

inline constexpr wire::Cid kLost{3};
inline constexpr wire::Cid kOther{4};
inline constexpr wire::Itt kReassign{0x500};

class LostConnection : public RecoveryLadder {
 protected:
  using Code = wire::TaskManagementResponseCode;
  LostConnection() { level = 2; }

  /// The transport of the first connection is gone, and the owner has destroyed it.
  void lose() {
    rig.connection->peer_closed(rig.now);
    rig.drain();
    rig.destroy_connection();
  }

  /// Another connection logs in. With the CID of the lost one this is its recovery logout.
  void log_in_again(wire::Cid cid = kLost, wire::StatSN expected = kFirstStatus, std::string_view length = "512") {
    second.join(rig);
    auto fields = joining_fields(cid, from_to(kOperational, kFullFeature));
    fields.exp_stat_sn = expected;
    second.send(wire::LoginRequest::build(fields),
                bytes_of(names() + pairs({"MaxRecvDataSegmentLength=" + std::string(length)})));
    ASSERT_EQ(login_status(second), wire::LoginStatus::success);
  }
  static std::string pairs(std::initializer_list<std::string> keys) {
    std::string text;
    for (const std::string& key : keys) text += key + '\0';
    return text;
  }

  void ask_for(std::uint32_t itt, std::uint32_t exp_data_sn = 0) { ask_on(second, itt, exp_data_sn); }
  void ask_on(TargetRig& one, std::uint32_t itt, std::uint32_t exp_data_sn = 0) {
    wire::TaskManagementRequest::Fields fields;
    fields.immediate = true;
    fields.function = wire::TaskManagementFunction::task_reassign;
    fields.itt = kReassign;
    fields.referenced_task_tag = wire::Itt(itt);
    fields.cmd_sn = wire::CmdSN(next_cmd_sn);
    fields.exp_data_sn = wire::DataSN(exp_data_sn);
    fields.exp_stat_sn = kFirstStatus;
    one.send(wire::TaskManagementRequest::build(fields));
  }
  void expect_answer(Code code) { expect_answer_on(second, code); }
  void expect_answer_on(TargetRig& one, Code code) {
    EXPECT_THAT(one.receive(),
                Is<wire::TaskManagementResponse>(With(&wire::TaskManagementResponse::Fields::response, code)));
  }
  void reassign(std::uint32_t itt, std::uint32_t exp_data_sn = 0) {
    ask_for(itt, exp_data_sn);
    expect_answer(Code::function_complete);
  }
  void log_out(wire::LogoutReason reason, wire::Cid cid, wire::StatSN expected = kFirstStatus) {
    wire::LogoutRequest::Fields fields;
    fields.immediate = true;
    fields.reason = reason;
    fields.itt = wire::Itt(0x600);
    fields.cid = cid;
    fields.cmd_sn = wire::CmdSN(next_cmd_sn);
    fields.exp_stat_sn = expected;
    second.send(wire::LogoutRequest::build(fields));
  }
  /// A second connection from the start.
  void log_in_with_two() {
    rig.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
    log_in_for_recovery({"MaxConnections=2"});
    log_in_again(kOther);
  }

  TaskId begin(const wire::ScsiCommand::Fields& fields) {
    rig.send(wire::ScsiCommand::build(fields));
    const auto submit = rig.take<Submit>();
    EXPECT_TRUE(submit);
    return submit ? submit->task : TaskId();
  }
  void finish_read(TaskId task, std::uint32_t length) {
    pieces[0] = Bytes(data).first(length);
    rig.complete(task, {.data_in = pieces, .data_in_length = length});
  }
  void expect_data_in(std::uint32_t sn, std::uint32_t offset) {
    EXPECT_THAT(second.receive(), Is<wire::DataIn>(With(&wire::DataIn::Fields::data_sn, wire::DataSN(sn)),
                                                   With(&wire::DataIn::Fields::buffer_offset, offset)));
  }

  TargetRig second;
  std::uint32_t next_cmd_sn = 101;
};

}  // namespace lunway::session::testing
