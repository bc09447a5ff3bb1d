// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Two connections of one session: what each carries, and what they share.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <vector>

#include "session/testing/initiator_rig.h"
#include "wire/data_out.h"
#include "wire/login_request.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/ready_to_transfer.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/task_management_request.h"

namespace lunway::session {
namespace {

constexpr wire::Cid kSecondCid{5};
constexpr std::array<std::byte, 10> kRead10{std::byte{0x28}};
constexpr std::array<std::byte, 10> kWrite10{std::byte{0x2a}};

/// The rig's session and its connection, and a second connection that the test talks to as well.
struct TwoConnections : ::testing::Test {
  TwoConnections() : rig(profile()) {
    rig.log_in();
    second.emplace(rig.time, rig.session, rig.entropy, kSecondCid, InitiatorConnectionLimits{});
    pump();
  }

  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(text::KeyId::max_connections) = {.preferred = 4, .worst = 1};
    return profile;
  }

  void drain() {
    while (auto task = rig.session.next_output()) rig.done.push_back(std::move(*task));
    while (auto output = rig.connection.next_output()) rig.events.push_back(std::move(*output));
    while (auto output = second->next_output()) events.push_back(std::move(*output));
  }
  bool transmit_second() {
    drain();
    std::vector<std::byte> bytes;
    for (const Bytes piece : second->next_transmit(rig.time)) bytes.insert(bytes.end(), piece.begin(), piece.end());
    drain();
    if (bytes.empty()) return false;
    second->transmitted(rig.time, bytes.size());
    drain();
    Bytes rest(bytes);
    for (;;) {
      const wire::Step step = framer.next(rest);
      const auto* pdu = std::get_if<wire::WholePdu>(&step);
      if (pdu == nullptr) return true;
      SentPdu& one = sent.emplace_back();
      copy_bytes(one.header, pdu->header);
      one.data.assign(pdu->data.begin(), pdu->data.end());
    }
  }
  /// Both in turn, until neither has anything to send.
  void pump() {
    do {
      rig.pump();
    } while (transmit_second());
  }
  SentPdu next_of_second() {
    EXPECT_FALSE(sent.empty());
    if (sent.empty()) return {};
    SentPdu pdu = std::move(sent.front());
    sent.pop_front();
    return pdu;
  }
  template <class Fields>
  Fields numbered(Fields fields) {
    fields.stat_sn = stat_sn;
    stat_sn = stat_sn.next();
    return rig.windowed(fields);
  }
  /// T -> I, over the second connection
  void deliver(const wire::Header& header, std::string_view text = {}) {
    const wire::EncodedPdu pdu(header, bytes_of(text), {});
    for (const Bytes piece : pdu.pieces()) {
      Bytes rest = piece;
      while (!rest.empty()) {
        rest = rest.subspan(second->receive(rig.time, rest));
        drain();
      }
    }
    pump();
  }
  void log_in_second() {
    using wire::LoginStage;
    const auto request = next_of_second().as<wire::LoginRequest>();
    wire::LoginResponse::Fields response{.isid = request.isid, .tsih = request.tsih, .itt = request.itt};
    response.flags = {
        .transit = true, .csg = LoginStage::security_negotiation, .nsg = LoginStage::login_operational_negotiation};
    deliver(wire::LoginResponse::build(numbered(response)),
            std::string_view("AuthMethod=None\0TargetPortalGroupTag=1\0", 39));
    const SentPdu offers = next_of_second();
    response.flags = {
        .transit = true, .csg = LoginStage::login_operational_negotiation, .nsg = LoginStage::full_feature_phase};
    deliver(wire::LoginResponse::build(numbered(response)), InitiatorRig::agree(offers.text(), ""));
    ASSERT_EQ(second->state(), InitiatorConnectionState::logged_in);
    rig.sent.clear();
  }
  /// A read that is large enough to leave the next one to the other connection.
  TaskId submit() {
    const auto task = rig.session.submit(rig.time, {.cdb = kRead10, .data_in = buffer});
    EXPECT_TRUE(task);
    return *task;
  }
  TaskId submit_write() {
    const auto task = rig.session.submit(rig.time, {.cdb = kWrite10, .data_out = buffer});
    EXPECT_TRUE(task);
    return *task;
  }

