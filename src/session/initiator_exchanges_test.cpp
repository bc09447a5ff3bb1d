// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Everything but commands as ladders: pings, task management, text, logout, asynchronous messages, Rejects.

#include <gtest/gtest.h>

#include <string>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/full_feature_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/reject.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

// --------------------------------------------------------------------------------------------------------------- NOP

using Rfc7143_11_18_InitiatorNopOut = FullFeature;

//= ledger R7143-11.18.1-01 R7143-11.18.2-02
TEST_F(Rfc7143_11_18_InitiatorNopOut, PingComesBack) {
  rig.log_in();
  const auto task = rig.session.ping(rig.time, bytes_of("hello"), seconds(5));
  rig.pump();
  const auto ping = sent<wire::NopOut>();
  EXPECT_TRUE(ping.immediate);
  EXPECT_EQ(ping.ttt, wire::kNoTtt);
  EXPECT_EQ(last.text(), "hello");
  rig.deliver(wire::NopIn::build(rig.numbered(wire::NopIn::Fields{.itt = ping.itt})), std::string_view("hello"));
  EXPECT_NE(rig.result_of<PingCompletion>(*task), nullptr);
}

TEST_F(Rfc7143_11_18_InitiatorNopOut, AnotherEchoIsAFault) {
  rig.log_in();
  const auto task = rig.session.ping(rig.time, bytes_of("hello"), seconds(5));
  rig.pump();
  const wire::Itt itt = sent<wire::NopOut>().itt;
  rig.deliver(wire::NopIn::build(rig.numbered(wire::NopIn::Fields{.itt = itt})), std::string_view("hallo"));
  EXPECT_EQ(rig.fault_of(*task), TaskFault::echo_differs);
}

//= ledger R7143-11.18-01 R7143-11.18-02 R7143-11.18-03 R7143-11.18.1-02 R7143-11.18.1-04 R7143-11.18.2-01
//= ledger R7143-11.18.2-03
TEST_F(Rfc7143_11_18_InitiatorNopOut, AnswersThePingOfTheTarget) {
  rig.log_in();
  rig.deliver(wire::NopIn::build(
      rig.windowed(wire::NopIn::Fields{.lun = wire::Lun(0x0102), .ttt = wire::Ttt(42), .stat_sn = rig.stat_sn})));
  const auto answer = sent<wire::NopOut>();
  EXPECT_EQ(answer.ttt, wire::Ttt(42));
  EXPECT_EQ(answer.lun, wire::Lun(0x0102));
  EXPECT_EQ(answer.itt, wire::kNoItt);
  EXPECT_TRUE(answer.immediate);
  // A NOP-In that asks for nothing is not answered.
  rig.deliver(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.stat_sn = rig.stat_sn})));
  EXPECT_FALSE(rig.has_sent());
  read(512);
  EXPECT_EQ(sent<wire::ScsiCommand>().cmd_sn, wire::CmdSN(kRigFirstCmdSN)) << "the answer took no number";
}

using Rfc7143_7_14_InitiatorPings = FullFeature;

//= ledger R7143-7.14-01
TEST_F(Rfc7143_7_14_InitiatorPings, SilenceIsProbedAndThenGivenUp) {
  InitiatorRig other(InitiatorRig::profile(), {.ping_after = seconds(5), .ping_timeout = seconds(3)});
  other.log_in();
  other.advance(seconds(6));
  EXPECT_EQ(other.next_sent().opcode(), wire::Opcode::nop_out);
  EXPECT_EQ(other.closed(), nullptr);
  other.advance(seconds(3));
  ASSERT_NE(other.closed(), nullptr);
  EXPECT_EQ(other.closed()->reason, InitiatorCloseReason::target_silent);
}

// -------------------------------------------------------------------------------------------------- task management

