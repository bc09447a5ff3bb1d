// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One of several connections goes, below ErrorRecoveryLevel 2: what it carried ends, and the numbers that the target
// does not have are filled.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "session/testing/initiator_rig.h"
#include "session/testing/second_connection.h"
#include "wire/asynchronous_message.h"
#include "wire/login_request.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {
namespace {

using wire::LogoutResponseCode;
using Response = wire::TaskManagementResponseCode;

constexpr std::array<std::byte, 10> kRead10{std::byte{0x28}};
constexpr wire::CmdSN kFirst{kRigFirstCmdSN};
constexpr wire::Cid kThirdCid{9};

/// The parameter is the ErrorRecoveryLevel.
struct Rfc7143_7_11_Gaps : ::testing::TestWithParam<unsigned> {
  Rfc7143_7_11_Gaps() : rig(profile()) {
    rig.log_in();
    second.emplace(rig);
    second->log_in();
    rig.sent.clear();
  }

  static InitiatorProfile profile() {
    InitiatorProfile profile = SecondConnection::profile();
    profile.policy.number(text::KeyId::max_connections) = {.preferred = 3, .worst = 1};
    profile.policy.number(text::KeyId::error_recovery_level) = {.preferred = GetParam(), .worst = 0};
    return profile;
  }

  /// So many reads, spread over both: the first connection has the even ones, the second the odd ones.
  void submit(int count) {
    for (int i = 0; i < count; ++i) {
      const auto task = rig.session.submit(rig.time, {.cdb = kRead10, .data_in = buffer});
      ASSERT_TRUE(task);
      tasks.push_back(*task);
      rig.pump();
      const std::vector<SentPdu> over_second = second->sent();
      ASSERT_EQ(over_second.size(), i % 2 == 0 ? 0U : 1U);
      (i % 2 == 0 ? kept : lost).push_back(i % 2 == 0 ? rig.next_sent() : over_second.front());
    }
    rig.sent.clear();
  }
  void lose_second() {
    second->connection.transport_ended(rig.time);
    rig.pump();
  }
  /// I -> T: Logout for the second connection; T -> I: its answer, with this ExpCmdSN
  void answer_logout(wire::CmdSN expected, LogoutResponseCode response = LogoutResponseCode::closed) {
    const SentPdu logout = rig.next_sent();
    ASSERT_EQ(logout.opcode(), wire::Opcode::logout_request);
    rig.exp_cmd_sn = expected;
    rig.deliver(wire::LogoutResponse::build(
        rig.numbered(wire::LogoutResponse::Fields{.response = response, .itt = logout.itt()})));
  }
  /// I -> T: ABORT TASK for what `command` was; T -> I: the answer
  void expect_plug(const SentPdu& command, wire::CmdSN expected, Response response = Response::function_complete) {
    const SentPdu pdu = rig.next_sent();
    ASSERT_EQ(pdu.opcode(), wire::Opcode::task_management_request);
    const auto request = pdu.as<wire::TaskManagementRequest>();
    const auto original = command.as<wire::ScsiCommand>();
    EXPECT_EQ(request.function, wire::TaskManagementFunction::abort_task);
    EXPECT_EQ(request.referenced_task_tag, original.itt);
    EXPECT_EQ(request.ref_cmd_sn, original.cmd_sn);
    EXPECT_EQ(request.lun, original.lun);
    EXPECT_TRUE(original.cmd_sn.precedes(request.cmd_sn));
    EXPECT_TRUE(wire::BasicHeader(pdu.header).immediate());
    rig.exp_cmd_sn = expected;
    rig.deliver(wire::TaskManagementResponse::build(
        rig.numbered(wire::TaskManagementResponse::Fields{.response = response, .itt = request.itt})));
  }

  InitiatorRig rig;
  std::optional<SecondConnection> second;
  std::vector<std::byte> buffer = std::vector<std::byte>(1 << 20);
  std::vector<TaskId> tasks;
  /// The commands as they were sent, over the first connection and over the second.
  std::vector<SentPdu> kept, lost;
};

INSTANTIATE_TEST_SUITE_P(Level, Rfc7143_7_11_Gaps, ::testing::Values(0U, 1U), ::testing::PrintToStringParamName());

TEST_P(Rfc7143_7_11_Gaps, ALostConnectionIsLoggedOutOverAnother) {
  submit(2);
  lose_second();
  ASSERT_EQ(rig.sent.size(), 1U);
  const auto logout = rig.next_sent().as<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::close_connection);
  EXPECT_EQ(logout.cid, kSecondCid);
  EXPECT_EQ(logout.exp_stat_sn, second->stat_sn) << "the last one of the connection to be closed (11.14.4)";
}

