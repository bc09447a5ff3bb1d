// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connections that are lost at ErrorRecoveryLevel 2: what is said to the target so that their tasks go on.
//= rfc7143#7.1.4.3
//= rfc7143#7.2.2

#include <algorithm>
#include <chrono>

#include "session/testing/initiator_connection_recovery_ladder.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

using Rfc7143_7_1_4_3_InitiatorConnectionRecovery = ConnectionRecoveryLadder;
using Rfc7143_7_2_1_InitiatorConnectionRecovery = ConnectionRecoveryLadder;
using Rfc7143_7_2_2_InitiatorReassign = ConnectionRecoveryLadder;
using Rfc7143_11_5_6_InitiatorReassign = ConnectionRecoveryLadder;

// ------------------------------------------------------------------------------------------------ a login in its place

//= ledger R7143-7.1.4.3-02 R7143-7.1.4.3-03 R7143-11.14-07 R7143-7.2.2-01 R7143-11.5.1-18 R7143-11.5.1-22 R7143-8.2-01
//= ledger R7143-6.3.4-01 R7143-6.3.4-04
TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, ALoginWithTheSameCidComesBeforeTheReassignment) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  lose();
  EXPECT_TRUE(rig.done.empty()) << "the task goes on";
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::failed);
  ASSERT_EQ(rig.session.lost_connections().size(), 1U);

  const std::vector<SentPdu> requests = log_in_again();
  const auto login = requests.front().as<wire::LoginRequest>();
  EXPECT_EQ(login.tsih, rig.session.tsih());
  EXPECT_EQ(login.cid, kRigCid);
  EXPECT_EQ(login.exp_stat_sn, rig.stat_sn) << "of the old connection (11.12.9)";
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::logged_in);
  EXPECT_TRUE(rig.session.lost_connections().empty());

  const auto request = expect_reassign(itt, 1);
  EXPECT_TRUE(request.immediate);
  EXPECT_EQ(request.ref_cmd_sn, wire::CmdSN{});
  EXPECT_EQ(request.lun, wire::Lun{});
  answer(request.itt);
  EXPECT_TRUE(rig.done.empty());
  respond_next(itt, {.residual = {wire::Residual::Kind::underflow, 512}});
  EXPECT_NE(completion(task), nullptr);
  EXPECT_EQ(rig.done.size(), 1U) << "of the engine's own requests nobody hears";
}

TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, ALoginThatFailsIsTriedAgain) {
  write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  lose();
  next.emplace(rig, kRigCid);
  collect();
  EXPECT_TRUE(rig.session.lost_connections().front().in_cleanup);
  next->connection.transport_ended(rig.time);
  EXPECT_FALSE(rig.session.lost_connections().front().in_cleanup);
  EXPECT_TRUE(rig.done.empty());
  next_sent.clear();
  log_in_again();
  expect_reassign(itt);
}

TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, WhatWasNotSentWaitsForTheConnection) {
  lose();
  const TaskId task = *rig.session.submit(rig.time, {.cdb = kCdb});
  log_in_again();
  const auto command = sent_next<wire::ScsiCommand>();
  EXPECT_EQ(command.cmd_sn, wire::CmdSN(kRigFirstCmdSN));
  receive_all(1);
  respond_next(command.itt);
  EXPECT_NE(completion(task), nullptr);
}

// ---------------------------------------------------------------------------------------- a logout on another
// connection

//= ledger R7143-7.1.4.3-02 R7143-7.1.4.3-03 R7143-8.2-01 R7143-11.14-07
TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, AnotherConnectionLogsItOutAndTakesItsTasks) {
  log_in_again(kSecondCid);
  write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  lose();
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::logged_in);
  EXPECT_TRUE(is_silent()) << "it is for the owner to say when";
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  EXPECT_FALSE(rig.session.recover(rig.time, kRigCid)) << "it is under way";
  const auto logout = sent_next<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::remove_for_recovery);
  EXPECT_EQ(logout.cid, kRigCid);
  EXPECT_EQ(logout.exp_stat_sn, rig.stat_sn) << "of the connection that is removed (11.14.4)";
  EXPECT_TRUE(is_silent());
  answer_logout(logout.itt);
  const auto request = expect_reassign(itt, 1);
  answer(request.itt);
  respond_next(itt);
  EXPECT_EQ(rig.done.size(), 1U);
}