using Rfc7143_11_5_InitiatorTaskManagement = FullFeature;

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, AbortNamesTagLunAndCmdSn) {
  rig.log_in();
  const TaskId task = read(512);
  const auto command = sent<wire::ScsiCommand>();
  rig.session.abort(rig.time, task);
  rig.pump();
  const auto abort = sent<wire::TaskManagementRequest>();
  EXPECT_TRUE(abort.immediate);
  EXPECT_EQ(abort.function, wire::TaskManagementFunction::abort_task);
  EXPECT_EQ(abort.referenced_task_tag, command.itt);
  EXPECT_EQ(abort.ref_cmd_sn, command.cmd_sn);
  EXPECT_EQ(abort.cmd_sn, command.cmd_sn.next());
  EXPECT_EQ(abort.lun, command.lun);
  // Data of the task is still taken until the target has answered.
  data_in(command.itt, 0, 0, 512);
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt})));
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, AResponseThatIsFasterThanTheAbortCounts) {
  rig.log_in();
  const TaskId task = submit({}, {});
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.session.abort(rig.time, task);
  rig.pump();
  const wire::Itt abort = sent<wire::TaskManagementRequest>().itt;
  respond(itt);
  EXPECT_NE(completion(task), nullptr);
  rig.deliver(wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{
      .response = wire::TaskManagementResponseCode::task_does_not_exist, .itt = abort})));
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.done.size(), 1U);
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, WhatWasNotSentIsAbortedAtOnce) {
  const auto task = rig.session.submit(rig.time, {.cdb = kCdb});  // before the login is over
  rig.session.abort(rig.time, *task);
  rig.pump();
  EXPECT_EQ(rig.fault_of(*task), TaskFault::aborted);
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, ATimeoutAborts) {
  rig.log_in();
  const TaskId task = read(512, seconds(10));
  sent<wire::ScsiCommand>();
  rig.advance(seconds(10));
  const wire::Itt abort = sent<wire::TaskManagementRequest>().itt;
  rig.deliver(wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = abort})));
  EXPECT_EQ(rig.fault_of(task), TaskFault::timed_out);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, ATargetThatDoesNotAbortIsGivenUp) {
  rig.log_in();
  const TaskId task = read(512, seconds(10));
  rig.advance(seconds(10));
  rig.advance(seconds(15));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::target_silent);
  // Its memory is the engine's until the transport is gone.
  EXPECT_TRUE(rig.done.empty());
  rig.connection.transport_ended(rig.time);
  rig.pump();
  EXPECT_TRUE(rig.fault_of(task));
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, LunResetEndsTheTasksBeforeIt) {
  rig.log_in();
  const TaskId before = submit({}, {});
  const auto reset = rig.session.manage(
      rig.time, {.function = wire::TaskManagementFunction::logical_unit_reset, .lun = wire::Lun::from_flat(3)});
  rig.pump();
  const TaskId after = submit({}, {});
  sent<wire::ScsiCommand>();
  const auto request = sent<wire::TaskManagementRequest>();
  EXPECT_EQ(request.referenced_task_tag, wire::kNoItt);
  const wire::Itt later = sent<wire::ScsiCommand>().itt;
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = request.itt})));
  EXPECT_EQ(rig.fault_of(before), TaskFault::aborted);
  EXPECT_NE(rig.result_of<ManagementCompletion>(*reset), nullptr);
  EXPECT_FALSE(rig.fault_of(after));
  respond(later);
  EXPECT_NE(completion(after), nullptr);
}

TEST_F(Rfc7143_11_5_InitiatorTaskManagement, ResponsesAreAcknowledgedWhileATargetWaitsForThat) {
  rig.log_in();
  submit({}, {});
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  ASSERT_TRUE(rig.session.manage(
      rig.time, {.function = wire::TaskManagementFunction::abort_task_set, .lun = wire::Lun::from_flat(3)}));
  rig.pump();
  sent<wire::TaskManagementRequest>();
  respond(itt);
  const auto acknowledgement = sent<wire::NopOut>();
  EXPECT_EQ(acknowledgement.itt, wire::kNoItt);
  EXPECT_EQ(acknowledgement.exp_stat_sn, rig.stat_sn);
}

// -------------------------------------------------------------------------------------------------------------- text

struct Rfc7143_C_InitiatorSendTargets : ::testing::Test {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.target_name.clear();
    profile.session_type = text::SessionType::discovery;
    return profile;
  }
  Rfc7143_C_InitiatorSendTargets() : rig(profile()) { rig.log_in(); }

  wire::TextRequest::Fields sent() {
    last = rig.next_sent();
    EXPECT_EQ(last.opcode(), wire::Opcode::text_request);
    return wire::TextRequest(last.header).fields();
  }

  InitiatorRig rig;
  SentPdu last;
};