TEST_P(Rfc7143_7_11_Gaps, ATaskEndsWhenTheTargetCanNoLongerCarryItOut) {
  submit(2);
  lose_second();
  EXPECT_EQ(rig.result_of<TaskFailure>(tasks[1]), nullptr);
  answer_logout(kFirst.advanced_by(2));
  const auto* failure = rig.result_of<TaskFailure>(tasks[1]);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->fault, TaskFault::connection_lost);
  EXPECT_FALSE(failure->never_sent) << "the target had received it";
  EXPECT_FALSE(rig.fault_of(tasks[0]));
  EXPECT_FALSE(rig.has_sent()) << "there is no gap";
}

TEST_P(Rfc7143_7_11_Gaps, AGapIsFilledByAnAbort) {
  submit(3);
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  const auto* failure = rig.result_of<TaskFailure>(tasks[1]);
  ASSERT_NE(failure, nullptr);
  EXPECT_TRUE(failure->never_sent) << "the target has discarded it";
  expect_plug(lost[0], kFirst.advanced_by(3));
  EXPECT_FALSE(rig.has_sent());
  // The session goes on.
  ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kRead10, .data_in = buffer}));
  rig.pump();
  EXPECT_EQ(rig.next_sent().as<wire::ScsiCommand>().cmd_sn, kFirst.advanced_by(3));
}

TEST_P(Rfc7143_7_11_Gaps, SeveralGapsAreFilledOneAfterTheOther) {
  submit(7);
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  for (std::size_t i = 0; i < 3; ++i) expect_plug(lost[i], kFirst.advanced_by(static_cast<std::uint32_t>(2 * i + 3)));
  EXPECT_FALSE(rig.has_sent());
}

TEST_P(Rfc7143_7_11_Gaps, WhatTheTargetHasReceivedIsNotAborted) {
  submit(6);
  lose_second();
  answer_logout(kFirst.advanced_by(3));
  expect_plug(lost[1], kFirst.advanced_by(5));
  expect_plug(lost[2], kFirst.advanced_by(6));
  EXPECT_FALSE(rig.has_sent());
}

TEST_P(Rfc7143_7_11_Gaps, AConnectionThatTheTargetDoesNotKnowIsGone) {
  submit(2);
  lose_second();
  answer_logout(kFirst.advanced_by(1), LogoutResponseCode::cid_not_found);
  expect_plug(lost[0], kFirst.advanced_by(2), Response::task_does_not_exist);
  EXPECT_FALSE(rig.has_sent());
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_P(Rfc7143_7_11_Gaps, TheSessionIsLostWhenTheConnectionCannotBeLoggedOut) {
  submit(2);
  lose_second();
  answer_logout(kFirst.advanced_by(1), LogoutResponseCode::cleanup_failed);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::recovery_failed);
  rig.connection.transport_ended(rig.time);
  rig.pump();
  for (const TaskId task : tasks) EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

TEST_P(Rfc7143_7_11_Gaps, ARefusedAbortIsRepeatedAndThenTheSessionIsLost) {
  submit(2);
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(rig.closed(), nullptr);
    expect_plug(lost[0], kFirst.advanced_by(1), Response::function_rejected);
    rig.advance(std::chrono::seconds(1));
  }
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::recovery_failed);
}

TEST_P(Rfc7143_7_11_Gaps, AnAbortThatFindsTheTargetBusyIsRepeated) {
  submit(2);
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  const SentPdu plug = rig.next_sent();
  rig.deliver(
      wire::Reject::build(rig.numbered(wire::Reject::Fields{.reason = wire::RejectReason::immediate_command_reject})),
      Bytes(plug.header));
  EXPECT_FALSE(rig.has_sent());
  rig.advance(std::chrono::seconds(1));
  expect_plug(lost[0], kFirst.advanced_by(2));
  EXPECT_EQ(rig.closed(), nullptr);
}

//= rfc7143#6.3.4
TEST_P(Rfc7143_7_11_Gaps, ANewConnectionWithTheSameCidIsALogout) {
  submit(2);
  second->connection.transport_ended(rig.time);
  const wire::StatSN expected = second->stat_sn;
  SecondConnection again(rig);
  rig.pump();
  EXPECT_FALSE(rig.has_sent()) << "a Logout would hit the new connection";
  rig.exp_cmd_sn = kFirst.advanced_by(1);
  const std::vector<SentPdu> requests = again.log_in();
  EXPECT_EQ(requests.front().as<wire::LoginRequest>().exp_stat_sn, expected);
  EXPECT_EQ(rig.fault_of(tasks[1]), TaskFault::connection_lost);
  expect_plug(lost[0], kFirst.advanced_by(2));
}

TEST_P(Rfc7143_7_11_Gaps, ALoginThatFailsLeavesTheLogoutToBeDone) {
  submit(2);
  second->connection.transport_ended(rig.time);
  {
    SecondConnection again(rig);
    again.connection.transport_ended(rig.time);
  }
  rig.pump();
  answer_logout(kFirst.advanced_by(1));
  expect_plug(lost[0], kFirst.advanced_by(2));
}