using Rfc7143_11_15_3_InitiatorConnectionRecovery = ConnectionRecoveryLadder;

//= ledger R7143-11.15.3-01
TEST_F(Rfc7143_11_15_3_InitiatorConnectionRecovery, TheReassignmentWaitsAsTheLogoutResponseSays) {
  log_in_again(kSecondCid);
  write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  lose();
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  answer_logout(sent_next<wire::LogoutRequest>().itt, {.time2wait = 3, .time2retain = 10});
  advance(seconds(2));
  EXPECT_TRUE(is_silent());
  advance(seconds(1));
  expect_reassign(itt, 1);
}

//= ledger R7143-11.15.3-01
TEST_F(Rfc7143_11_15_3_InitiatorConnectionRecovery, AFailedCleanupMayBeTriedAgainAfterItsTime2Wait) {
  log_in_again(kSecondCid);
  lose();
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  answer_logout(sent_next<wire::LogoutRequest>().itt,
                {.response = wire::LogoutResponseCode::cleanup_failed, .time2wait = 4, .time2retain = 10});
  const auto lost = rig.session.lost_connections();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].recover_at, rig.time + seconds(4));
  EXPECT_EQ(lost[0].recover_until, rig.time + seconds(14));
  EXPECT_FALSE(lost[0].in_cleanup);
  EXPECT_TRUE(rig.session.recover(rig.time, kRigCid));
}

TEST_F(Rfc7143_11_15_3_InitiatorConnectionRecovery, ATargetThatDoesNotSupportItLosesTheSession) {
  log_in_again(kSecondCid);
  const TaskId task = write(512);
  lose();
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  answer_logout(sent_next<wire::LogoutRequest>().itt, {.response = wire::LogoutResponseCode::recovery_not_supported});
  EXPECT_FALSE(rig.session.recovers_connections());
  ASSERT_NE(next->closed(), nullptr);
  EXPECT_EQ(next->closed()->reason, InitiatorCloseReason::recovery_failed);
  lose_next();
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, ALogoutThatIsLostIsSentAgain) {
  log_in_again(kSecondCid);
  lose();
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  sent_next<wire::LogoutRequest>();
  lose_next();
  ASSERT_EQ(rig.session.lost_connections().size(), 2U);
  EXPECT_FALSE(rig.session.lost_connections()[0].in_cleanup);
  log_in_again(wire::Cid(2));
  ASSERT_TRUE(rig.session.recover(rig.time, kRigCid));
  ASSERT_TRUE(rig.session.recover(rig.time, kSecondCid));
  EXPECT_EQ(sent_next<wire::LogoutRequest>().cid, kRigCid);
  EXPECT_EQ(sent_next<wire::LogoutRequest>().cid, kSecondCid);
}

// ------------------------------------------------------------------------------------------ what the target has
// received

//= ledger R7143-7.2.1-01 R7143-7.2.1-03 R7143-7.2.1-04
TEST_F(Rfc7143_7_2_1_InitiatorConnectionRecovery, ACommandThatTheTargetHasNotReceivedIsSentAgainAsItWas) {
  const TaskId first = read(512);
  const auto once = sent<wire::ScsiCommand>();
  lose();
  log_in_again();
  const auto again = sent_next<wire::ScsiCommand>();
  EXPECT_EQ(again.itt, once.itt);
  EXPECT_EQ(again.cmd_sn, once.cmd_sn);
  EXPECT_EQ(again.cdb, once.cdb);
  EXPECT_EQ(again.lun, once.lun);
  EXPECT_EQ(again.expected_data_transfer_length, once.expected_data_transfer_length);
  receive_all(1);
  data_in_next(again.itt, 0, 0, 512);
  respond_next(again.itt, {.exp_data_sn = wire::DataSN(1)});
  EXPECT_NE(completion(first), nullptr);
  expect_buffer(512);
}