  InitiatorRig rig;
  std::optional<InitiatorConnection> second;
  wire::Framer framer{{.max_data_segment_length = kRigSegmentMax}, {}};
  std::deque<SentPdu> sent;
  std::vector<InitiatorConnectionOutput> events;
  std::vector<std::byte> buffer = std::vector<std::byte>(1 << 20);
  wire::StatSN stat_sn{0x9000};
};

using Rfc7143_4_4_3_InitiatorConnections = TwoConnections;

//= ledger(initiator) R7143-4.4.3-01
TEST_F(Rfc7143_4_4_3_InitiatorConnections, TheSecondJoinsWithTheTsihOfTheSession) {
  const auto request = next_of_second().as<wire::LoginRequest>();
  EXPECT_EQ(request.tsih, wire::Tsih(0x77));
  EXPECT_EQ(request.isid, rig.session.profile().isid);
  EXPECT_EQ(request.cid, kSecondCid);
  EXPECT_EQ(request.cmd_sn, wire::CmdSN(kRigFirstCmdSN)) << "the session's, not a new one";
}

using Rfc7143_4_2_2_1_InitiatorConnections = TwoConnections;

//= ledger(initiator) R7143-4.2.2.1-03 R7143-4.2.2.1-08
TEST_F(Rfc7143_4_2_2_1_InitiatorConnections, CommandsAreSpreadAndNumberedBySession) {
  log_in_second();
  for (int i = 0; i < 8; ++i) submit();
  pump();
  EXPECT_EQ(rig.sent.size(), 4U);
  EXPECT_EQ(sent.size(), 4U);
  std::set<std::uint32_t> numbers;
  for (const auto* queue : {&rig.sent, &sent}) {
    wire::CmdSN last = wire::CmdSN(kRigFirstCmdSN).previous();
    for (const SentPdu& pdu : *queue) {
      const wire::CmdSN number = pdu.as<wire::ScsiCommand>().cmd_sn;
      EXPECT_TRUE(last.precedes(number)) << "a connection carries CmdSN in order (4.2.2.1)";
      last = number;
      numbers.insert(number.value());
    }
  }
  EXPECT_EQ(numbers.size(), 8U);
  EXPECT_EQ(*numbers.begin(), kRigFirstCmdSN);
  EXPECT_EQ(*numbers.rbegin(), kRigFirstCmdSN + 7);
}

using Rfc7143_4_2_5_1_InitiatorConnections = TwoConnections;

//= ledger(initiator) R7143-4.2.5.1-03
TEST_F(Rfc7143_4_2_5_1_InitiatorConnections, DataGoesTheWayOfItsCommand) {
  log_in_second();
  submit_write();
  submit_write();
  pump();
  ASSERT_FALSE(sent.empty());
  const SentPdu command = next_of_second();
  ASSERT_EQ(command.opcode(), wire::Opcode::scsi_command);
  // T -> I: R2T, over the second connection
  deliver(wire::ReadyToTransfer::build(
      rig.windowed(wire::ReadyToTransfer::Fields{.itt = command.itt(),
                                                 .ttt = wire::Ttt(9),
                                                 .stat_sn = stat_sn,
                                                 .buffer_offset = static_cast<std::uint32_t>(command.data.size()),
                                                 .desired_data_transfer_length = 4096})));
  for (const SentPdu& pdu : rig.sent) EXPECT_NE(pdu.itt(), command.itt());
  ASSERT_FALSE(sent.empty());
  for (const SentPdu& pdu : sent) EXPECT_EQ(pdu.itt(), command.itt());
}

//= ledger(initiator) R7143-4.2.5.1-01
TEST_F(Rfc7143_4_2_5_1_InitiatorConnections, AnAbortGoesTheWayOfItsCommand) {
  log_in_second();
  submit();
  const TaskId task = submit();
  pump();
  const SentPdu command = next_of_second();
  rig.sent.clear();
  rig.session.abort(rig.time, task);
  pump();
  EXPECT_TRUE(rig.sent.empty());
  const auto abort = next_of_second().as<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.function, wire::TaskManagementFunction::abort_task);
  EXPECT_EQ(abort.referenced_task_tag, command.itt());
}

TEST_F(TwoConnections, StatSNIsEachConnectionsOwn) {
  log_in_second();
  const TaskId first = submit();
  const TaskId other = submit();
  pump();
  const wire::Itt of_second = next_of_second().itt();
  const wire::Itt of_first = rig.next_sent().itt();
  rig.exp_cmd_sn = wire::CmdSN(kRigFirstCmdSN + 2);
  deliver(wire::ScsiResponse::build(
      numbered(wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = of_second})));
  EXPECT_NE(rig.result_of<ScsiCompletion>(other), nullptr);
  rig.deliver(wire::ScsiResponse::build(
      rig.numbered(wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = of_first})));
  EXPECT_NE(rig.result_of<ScsiCompletion>(first), nullptr);
}

TEST_F(TwoConnections, TheLogoutOfTheSessionEndsBoth) {
  log_in_second();
  rig.session.log_out();
  pump();
  const SentPdu pdu = rig.next_sent();
  ASSERT_EQ(pdu.opcode(), wire::Opcode::logout_request);
  EXPECT_EQ(pdu.as<wire::LogoutRequest>().reason, wire::LogoutReason::close_session);
  EXPECT_TRUE(sent.empty());
  rig.deliver(wire::LogoutResponse::build(rig.numbered(wire::LogoutResponse::Fields{.itt = pdu.itt()})));
  pump();
  ASSERT_NE(rig.closed(), nullptr);
  ASSERT_FALSE(events.empty());
  const auto* close = std::get_if<InitiatorClose>(&events.back());
  ASSERT_NE(close, nullptr);
  EXPECT_EQ(close->reason, InitiatorCloseReason::logged_out);
}

TEST_F(TwoConnections, WhatALostConnectionHadNotSentGoesOverTheOther) {
  log_in_second();
  std::vector<TaskId> tasks;
  for (int i = 0; i < 2; ++i) tasks.push_back(submit());
  second->transport_ended(rig.time);
  drain();
  pump();
  ASSERT_EQ(rig.sent.size(), 3U);
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::logout_request) << "for the lost connection";
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::scsi_command);
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::scsi_command);
  for (const TaskId task : tasks) EXPECT_FALSE(rig.fault_of(task));
}

}  // namespace
}  // namespace lunway::session
