// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for ladders in which a connection is lost at ErrorRecoveryLevel 2: I is the engine, T is the test. The
// rig's own connection is the one that goes; `next` takes its place, or joins beside it.

#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "session/testing/full_feature_ladder.h"
#include "session/testing/second_connection.h"
#include "wire/asynchronous_message.h"
#include "wire/login_request.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/snack_request.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {

struct ConnectionRecoveryLadder : FullFeature {
  using Code = wire::TaskManagementResponseCode;
  using Function = wire::TaskManagementFunction;

  ConnectionRecoveryLadder() : FullFeature(profile()) {
    rig.log_in("InitialR2T=Yes;ImmediateData=No;DefaultTime2Wait=2;DefaultTime2Retain=20");
    EXPECT_EQ(rig.session.parameters().error_recovery_level, 2);
  }

  static InitiatorProfile profile() {
    InitiatorProfile profile = SecondConnection::profile();
    profile.policy.number(text::KeyId::error_recovery_level).preferred = 2;
    return profile;
  }

  // ------------------------------------------------------------------------------------------- connections come and go

  /// The transport of the rig's connection is gone.
  void lose() {
    rig.connection.transport_ended(rig.time);
    rig.pump();
  }
  /// Another connection logs in; with the CID of the lost one this is its recovery logout.
  std::vector<SentPdu> log_in_again(wire::Cid cid = kRigCid) {
    next.emplace(rig, cid);
    std::vector<SentPdu> requests = next->log_in();
    EXPECT_EQ(next->connection.state(), InitiatorConnectionState::logged_in);
    collect();
    return requests;
  }
  /// The new connection is lost as well.
  void lose_next() {
    next->connection.transport_ended(rig.time);
    rig.pump();
    collect();
    next_sent.clear();
  }
  /// T -> I: the answer to a recovery logout
  void answer_logout(wire::Itt itt, wire::LogoutResponse::Fields fields = {}) {
    fields.itt = itt;
    tell(wire::LogoutResponse::build, fields);
  }
  /// The target has received everything so far.
  void receive_all(std::uint32_t commands) { rig.exp_cmd_sn = wire::CmdSN(kRigFirstCmdSN + commands); }

  void advance(Duration time) {
    const Instant end = rig.time + time;
    rig.advance(time);
    rig.time = end;
    if (next) collect();
  }

  // ------------------------------------------------------------------------------------------- on the new connection

  void collect() {
    for (SentPdu& pdu : next->sent()) next_sent.push_back(std::move(pdu));
  }
  template <class Pdu>
  typename Pdu::Fields sent_next() {
    collect();
    EXPECT_FALSE(next_sent.empty());
    if (next_sent.empty()) return {};
    next_last = std::move(next_sent.front());
    next_sent.pop_front();
    EXPECT_EQ(next_last.opcode(), Pdu::kOpcode);
    return Pdu(next_last.header).fields();
  }
  bool is_silent() {
    collect();
    return next_sent.empty();
  }
  template <class Fields>
  void tell(wire::Header (*build)(const Fields&), Fields fields, std::string_view text = {}) {
    next->deliver(build, fields, text);
    collect();
  }
  /// A PDU that does not advance StatSN.
  template <class Fields>
  void tell_unnumbered(wire::Header (*build)(const Fields&), Fields fields, std::string_view text = {}) {
    const wire::StatSN before = next->stat_sn;
    next->deliver(build, fields, text);
    next->stat_sn = before;
    collect();
  }

  /// I -> T: TASK REASSIGN
  wire::TaskManagementRequest::Fields expect_reassign(wire::Itt itt, std::uint32_t exp_data_sn = 0) {
    const auto request = sent_next<wire::TaskManagementRequest>();
    EXPECT_EQ(request.function, Function::task_reassign);
    EXPECT_EQ(request.referenced_task_tag, itt);
    EXPECT_EQ(request.exp_data_sn, wire::DataSN(exp_data_sn));
    return request;
  }
  void answer(wire::Itt itt, Code code = Code::function_complete) {
    tell(wire::TaskManagementResponse::build, wire::TaskManagementResponse::Fields{.response = code, .itt = itt});
  }
  void respond_next(wire::Itt itt, wire::ScsiResponse::Fields fields = {}) {
    fields.itt = itt;
    tell(wire::ScsiResponse::build, fields);
  }
  void data_in_next(wire::Itt itt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length, bool final = true) {
    tell_unnumbered(
        wire::DataIn::build,
        wire::DataIn::Fields{.final = final, .itt = itt, .data_sn = wire::DataSN(sn), .buffer_offset = offset},
        text_of(Bytes(pattern).subspan(offset, length)));
  }
  void expect_buffer(std::size_t length) {
    EXPECT_TRUE(std::ranges::equal(Bytes(buffer).first(length), Bytes(pattern).first(length)));
  }

  std::optional<SecondConnection> next;
  std::deque<SentPdu> next_sent;
  SentPdu next_last;
};

}  // namespace lunway::session