TEST_F(Rfc7143_7_2_1_InitiatorConnectionRecovery, NothingIsSentForATaskThatEndsBeforeItsTurn) {
  write(512);
  const wire::Itt received = sent<wire::ScsiCommand>().itt;
  write(512);
  const auto missing = sent<wire::ScsiCommand>();
  receive_all(1);
  lose();
  log_in_again();
  expect_reassign(received);
  EXPECT_EQ(sent_next<wire::ScsiCommand>().cmd_sn, missing.cmd_sn);
  EXPECT_TRUE(is_silent());
}

// ------------------------------------------------------------------------------------------------------------
// ExpDataSN

//= ledger R7143-11.5.6-04
TEST_F(Rfc7143_11_5_6_InitiatorReassign, OfAReadIsTheNumberOfWhatArrivedInOrder) {
  const TaskId task = read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  data_in(itt, 0, 0, 512, false, false);
  data_in(itt, 1, 512, 512, false, false);
  lose();
  log_in_again();
  answer(expect_reassign(itt, 2).itt);
  data_in_next(itt, 2, 1024, 1024);
  respond_next(itt, {.exp_data_sn = wire::DataSN(3)});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 2048U);
  expect_buffer(2048);
}

//= ledger R7143-11.5.6-01 R7143-11.5.6-04
TEST_F(Rfc7143_11_5_6_InitiatorReassign, WhatLiesBehindAGapComesAgain) {
  const TaskId task = read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  data_in(itt, 0, 0, 512, false, false);
  data_in(itt, 2, 1024, 512, false, false);
  lose();
  log_in_again();
  answer(expect_reassign(itt, 1).itt);
  // Cut in another way than before.
  data_in_next(itt, 1, 512, 1536);
  EXPECT_EQ(completion(task), nullptr);
  respond_next(itt, {.exp_data_sn = wire::DataSN(2)});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 2048U);
  expect_buffer(2048);
}

//= ledger R7143-11.5.6-01
TEST_F(Rfc7143_11_5_6_InitiatorReassign, WithoutTheDataOfItsGapAReadIsNotComplete) {
  const TaskId task = read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  data_in(itt, 0, 0, 512, false, false);
  data_in(itt, 2, 1024, 1024, false, true);
  lose();
  log_in_again();
  answer(expect_reassign(itt, 1).itt);
  data_in_next(itt, 1, 512, 512);
  respond_next(itt, {.exp_data_sn = wire::DataSN(2)});
  EXPECT_EQ(rig.fault_of(task), TaskFault::data_missing) << "what was not acknowledged was discarded";
}

//= ledger R7143-7.2.2-04 R7143-7.2.2-10
TEST_F(Rfc7143_7_2_2_InitiatorReassign, DataIsAskedForAgainBehindExpDataSnOnly) {
  read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  data_in(itt, 0, 0, 512, false, false);
  data_in(itt, 1, 512, 512, false, false);
  lose();
  log_in_again();
  answer(expect_reassign(itt, 2).itt);
  data_in_next(itt, 3, 1536, 512);
  const auto snack = sent_next<wire::SnackRequest>();
  EXPECT_EQ(snack.type, wire::SnackType::data_or_r2t);
  EXPECT_EQ(snack.beg_run, 2U);
  EXPECT_EQ(snack.run_length, 1U);
  EXPECT_EQ(snack.snack_tag, wire::kNoSnackTag);
}

