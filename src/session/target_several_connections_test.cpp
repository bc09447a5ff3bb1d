// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A session of several connections at a target, as ladders.
//= rfc7143#4.2.2.1
//= rfc7143#4.2.5

#include <gtest/gtest.h>

#include <array>

#include "session/testing/joining_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::LogoutReason;
using wire::LogoutResponseCode;
using Response = wire::ScsiResponse::Fields;
using Logout = wire::LogoutResponse::Fields;

/// Connections with the CIDs 3 and 4 in one session.
struct Pair {
  Pair() {
    first.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
    log_in(first, {"MaxConnections=2"});
    ask_to_join(second, first, wire::Cid(4));
    EXPECT_EQ(login_status(second), wire::LoginStatus::success);
  }

  TargetRig first;
  TargetRig second;
};

struct TwoConnections : Pair, ::testing::Test {
  TaskId submitted() {
    while (first.take<Release>()) {
    }
    const auto submit = first.take<Submit>();
    EXPECT_TRUE(submit);
    return submit ? submit->task : TaskId();
  }

  static void log_out(TargetRig& on, LogoutReason reason, wire::Cid cid) {
    on.send(wire::LogoutRequest::build({.immediate = true, .reason = reason, .itt = wire::Itt(90), .cid = cid}));
  }
  static void lose(TargetRig& rig) {
    rig.connection->peer_closed(rig.now);
    rig.drain();
    rig.destroy_connection();
  }
};

using Rfc7143_4_2_2_1_TargetConnections = TwoConnections;
using Rfc7143_4_2_2_2_TargetConnections = TwoConnections;
using Rfc7143_4_2_5_1_TargetAllegiance = TwoConnections;
using Rfc7143_8_1_2_TargetConnections = TwoConnections;
using Rfc7143_11_14_TargetConnections = TwoConnections;

//= ledger(target) R7143-4.2.2.1-07 R7143-4.2.2.1-09 R7143-6.3.1-04
TEST_F(Rfc7143_4_2_2_1_TargetConnections, DeliverInTheOrderOfTheSession) {
  second.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  EXPECT_FALSE(first.take<Submit>()) << "100 is missing";
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.complete(submitted());
  first.complete(submitted());
  EXPECT_THAT(first.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(2))));
}

TEST_F(Rfc7143_4_2_2_1_TargetConnections, ARequestIsAnsweredWhereItCame) {
  second.send(wire::NopOut::build({.immediate = false, .itt = wire::Itt(8), .cmd_sn = wire::CmdSN(101)}));
  EXPECT_TRUE(second.target_is_silent());
  first.send(wire::NopOut::build({.immediate = false, .itt = wire::Itt(7), .cmd_sn = wire::CmdSN(100)}));
  EXPECT_THAT(first.receive(), Is<wire::NopIn>(With(&wire::NopIn::Fields::itt, wire::Itt(7))));
  EXPECT_THAT(second.receive(), Is<wire::NopIn>(With(&wire::NopIn::Fields::itt, wire::Itt(8))));
}

//= ledger(target) R7143-4.2.2.1-06
TEST(Rfc7143_4_2_2_1_TargetImmediates, EveryConnectionHasRoomForOneCommandAndOneFunction) {
  TargetRig first({}, {.immediate_commands = 1, .management_functions = 1});
  first.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
  log_in(first, {"MaxConnections=2"});
  TargetRig second;
  ask_to_join(second, first, wire::Cid(4));
  ASSERT_EQ(login_status(second), wire::LoginStatus::success);
  std::uint32_t itt = 1;
  for (TargetRig* rig : {&first, &second}) {
    auto command = read_fields(itt++, 100, 512);
    command.immediate = true;
    rig->send(wire::ScsiCommand::build(command));
    EXPECT_TRUE(first.take<Submit>());
    rig->send(wire::TaskManagementRequest::build({.immediate = true,
                                                  .function = wire::TaskManagementFunction::clear_task_set,
                                                  .lun = wire::Lun::from_flat(1),
                                                  .itt = wire::Itt(itt++),
                                                  .cmd_sn = wire::CmdSN(100)}));
    EXPECT_TRUE(first.take<SubmitTaskManagement>());
    EXPECT_TRUE(rig->target_is_silent());
  }
  auto one_more = read_fields(itt, 100, 512);
  one_more.immediate = true;
  second.send(wire::ScsiCommand::build(one_more));
  EXPECT_THAT(second.receive(),
              Is<wire::Reject>(With(&wire::Reject::Fields::reason, wire::RejectReason::immediate_command_reject)));
}