TEST_F(Rfc7143_C_InitiatorSendTargets, SeveralResponsesMakeOneAnswer) {
  const auto task = rig.session.send_targets(rig.time, "All", seconds(10));
  rig.pump();
  const auto first = sent();
  EXPECT_EQ(last.text(), std::string_view("SendTargets=All\0", 16));
  EXPECT_TRUE(first.final);
  EXPECT_EQ(first.ttt, wire::kNoTtt);
  // T -> I: the first part, cut in the middle of a pair
  wire::TextResponse::Fields part{
      .final = false, .continues = true, .lun = wire::Lun(5), .itt = first.itt, .ttt = wire::Ttt(99)};
  rig.deliver(wire::TextResponse::build(rig.numbered(part)),
              std::string_view("TargetName=iqn.2026-11.io.lunway:a\0Targ", 39));
  // I -> T: empty, with tag and LUN of the response, and a CmdSN of its own
  const auto second = sent();
  EXPECT_EQ(last.text(), "");
  EXPECT_EQ(second.itt, first.itt);
  EXPECT_EQ(second.ttt, wire::Ttt(99));
  EXPECT_EQ(second.lun, wire::Lun(5));
  EXPECT_EQ(second.cmd_sn, first.cmd_sn.next());
  rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = first.itt})),
              std::string_view("etAddress=10.0.0.1:3260,1\0", 26));
  const auto* answer = rig.result_of<DiscoveryCompletion>(*task);
  ASSERT_NE(answer, nullptr);
  ASSERT_EQ(answer->targets.size(), 1U);
  EXPECT_EQ(answer->targets[0].name, "iqn.2026-11.io.lunway:a");
  EXPECT_EQ(answer->targets[0].addresses.at(0).host, "10.0.0.1");
}

TEST_F(Rfc7143_C_InitiatorSendTargets, AnEndlessAnswerHasAnEnd) {
  const auto task = rig.session.send_targets(rig.time, "All", seconds(1000));
  rig.pump();
  const std::string filler(8000, 'x');
  while (rig.done.empty() && rig.has_sent()) {
    wire::TextResponse::Fields part{.final = false, .continues = true, .itt = sent().itt, .ttt = wire::Ttt(99)};
    rig.exp_cmd_sn = rig.exp_cmd_sn.next();
    rig.deliver(wire::TextResponse::build(rig.numbered(part)), std::string_view(filler));
  }
  EXPECT_EQ(rig.fault_of(*task), TaskFault::bad_text);
}

TEST_F(Rfc7143_C_InitiatorSendTargets, TextThatIsNoListOfTargetsIsAFault) {
  const auto task = rig.session.send_targets(rig.time, "All", seconds(10));
  rig.pump();
  rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = sent().itt})),
              std::string_view("TargetAddress=10.0.0.1,1\0", 25));
  EXPECT_EQ(rig.fault_of(*task), TaskFault::bad_text);
}

TEST_F(Rfc7143_C_InitiatorSendTargets, ADiscoverySessionTakesNoCommands) {
  const auto task = rig.session.submit(rig.time, {.cdb = kCdb});
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error(), SubmitError::not_possible);
}

// ------------------------------------------------------------------------------------------------------------ logout

using Rfc7143_11_14_InitiatorLogout = FullFeature;

TEST_F(Rfc7143_11_14_InitiatorLogout, WaitsForTasksAndClosesTheSession) {
  rig.log_in();
  const TaskId task = submit({}, {});
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.session.log_out();
  rig.pump();
  EXPECT_FALSE(rig.has_sent());
  EXPECT_FALSE(rig.session.submit(rig.time, {.cdb = kCdb}));
  respond(itt);
  EXPECT_NE(completion(task), nullptr);
  const auto logout = sent<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::close_session);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::in_logout);
  rig.deliver(wire::LogoutResponse::build(rig.numbered(wire::LogoutResponse::Fields{.itt = logout.itt})));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::logged_out);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::free);
  rig.connection.transport_ended(rig.time);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::free);
}

TEST_F(Rfc7143_11_14_InitiatorLogout, NoResponseInTimeIsAFailure) {
  rig.log_in();
  rig.session.log_out();
  rig.pump();
  rig.advance(seconds(10));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::logout_failed);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::cleanup_wait);
}

// -------------------------------------------------------------------------------------------------------------- Async

using Rfc7143_11_9_InitiatorAsyncMessage = FullFeature;

