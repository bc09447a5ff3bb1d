// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A login that takes the place of a connection, and a session that waits for one, as ladders.
//= rfc7143#6.3.4
//= rfc7143#6.3.6

#include <gtest/gtest.h>

#include "session/testing/joining_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::LoginStatus;

struct TargetReinstatementLadder : ::testing::Test {
  TargetReinstatementLadder() { log_in(first); }

  TargetRig first;
};

using Rfc7143_6_3_4_TargetReinstatement = TargetReinstatementLadder;
using Rfc7143_6_3_6_TargetContinuation = TargetReinstatementLadder;
using Rfc7143_11_14_5_TargetImplicitTermination = TargetReinstatementLadder;

//= ledger(target) R7143-6.3.1-05 R7143-6.3.4-03 R7143-6.3.4-05 R7143-8.2-01
TEST_F(Rfc7143_6_3_4_TargetReinstatement, IsAnsweredWhenTheTasksOfTheOldConnectionAreGone) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.send(wire::ScsiCommand::build(write_fields(2, 101, 4096)));
  const auto read = first.take<Submit>();
  const auto write = first.take<Submit>();

  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  ASSERT_TRUE(first.closed);
  EXPECT_EQ(first.closed->reason, CloseReason::reinstated);
  EXPECT_FALSE(first.receive()) << "without further notice";
  EXPECT_EQ(first.take<Abort>()->task, read->task);
  EXPECT_EQ(first.take<Abort>()->task, write->task);
  EXPECT_TRUE(second.target_is_silent());
  first.aborted(read->task);
  first.destroy_connection();
  EXPECT_TRUE(second.target_is_silent()) << "the write still touches data";
  first.aborted(write->task);

  EXPECT_EQ(login_status(second), LoginStatus::success);
  EXPECT_TRUE(second.logged_in);
  EXPECT_EQ(first.session->request().cid, wire::Cid(3));
}

//= ledger(target) R7143-4.4.3-01 R7143-6.3.4-03
TEST_F(Rfc7143_6_3_4_TargetReinstatement, GoesOnWithTheNumbersOfTheSession) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  first.complete(first.take<Submit>()->task);
  ASSERT_TRUE(first.receive());
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  first.destroy_connection();
  const auto answer = second.receive();
  ASSERT_TRUE(answer);
  const auto fields = wire::LoginResponse(wire::HeaderView(answer->header)).fields();
  EXPECT_EQ(fields.tsih, wire::Tsih(7));
  EXPECT_EQ(fields.exp_cmd_sn, wire::CmdSN(101));
  second.send(wire::ScsiCommand::build(read_fields(1, 101, 512)));
  while (first.take<Release>()) {
  }
  const auto submit = first.take<Submit>();
  ASSERT_TRUE(submit);
  first.complete(submit->task);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::itt, wire::Itt(1))));
}

//= ledger(target) R7143-11.14.5-01
TEST_F(Rfc7143_11_14_5_TargetImplicitTermination, TellsTheOwner) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto running = first.take<Submit>();
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  first.destroy_connection();
  EXPECT_TRUE(first.take<Abort>());
  first.aborted(running->task);
  const auto release = first.take<Release>();
  ASSERT_TRUE(release);
  EXPECT_TRUE(release->terminated);
}

TEST_F(Rfc7143_6_3_4_TargetReinstatement, LeavesTheOldConnectionAloneUntilTheLoginIsThrough) {
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3), from_to(kSecurity, kOperational));
  const auto partial = second.receive();
  ASSERT_TRUE(partial);
  // Numbers from which the initiator takes nothing: those of the session are not known yet.
  const auto fields = wire::LoginResponse(wire::HeaderView(partial->header)).fields();
  EXPECT_TRUE(fields.exp_cmd_sn.precedes(wire::CmdSN(100)));
  EXPECT_TRUE(fields.max_cmd_sn.precedes(wire::CmdSN(100)));
  EXPECT_FALSE(first.closed);
  second.destroy_connection();
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  EXPECT_TRUE(first.take<Submit>());
}

TEST_F(Rfc7143_6_3_4_TargetReinstatement, ANewCidBeyondMaxConnectionsIsOneTooMany) {
  TargetRig second;
  ask_to_join(second, first, wire::Cid(4));
  EXPECT_EQ(login_status(second), LoginStatus::too_many_connections);
  EXPECT_TRUE(second.closed);
  EXPECT_FALSE(first.closed);
}

TEST_F(Rfc7143_6_3_4_TargetReinstatement, AClosingSessionDoesNotExist) {
  first.session->close();
  first.drain();
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  EXPECT_EQ(login_status(second), LoginStatus::session_does_not_exist);
}

TEST_F(Rfc7143_6_3_4_TargetReinstatement, TheLatestOfTwoLoginsForAPlaceGetsIt) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto running = first.take<Submit>();
  TargetRig second;
  TargetRig third;
  ask_to_join(second, first, wire::Cid(3));
  ask_to_join(third, first, wire::Cid(3));
  EXPECT_EQ(login_status(second), LoginStatus::out_of_resources);
  first.destroy_connection();
  EXPECT_TRUE(third.target_is_silent());
  first.aborted(running->task);
  EXPECT_EQ(login_status(third), LoginStatus::success);
}