//= ledger(target) R7143-4.2.2.1-11
TEST(Rfc7143_4_2_2_1_TargetWindow, IsThatOfTheSessionAndAnnouncedOnce) {
  TargetRig first({}, {.queue_depth = 1});
  first.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
  log_in(first, {"MaxConnections=2"});
  TargetRig second;
  ask_to_join(second, first, wire::Cid(4));
  ASSERT_EQ(login_status(second), wire::LoginStatus::success);
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  second.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  const auto submit = first.take<Submit>();
  ASSERT_TRUE(submit);
  EXPECT_FALSE(first.take<Submit>()) << "outside the window, whatever the connection";
  first.complete(submit->task);
  EXPECT_THAT(first.receive(), Is<wire::ScsiResponse>(With(&Response::max_cmd_sn, wire::CmdSN(101))));
  EXPECT_TRUE(second.target_is_silent()) << "the initiator knows the window already";
}

//= ledger(target) R7143-4.2.2.2-04
TEST_F(Rfc7143_4_2_2_2_TargetConnections, HaveNumbersOfTheirOwn) {
  for (std::uint32_t sn = 100; sn < 103; ++sn) {
    first.send(wire::ScsiCommand::build(read_fields(sn, sn, 512)));
    first.complete(submitted());
    EXPECT_THAT(first.receive(), Is<wire::ScsiResponse>(With(&Response::stat_sn, wire::StatSN(sn - 99))));
  }
  second.send(wire::ScsiCommand::build(read_fields(9, 103, 512)));
  first.complete(submitted());
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::stat_sn, wire::StatSN(1))));
}

//= ledger(target) R7143-4.2.5.1-01 R7143-4.2.5.1-02
TEST_F(Rfc7143_4_2_5_1_TargetAllegiance, ReadDataAndStatusGoWhereTheCommandCame) {
  const auto data = pattern(512);
  const std::array pieces{Bytes(data)};
  for (const auto status : {wire::ScsiStatus::good, wire::ScsiStatus::busy}) {
    const bool is_good = status == wire::ScsiStatus::good;
    second.send(wire::ScsiCommand::build(read_fields(1, is_good ? 100 : 101, 512)));
    const CommandResult result{.status = status, .data_in = pieces, .data_in_length = 512};
    first.complete(submitted(), result);
    EXPECT_THAT(second.receive(), Is<wire::DataIn>(With(&wire::DataIn::Fields::has_status, is_good)));
    if (!is_good) {
      EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::status, status)));
    }
  }
  EXPECT_TRUE(first.target_is_silent());
}

//= ledger(target) R7143-4.2.5.1-01 R7143-4.2.5.1-04
TEST_F(Rfc7143_4_2_5_1_TargetAllegiance, DataOfATaskComesOnItsConnectionOnly) {
  second.send(wire::ScsiCommand::build(write_fields(1, 100, 4096)));
  std::array<std::byte, 4096> memory{};
  first.accept(submitted(), memory);
  const auto r2t = second.receive();
  ASSERT_TRUE(r2t && r2t->opcode() == wire::Opcode::ready_to_transfer);
  EXPECT_TRUE(first.target_is_silent());
  const auto data = pattern(4096);
  first.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 0, true)), data);
  EXPECT_THAT(first.receive(), Is<wire::Reject>());
  EXPECT_FALSE(first.take<DataArrived>());
  const auto last = data_out_fields(1, tag_of(r2t), 0, 0, true);
  second.send(wire::DataOut::build(last), data);
  const auto arrived = first.take<DataArrived>();
  ASSERT_TRUE(arrived);
  first.complete(arrived->task, {.data_out_length = 4096});
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
  EXPECT_TRUE(first.target_is_silent());
}