TEST_F(Rfc7143_11_5_6_InitiatorReassign, AStatusThatWaitedForDataComesAgain) {
  const TaskId task = read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  data_in(itt, 1, 512, 512, false, true);
  const wire::StatSN held = rig.stat_sn;
  respond(itt, {.exp_data_sn = wire::DataSN(2)});
  EXPECT_EQ(completion(task), nullptr);
  lose();
  const auto login = log_in_again().front().as<wire::LoginRequest>();
  EXPECT_EQ(login.exp_stat_sn, held) << "it was not acknowledged";
  answer(expect_reassign(itt).itt);
  data_in_next(itt, 0, 0, 1024);
  EXPECT_EQ(completion(task), nullptr);
  respond_next(itt, {.exp_data_sn = wire::DataSN(1)});
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_7_2_2_InitiatorReassign, AWriteTakesR2tsWhateverTheirNumber) {
  for (const std::uint32_t number : {1U, 0U}) {
    SCOPED_TRACE(number);
    const TaskId task = write(512);
    const wire::Itt itt = number == 1 ? sent<wire::ScsiCommand>().itt : sent_next<wire::ScsiCommand>().itt;
    receive_all(2 - number);
    const wire::ReadyToTransfer::Fields asks{.lun = wire::Lun::from_flat(3),
                                             .itt = itt,
                                             .ttt = wire::Ttt(0x900),
                                             .r2t_sn = wire::R2TSN(number),
                                             .desired_data_transfer_length = 512};
    if (number == 1) {
      r2t(itt, 0, 0, 512);
      lose();
    } else {
      tell_unnumbered(wire::ReadyToTransfer::build, asks);
      sent_next<wire::DataOut>();
      lose_next();
    }
    log_in_again();
    answer(expect_reassign(itt, 1).itt);
    tell_unnumbered(wire::ReadyToTransfer::build, asks);
    const auto data = sent_next<wire::DataOut>();
    EXPECT_EQ(data.buffer_offset, 0U);
    EXPECT_EQ(data.data_sn, wire::DataSN(0));
    respond_next(itt);
    EXPECT_NE(completion(task), nullptr);
  }
}

// -------------------------------------------------------------------------------------------- the answers of 11.6.1

struct Reassigned : ConnectionRecoveryLadder {
  Reassigned() {
    log_in_again(kSecondCid);
    task = write(512);
    itt = sent<wire::ScsiCommand>().itt;
    receive_all(1);
    r2t(itt, 0, 0, 512);
    lose();
    EXPECT_TRUE(rig.session.recover(rig.time, kRigCid));
    answer_logout(sent_next<wire::LogoutRequest>().itt);
    request = expect_reassign(itt, 1);
  }

  TaskId task;
  wire::Itt itt;
  wire::TaskManagementRequest::Fields request;
};
using Rfc7143_11_6_1_InitiatorReassignAnswer = Reassigned;

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, ATaskThatDoesNotExistHasNoEndThatIsKnown) {
  answer(request.itt, Code::task_does_not_exist);
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
  EXPECT_FALSE(rig.result_of<TaskFailure>(task)->never_sent);
  EXPECT_TRUE(rig.session.recovers_connections()) << "the session goes on";
  // What comes for it after all is late.
  respond_next(itt);
  EXPECT_EQ(next->closed(), nullptr);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, NorHasOneWhoseUnitDoesNotExist) {
  answer(request.itt, Code::lun_does_not_exist);
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, OneThatIsStillAllegiantIsLoggedOutOnceMore) {
  answer(request.itt, Code::task_still_allegiant);
  const auto logout = sent_next<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::remove_for_recovery);
  EXPECT_EQ(logout.cid, kRigCid);
  answer_logout(logout.itt, {.response = wire::LogoutResponseCode::cid_not_found});
  answer(expect_reassign(itt, 1).itt);
  respond_next(itt);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, ButNotForEver) {
  for (int times = 0; times < 100 && rig.done.empty(); ++times) {
    answer(request.itt, Code::task_still_allegiant);
    answer_logout(sent_next<wire::LogoutRequest>().itt);
    if (rig.done.empty()) request = expect_reassign(itt, 1);
  }
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, WithoutReassignmentTheSessionIsLost) {
  answer(request.itt, Code::reassignment_not_supported);
  ASSERT_NE(next->closed(), nullptr);
  EXPECT_EQ(next->closed()->reason, InitiatorCloseReason::recovery_failed);
  lose_next();
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::failed);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, OneThatIsRejectedIsAborted) {
  answer(request.itt, Code::function_rejected);
  const auto abort = sent_next<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.function, Function::abort_task);
  EXPECT_EQ(abort.referenced_task_tag, itt);
  answer(abort.itt);
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

TEST_F(Rfc7143_11_6_1_InitiatorReassignAnswer, OneThatIsLostWithItsConnectionIsAskedForAnew) {
  lose_next();
  EXPECT_TRUE(rig.done.empty());
  log_in_again(kSecondCid);
  answer(expect_reassign(itt, 1).itt);
  respond_next(itt);
  EXPECT_NE(completion(task), nullptr);
}

// ------------------------------------------------------------------------------------------------------------- the
// time

using Rfc7143_7_5_InitiatorConnectionTimeout = ConnectionRecoveryLadder;