TEST_F(Rfc7143_6_3_4_TargetReinstatement, MayFailAndBeTriedAgain) {
  first.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto running = first.take<Submit>();
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  first.destroy_connection();
  second.connection->peer_closed(second.now);
  second.drain();
  first.aborted(running->task);
  EXPECT_TRUE(first.session->has_failed());
  TargetRig third;
  ask_to_join(third, first, wire::Cid(3));
  EXPECT_EQ(login_status(third), LoginStatus::success);
  EXPECT_FALSE(first.session->has_failed());
}

// ------------------------------------------------------------------------------------------------------- continuation

TEST_F(Rfc7143_6_3_6_TargetContinuation, ByTheOldCidOrByANewOne) {
  for (const wire::Cid cid : {wire::Cid(3), wire::Cid(4)}) {
    TargetRig lost;
    log_in(lost);
    lost.connection->peer_closed(lost.now);
    lost.drain();
    lost.destroy_connection();
    lost.advance(std::chrono::seconds(20));
    ASSERT_TRUE(lost.session->has_failed());
    TargetRig second;
    ask_to_join(second, lost, cid);
    EXPECT_EQ(login_status(second), LoginStatus::success);
    EXPECT_FALSE(lost.session->has_failed());
    lost.advance(std::chrono::seconds(20));
    EXPECT_FALSE(lost.take<SessionEnded>()) << "it is in use again";
  }
}

// Functions that the device still works on outlive their connection, and none that comes back has room for more.
TEST_F(Rfc7143_6_3_6_TargetContinuation, BringsNoRoomForMoreFunctions) {
  const auto reset = [](std::uint32_t itt) {
    return wire::TaskManagementRequest::build({.immediate = true,
                                               .function = wire::TaskManagementFunction::logical_unit_reset,
                                               .lun = {},
                                               .itt = wire::Itt(itt),
                                               .cmd_sn = wire::CmdSN(100)});
  };
  TargetRig lost;
  log_in(lost);
  const std::uint32_t most = SessionLimits().management_functions;
  for (std::uint32_t i = 0; i < most; ++i) {
    lost.send(reset(50 + i));
    ASSERT_TRUE(lost.take<SubmitTaskManagement>());
  }
  lost.connection->peer_closed(lost.now);
  lost.drain();
  lost.destroy_connection();
  TargetRig second;
  ask_to_join(second, lost, wire::Cid(4));
  EXPECT_EQ(login_status(second), LoginStatus::success);
  second.send(reset(90));
  const auto answer = second.receive();
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->opcode(), ::testing::AnyOf(wire::Opcode::reject, wire::Opcode::task_management_response));
  EXPECT_FALSE(lost.take<SubmitTaskManagement>());
}

TEST_F(Rfc7143_6_3_6_TargetContinuation, ACommandThatWaitedForItsTurnHasToBeSentAgain) {
  first.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));  // behind a gap
  first.connection->peer_closed(first.now);
  first.drain();
  first.destroy_connection();
  TargetRig second;
  ask_to_join(second, first, wire::Cid(3));
  ASSERT_EQ(login_status(second), LoginStatus::success);
  second.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  EXPECT_TRUE(first.take<Submit>());
  EXPECT_FALSE(first.take<Submit>()) << "it went with its connection";
  second.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  EXPECT_TRUE(first.take<Submit>());
}

TEST_F(Rfc7143_6_3_6_TargetContinuation, NotAfterADropThatPromisedNothing) {
  first.connection->drop(first.now);
  first.drain();
  EXPECT_THAT(first.receive(), Is<wire::AsynchronousMessage>(With(&wire::AsynchronousMessage::Fields::parameter3, 0)));
  first.destroy_connection();
  EXPECT_TRUE(first.take<SessionEnded>());
}

// ----------------------------------------------------------------------------------------------------------- identity

//= ledger(target) R7143-9.2-11 R7143-9.2-12 R7143-9.2-13
TEST(Rfc7143_9_2_TargetIdentityOfConnections, IsThatOfTheSession) {
  text::ChapTarget::Config chap;
  chap.initiators = {{.name = "one", .secret = text::ChapSecret("a secret of some length")},
                     {.name = "two", .secret = text::ChapSecret("a secret of some length")}};
  TargetRig first;
  first.directory.policy.chap = chap;
  log_in_with_chap(first, "one");
  ASSERT_TRUE(first.logged_in);

  TargetRig other;
  other.directory.policy.chap = chap;
  other.join(first);
  EXPECT_EQ(log_in_with_chap(other, "two"), LoginStatus::authentication_failure);
  TargetRig unknown;
  ask_to_join(unknown, first, wire::Cid(3));
  EXPECT_EQ(login_status(unknown), LoginStatus::authentication_failure) << "without CHAP";
  EXPECT_FALSE(first.closed);

  TargetRig same;
  same.directory.policy.chap = chap;
  same.join(first);
  EXPECT_EQ(log_in_with_chap(same, "one"), std::nullopt) << "waits for the old connection to go";
  EXPECT_TRUE(first.closed);
  first.destroy_connection();
  EXPECT_EQ(login_status(same), LoginStatus::success);
}

}  // namespace
}  // namespace lunway::session::testing