TEST_F(Rfc7143_11_14_TargetConnections, AreLoggedOutByEachOther) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  const TaskId of_second = submitted();
  const TaskId of_first = submitted();
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  EXPECT_EQ(first.take<Abort>()->task, of_second);
  EXPECT_FALSE(first.take<Abort>());
  EXPECT_TRUE(first.target_is_silent()) << "the cleanup is not over";
  first.aborted(of_second);
  EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::closed)));
  second.transmit();
  first.drain();
  ASSERT_TRUE(second.closed);
  EXPECT_EQ(second.closed->reason, CloseReason::logged_out);
  EXPECT_TRUE(first.take<Release>()->terminated);
  first.complete(of_first);
  EXPECT_THAT(first.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(2))));
  second.destroy_connection();
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::cid_not_found)));
  EXPECT_FALSE(first.closed);
}

TEST_F(Rfc7143_11_14_TargetConnections, ALostOneCanBeLoggedOutWhileItIsRemembered) {
  lose(second);
  first.advance(std::chrono::seconds(21));
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::closed)));
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::cid_not_found)));
}

TEST_F(Rfc7143_11_14_TargetConnections, ALostOneIsForgottenInTime) {
  lose(second);
  first.advance(std::chrono::seconds(22));
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::cid_not_found)));
}

//= rfc7143#6.3.5
TEST_F(Rfc7143_11_14_TargetConnections, TheLastLogoutEndsTheSessionWhenNoneWaitsForCleanup) {
  for (const bool is_lost : {false, true}) {
    Pair session;
    if (is_lost) {
      lose(session.second);
    } else {
      log_out(session.second, LogoutReason::close_connection, wire::Cid(4));
      session.second.transmit();
      session.second.destroy_connection();
    }
    log_out(session.first, LogoutReason::close_connection, wire::Cid(3));
    session.first.transmit();
    TargetRig late;
    ask_to_join(late, session.first, wire::Cid(5));
    EXPECT_EQ(login_status(late), is_lost ? wire::LoginStatus::success : wire::LoginStatus::session_does_not_exist);
    late.destroy_connection();
    session.first.destroy_connection();
    EXPECT_EQ(session.first.take<SessionEnded>().has_value(), !is_lost);
    session.first.advance(std::chrono::seconds(22));
    EXPECT_EQ(session.first.take<SessionEnded>().has_value(), is_lost);
  }
}

//= ledger(target) R7143-8.1.2-03
TEST_F(Rfc7143_8_1_2_TargetConnections, CloseWithTheirSession) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId running = submitted();
  log_out(second, LogoutReason::close_session, wire::Cid(0));
  EXPECT_FALSE(first.closed) << "not before the answer";
  first.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  EXPECT_TRUE(first.take<Abort>());
  EXPECT_FALSE(first.take<Submit>()) << "nothing new begins";
  first.aborted(running);
  EXPECT_THAT(second.receive(), Is<wire::LogoutResponse>(With(&Logout::response, LogoutResponseCode::closed)));
  ASSERT_TRUE(first.closed && second.closed);
  EXPECT_EQ(first.closed->reason, CloseReason::session_closed);
  EXPECT_EQ(second.closed->reason, CloseReason::logged_out);
  second.destroy_connection();
  first.destroy_connection();
  while (first.take<Release>()) {
  }
  EXPECT_EQ(first.take<SessionEnded>()->reason, SessionEnded::Reason::logged_out);
}

TEST_F(Rfc7143_8_1_2_TargetConnections, CloseWithTheirSessionAlsoWhenItsAnswerFindsNobody) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId running = submitted();
  log_out(second, LogoutReason::close_session, wire::Cid(0));
  second.connection->peer_closed(second.now);
  second.drain();
  EXPECT_TRUE(first.closed);
  first.aborted(running);
  second.destroy_connection();
  first.destroy_connection();
  EXPECT_TRUE(first.take<Abort>() && first.take<Release>());
  EXPECT_TRUE(first.take<SessionEnded>());
}

TEST_F(Rfc7143_8_1_2_TargetConnections, ALossEndsTheTasksOfItsConnectionOnly) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  const TaskId of_second = submitted();
  const TaskId of_first = submitted();
  lose(second);
  EXPECT_EQ(first.take<Abort>()->task, of_second);
  EXPECT_FALSE(first.take<Abort>());
  first.aborted(of_second);
  first.complete(of_first);
  EXPECT_THAT(first.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(2))));
  first.advance(std::chrono::seconds(22));
  while (first.take<Release>()) {
  }
  EXPECT_FALSE(first.take<SessionEnded>());
}