TEST_P(Rfc7143_7_11_Gaps, AnotherConnectionTakesTheLogoutOver) {
  submit(2);
  SecondConnection third(rig, kThirdCid);
  third.log_in();
  rig.sent.clear();
  lose_second();
  ASSERT_EQ(rig.next_sent().as<wire::LogoutRequest>().cid, kSecondCid);
  rig.connection.transport_ended(rig.time);
  const std::vector<SentPdu> requests = third.sent();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].as<wire::LogoutRequest>().cid, kSecondCid);
  EXPECT_EQ(requests[1].as<wire::LogoutRequest>().cid, kRigCid);
}

TEST_P(Rfc7143_7_11_Gaps, AConnectionThatIsLoggedOutNeedsNoOtherLogout) {
  submit(2);
  // T -> I: leave at once
  second->deliver(wire::AsynchronousMessage::build,
                  wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 4});
  rig.advance(std::chrono::seconds(4));
  second->connection.expire(rig.time);
  std::vector<SentPdu> leaving = second->sent();
  ASSERT_FALSE(leaving.empty());
  ASSERT_EQ(leaving.back().opcode(), wire::Opcode::logout_request);
  EXPECT_EQ(leaving.back().as<wire::LogoutRequest>().reason, wire::LogoutReason::close_connection);
  rig.sent.clear();
  rig.exp_cmd_sn = kFirst.advanced_by(1);
  second->deliver(wire::LogoutResponse::build, wire::LogoutResponse::Fields{.itt = leaving.back().itt()});
  (void)second->sent();
  lose_second();
  expect_plug(lost[0], kFirst.advanced_by(2));
  EXPECT_EQ(rig.fault_of(tasks[1]), TaskFault::connection_lost);
}

/// The target carries out the reset when it has all commands before it: it waits for the gap to be filled.
TEST_P(Rfc7143_7_11_Gaps, AResetThatWaitsForTheGapIsAnswered) {
  submit(2);
  const auto reset = rig.session.manage(rig.time, {.function = wire::TaskManagementFunction::logical_unit_reset});
  ASSERT_TRUE(reset);
  rig.pump();
  SentPdu request = rig.next_sent();
  if (request.opcode() == wire::Opcode::nop_out) request = rig.next_sent();
  ASSERT_EQ(request.opcode(), wire::Opcode::task_management_request);
  (void)second->sent();
  rig.sent.clear();
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  expect_plug(lost[0], kFirst.advanced_by(2));
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = request.itt()})));
  EXPECT_NE(rig.result_of<ManagementCompletion>(*reset), nullptr);
  EXPECT_EQ(rig.fault_of(tasks[0]), TaskFault::aborted);
  EXPECT_EQ(rig.fault_of(tasks[1]), TaskFault::connection_lost);
}

TEST_P(Rfc7143_7_11_Gaps, ACommandThatWasToBeAbortedEndsToo) {
  submit(2);
  rig.session.abort(rig.time, tasks[1]);
  (void)second->sent();
  lose_second();
  answer_logout(kFirst.advanced_by(1));
  expect_plug(lost[0], kFirst.advanced_by(2));
  EXPECT_TRUE(rig.fault_of(tasks[1]));
  EXPECT_FALSE(rig.has_sent());
}

TEST_P(Rfc7143_7_11_Gaps, WhenTheLastOneGoesAllEnds) {
  submit(2);
  lose_second();
  rig.connection.transport_ended(rig.time);
  rig.pump();
  for (const TaskId task : tasks) EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::failed);
}

TEST_P(Rfc7143_7_11_Gaps, AConnectionThatIsLoggingInEndsWithItsSession) {
  SecondConnection third(rig, kThirdCid);
  ASSERT_EQ(third.sent().size(), 1U);
  second->connection.transport_ended(rig.time);
  rig.connection.transport_ended(rig.time);
  rig.pump();
  EXPECT_TRUE(third.sent().empty());
  ASSERT_NE(third.closed(), nullptr);
  third.connection.transport_ended(rig.time);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::failed);
}

TEST_P(Rfc7143_7_11_Gaps, TheSessionIsLoggedOutWhenTheGapIsFilled) {
  submit(2);
  lose_second();
  rig.session.log_out();
  rig.pump();
  answer_logout(kFirst.advanced_by(1));
  expect_plug(lost[0], kFirst.advanced_by(2));
  // T -> I: the other command
  rig.deliver(wire::ScsiResponse::build(
      rig.numbered(wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = kept[0].itt()})));
  ASSERT_TRUE(rig.has_sent());
  EXPECT_EQ(rig.next_sent().as<wire::LogoutRequest>().reason, wire::LogoutReason::close_session);
}

}  // namespace
}  // namespace lunway::session