//= ledger R7143-7.5-01
TEST_F(Rfc7143_7_5_InitiatorConnectionTimeout, TheNegotiatedTimesCountFromTheLoss) {
  lose();
  const auto lost = rig.session.lost_connections();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].cid, kRigCid);
  EXPECT_EQ(lost[0].recover_at, rig.time + seconds(2));
  EXPECT_EQ(lost[0].recover_until, rig.time + seconds(22));
}

//= ledger R7143-7.5-02
TEST_F(Rfc7143_7_5_InitiatorConnectionTimeout, AfterTime2RetainTheSessionIsLost) {
  const TaskId task = write(512);
  const TaskId waits = *rig.session.submit(rig.time, {.cdb = kCdb});
  lose();
  advance(seconds(22));
  EXPECT_TRUE(rig.session.recovers_connections());
  EXPECT_TRUE(rig.done.empty());
  advance(seconds(1));
  EXPECT_FALSE(rig.session.recovers_connections());
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
  EXPECT_TRUE(rig.result_of<TaskFailure>(waits)->never_sent);
  EXPECT_FALSE(rig.session.submit(rig.time, {.cdb = kCdb}));
}

TEST_F(Rfc7143_7_5_InitiatorConnectionTimeout, ADropThatIsAnnouncedBringsItsOwnTimes) {
  rig.deliver(wire::AsynchronousMessage::build(rig.numbered(wire::AsynchronousMessage::Fields{
      .event = wire::AsyncEvent::connection_drop, .parameter1 = kRigCid.value(), .parameter2 = 5, .parameter3 = 7})));
  ASSERT_NE(rig.closed(), nullptr);
  lose();
  const auto lost = rig.session.lost_connections();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].recover_at, rig.time + seconds(5));
  EXPECT_EQ(lost[0].recover_until, rig.time + seconds(12));
}

//= ledger R7143-7.1.4.3-04
TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, ADropThatAnotherConnectionTellsOfIsALoss) {
  log_in_again(kSecondCid);
  tell(
      wire::AsynchronousMessage::build,
      wire::AsynchronousMessage::Fields{
          .event = wire::AsyncEvent::connection_drop, .parameter1 = kRigCid.value(), .parameter2 = 5, .parameter3 = 7});
  rig.pump();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::target_dropped);
  EXPECT_EQ(next->closed(), nullptr);
  lose();
  EXPECT_EQ(rig.session.lost_connections().at(0).recover_at, rig.time + seconds(5));
}

TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, ADropThatIsKnownIsNotThatOfTheNextConnection) {
  log_in_again(kSecondCid);
  lose();
  tell(
      wire::AsynchronousMessage::build,
      wire::AsynchronousMessage::Fields{
          .event = wire::AsyncEvent::connection_drop, .parameter1 = kRigCid.value(), .parameter2 = 5, .parameter3 = 7});
  EXPECT_EQ(rig.session.lost_connections().at(0).recover_at, rig.time + seconds(5));
  SecondConnection third(rig, kRigCid);
  third.log_in();
  EXPECT_EQ(third.closed(), nullptr);
  EXPECT_EQ(third.connection.state(), InitiatorConnectionState::logged_in);
}

TEST_F(Rfc7143_7_1_4_3_InitiatorConnectionRecovery, AConnectionThatIsToLeaveIsRemovedForRecovery) {
  write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  sent<wire::DataOut>();
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 2})));
  advance(seconds(2));
  const auto logout = sent<wire::LogoutRequest>();
  EXPECT_EQ(logout.reason, wire::LogoutReason::remove_for_recovery);
  EXPECT_EQ(logout.cid, kRigCid);
  rig.deliver(wire::LogoutResponse::build(
      rig.numbered(wire::LogoutResponse::Fields{.itt = logout.itt, .time2wait = 1, .time2retain = 9})));
  ASSERT_NE(rig.closed(), nullptr);
  lose();
  const auto lost = rig.session.lost_connections();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].recover_at, rig.time + seconds(1));
  EXPECT_EQ(lost[0].recover_until, rig.time + seconds(10));
  log_in_again();
  expect_reassign(itt, 1);
}

}  // namespace
}  // namespace lunway::session