// Two come together from behind a gap. The first waits for a task, the second for the first.
TEST_F(Rfc7143_11_14_TargetConnections, EachOfTwoLogoutsIsAnswered) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId task = submitted();
  first.send(wire::LogoutRequest::build({.reason = LogoutReason::close_connection,
                                         .itt = wire::Itt(90),
                                         .cid = wire::Cid(4),
                                         .cmd_sn = wire::CmdSN(102)}));
  first.send(wire::LogoutRequest::build(
      {.reason = LogoutReason::close_session, .itt = wire::Itt(91), .cid = wire::Cid(0), .cmd_sn = wire::CmdSN(103)}));
  first.send(wire::NopOut::build({.immediate = false, .itt = wire::Itt(80), .cmd_sn = wire::CmdSN(101)}));
  EXPECT_THAT(first.receive(), Is<wire::NopIn>());
  EXPECT_TRUE(first.target_is_silent());
  first.aborted(task);
  for (const std::uint32_t itt : {90U, 91U}) {
    EXPECT_THAT(first.receive(), Is<wire::LogoutResponse>(With(&Logout::itt, wire::Itt(itt)),
                                                          With(&Logout::response, LogoutResponseCode::closed)));
  }
  EXPECT_TRUE(first.closed && second.closed);
}

// ----------------------------------------------------------------------------------------------------------- failures

using Rfc7143_7_7_TargetConnections = TwoConnections;
using Rfc7143_7_14_TargetConnections = TwoConnections;

//= ledger(target) R7143-7.7-01
TEST_F(Rfc7143_7_7_TargetConnections, AllCloseAfterAFormatErrorOnOne) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId running = submitted();
  auto fields = command_fields(2, 101);
  fields.final = false;  // neither W nor F
  second.send(wire::ScsiCommand::build(fields));
  EXPECT_THAT(second.receive(), Is<wire::Reject>());
  ASSERT_TRUE(first.closed && second.closed);
  EXPECT_EQ(first.closed->reason, CloseReason::session_closed);
  EXPECT_EQ(second.closed->reason, CloseReason::protocol_error);
  EXPECT_EQ(first.take<Abort>()->task, running);
  first.aborted(running);
  second.destroy_connection();
  first.destroy_connection();
  EXPECT_TRUE(first.session->has_failed()) << "session recovery is the initiator's turn";
}

// The loss of one connection was being recovered from by a logout; then the initiator drops the other one, too.
//= ledger(target) R7143-7.14-04
TEST_F(Rfc7143_7_14_TargetConnections, SessionRecoveryGoesBeforeTheRecoveryOfAConnection) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId task = submitted();
  lose(second);
  log_out(first, LogoutReason::close_connection, wire::Cid(4));
  lose(first);
  EXPECT_TRUE(first.session->has_failed());
  EXPECT_EQ(first.take<Abort>()->task, task);
  first.aborted(task);
  EXPECT_TRUE(first.take<Release>());
  first.advance(std::chrono::seconds(22));
  EXPECT_EQ(first.take<SessionEnded>()->reason, SessionEnded::Reason::connection_lost);
}

// --------------------------------------------------------------------------------------------------- task management

using Rfc7143_4_2_3_TargetConnections = TwoConnections;