//= ledger R7143-11.9.1-03 R7143-11.9.1-04
TEST_F(Rfc7143_11_9_InitiatorAsyncMessage, LogoutRequestIsHonouredWhenTasksHaveEnded) {
  rig.log_in();
  submit({}, {});
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 20})));
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logout_requested);
  // New commands wait, and are not waited for.
  const TaskId late = submit({}, {});
  EXPECT_FALSE(rig.has_sent());
  respond(itt);
  const auto logout = sent<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::close_session);
  rig.deliver(wire::LogoutResponse::build(rig.numbered(wire::LogoutResponse::Fields{.itt = logout.itt})));
  rig.connection.transport_ended(rig.time);
  rig.pump();
  EXPECT_EQ(rig.fault_of(late), TaskFault::session_closed);
}

//= ledger R7143-11.9.1-02
TEST_F(Rfc7143_11_9_InitiatorAsyncMessage, LogoutRequestIsHonouredInTimeWhateverTasksDo) {
  rig.log_in();
  submit({}, {});
  sent<wire::ScsiCommand>();
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 20})));
  rig.advance(seconds(14));
  EXPECT_FALSE(rig.has_sent());
  rig.advance(seconds(2));
  sent<wire::LogoutRequest>();
}

//= ledger R7143-11.9.1-02
TEST_F(Rfc7143_11_9_InitiatorAsyncMessage, LogoutRequestWithoutTimeIsHonouredAtOnce) {
  rig.log_in();
  submit({}, {});
  sent<wire::ScsiCommand>();
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 0})));
  rig.advance(seconds(0));
  sent<wire::LogoutRequest>();
}

TEST_F(Rfc7143_11_9_InitiatorAsyncMessage, DropOfThisConnectionEndsIt) {
  rig.log_in();
  rig.deliver(wire::AsynchronousMessage::build(rig.numbered(wire::AsynchronousMessage::Fields{
      .event = wire::AsyncEvent::connection_drop, .parameter1 = 1, .parameter2 = 3})));
  EXPECT_EQ(rig.closed(), nullptr);
  rig.deliver(wire::AsynchronousMessage::build(rig.numbered(wire::AsynchronousMessage::Fields{
      .event = wire::AsyncEvent::connection_drop, .parameter1 = 0, .parameter2 = 3})));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::target_dropped);
  EXPECT_EQ(rig.closed()->time2wait_s, 3);
}

//= ledger R7143-11.9.1-06
TEST_F(Rfc7143_11_9_InitiatorAsyncMessage, NegotiationRequestIsAnsweredWithText) {
  rig.log_in();
  rig.deliver(wire::AsynchronousMessage::build(rig.numbered(
      wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5})));
  const auto request = sent<wire::TextRequest>();
  EXPECT_TRUE(request.final);
  rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = request.itt})),
              std::string_view("MaxRecvDataSegmentLength=1024\0", 30));
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.connection.parameters().peer_max_recv_data_segment_length, 1024U);
}

// ------------------------------------------------------------------------------------------------------------- Reject

using Rfc7143_7_3_InitiatorReject = FullFeature;

//= ledger R7143-7.3-03
TEST_F(Rfc7143_7_3_InitiatorReject, OfACommandEndsItAndPlugsTheGap) {
  rig.log_in();
  const TaskId task = submit({}, {});
  const auto command = sent<wire::ScsiCommand>();
  const wire::Header rejected = last.header;
  rig.deliver(
      wire::Reject::build(rig.numbered(wire::Reject::Fields{.reason = wire::RejectReason::command_not_supported})),
      Bytes(rejected));
  // I -> T: ABORT TASK fills the place of the command's CmdSN
  const auto abort = sent<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.ref_cmd_sn, command.cmd_sn);
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt})));
  const auto* failure = rig.result_of<TaskFailure>(task);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->fault, TaskFault::rejected);
  EXPECT_EQ(failure->reject_reason, wire::RejectReason::command_not_supported);
}

TEST_F(Rfc7143_7_3_InitiatorReject, OfDataIsForTheLogs) {
  rig.log_in();
  const TaskId task = submit({}, {});
  sent<wire::ScsiCommand>();
  const wire::Header data_out = wire::DataOut::build({.itt = wire::BasicHeader(last.header).itt()});
  rig.deliver(wire::Reject::build(rig.numbered(wire::Reject::Fields{})), Bytes(data_out));
  EXPECT_FALSE(rig.fault_of(task));
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<UnrelatedReject>(rig.events[0]));
}

}  // namespace
}  // namespace lunway::session