TEST_F(Rfc7143_4_2_3_TargetConnections, AFunctionReachesTheTasksOfAll) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  const TaskId of_second = submitted();
  const TaskId of_first = submitted();
  first.send(wire::TaskManagementRequest::build({.immediate = true,
                                                 .function = wire::TaskManagementFunction::abort_task_set,
                                                 .lun = {},
                                                 .itt = wire::Itt(50),
                                                 .cmd_sn = wire::CmdSN(102)}));
  EXPECT_TRUE(first.take<Abort>() && first.take<Abort>());
  first.aborted(of_second);
  first.aborted(of_first);
  while (first.take<Release>()) {
  }
  const auto function = first.take<SubmitTaskManagement>();
  ASSERT_TRUE(function);
  first.session->complete_task_management(function->task, wire::TaskManagementResponseCode::function_complete);
  first.drain();
  for (TargetRig* rig : {&first, &second}) {
    EXPECT_THAT(rig->receive(), Is<wire::NopIn>()) << "asks for an acknowledgement";
    EXPECT_TRUE(rig->target_is_silent());
    rig->send(wire::NopOut::build({.immediate = true, .cmd_sn = wire::CmdSN(102), .exp_stat_sn = wire::StatSN(1)}));
  }
  EXPECT_THAT(first.receive(),
              Is<wire::TaskManagementResponse>(With(&wire::TaskManagementResponse::Fields::itt, wire::Itt(50))));
  EXPECT_TRUE(second.target_is_silent());
}

// One that went on over another connection does not stop at its loss: the session ends all the same.
TEST_F(Rfc7143_4_2_3_TargetConnections, AColdResetLostWithItsConnectionEndsTheSession) {
  first.send(wire::TaskManagementRequest::build({.immediate = true,
                                                 .function = wire::TaskManagementFunction::target_cold_reset,
                                                 .lun = {},
                                                 .itt = wire::Itt(50),
                                                 .cmd_sn = wire::CmdSN(100)}));
  const auto function = first.take<SubmitTaskManagement>();
  ASSERT_TRUE(function);
  lose(first);
  first.session->complete_task_management(function->task, wire::TaskManagementResponseCode::function_complete);
  first.drain();
  ASSERT_TRUE(second.closed);
  EXPECT_EQ(second.closed->reason, CloseReason::session_closed);
  second.destroy_connection();
  EXPECT_TRUE(first.take<SessionEnded>());
}

// The task's own connection is logged out: its abort may be asked for on another one.
TEST_F(Rfc7143_4_2_3_TargetConnections, AbortTaskComesOnTheConnectionOfTheTask) {
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const TaskId task = submitted();
  const auto expect_answer = [&](wire::TaskManagementResponseCode code) {
    EXPECT_THAT(first.receive(),
                Is<wire::TaskManagementResponse>(With(&wire::TaskManagementResponse::Fields::response, code)));
  };
  const auto abort = wire::TaskManagementRequest::build({.immediate = true,
                                                         .function = wire::TaskManagementFunction::abort_task,
                                                         .lun = {},
                                                         .itt = wire::Itt(50),
                                                         .referenced_task_tag = wire::Itt(1),
                                                         .cmd_sn = wire::CmdSN(101),
                                                         .ref_cmd_sn = wire::CmdSN(100)});
  first.send(abort);
  expect_answer(wire::TaskManagementResponseCode::function_rejected);
  lose(second);
  EXPECT_TRUE(first.take<Abort>());
  EXPECT_THAT(first.receive(), Is<wire::NopIn>()) << "what the lost one may have announced is said again";
  first.send(abort);
  EXPECT_TRUE(first.target_is_silent()) << "the device still works on it";
  first.aborted(task);
  expect_answer(wire::TaskManagementResponseCode::function_complete);
}

// The function waits for data of the write, which it has stopped, when its connection is lost.
TEST_F(Rfc7143_4_2_3_TargetConnections, AFunctionLostWithItsConnectionLeavesNoTaskBehind) {
  second.send(wire::ScsiCommand::build(write_fields(1, 100, 4096)));
  std::array<std::byte, 4096> memory{};
  const TaskId write = submitted();
  first.accept(write, memory);
  ASSERT_TRUE(second.receive()) << "the R2T";
  first.send(wire::TaskManagementRequest::build({.immediate = true,
                                                 .function = wire::TaskManagementFunction::logical_unit_reset,
                                                 .lun = {},
                                                 .itt = wire::Itt(50),
                                                 .cmd_sn = wire::CmdSN(101)}));
  EXPECT_FALSE(first.take<Abort>()) << "the data may still come";
  lose(first);
  const auto abort = first.take<Abort>();
  ASSERT_TRUE(abort);
  EXPECT_EQ(abort->task, write);
  first.aborted(write);
  EXPECT_TRUE(first.take<Release>());
}

}  // namespace
}  // namespace lunway::session::testing
