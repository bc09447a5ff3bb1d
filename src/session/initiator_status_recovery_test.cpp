// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Responses and commands that are lost or damaged at ErrorRecoveryLevel 1.

#include "session/testing/initiator_recovery_ladder.h"
#include "wire/task_management_request.h"

namespace lunway::session {
namespace {

using Rfc7143_7_9_InitiatorMissingStatus = InitiatorRecoveryLadder;
using Rfc7143_7_8_InitiatorDamagedStatus = InitiatorRecoveryLadder;

//= ledger R7143-7.9-03 R7143-11.16.4-01
TEST_F(Rfc7143_7_9_InitiatorMissingStatus, IsAskedForAndTakenInOrder) {
  const TaskId first = write(512);
  const TaskId second = write(512);
  const wire::Itt itt1 = sent<wire::ScsiCommand>().itt;
  const wire::Itt itt2 = sent<wire::ScsiCommand>().itt;
  const wire::StatSN missing = lose_response();
  const wire::StatSN next = lose_response();
  rig.deliver(response(itt2, next));
  expect_status_snack(missing);
  EXPECT_TRUE(rig.done.empty());
  // One SNACK is enough for what else comes too early.
  rig.deliver(response(itt2, next));
  expect_silence();
  rig.deliver(response(itt1, missing));
  rig.deliver(response(itt2, next));
  EXPECT_NE(completion(first), nullptr);
  EXPECT_NE(completion(second), nullptr);
  EXPECT_EQ(rig.closed(), nullptr);
}

//= ledger R7143-7.8-10 R7143-7.8-11 R7143-7.8-12
TEST_F(Rfc7143_7_8_InitiatorDamagedStatus, IsLikeALostOne) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN status = lose_response();
  const std::vector<std::byte> sense(20);
  deliver_damaged(response(itt, status, {.status = wire::ScsiStatus::check_condition}), sense);
  expect_status_snack(status);
  EXPECT_TRUE(rig.done.empty());
  rig.deliver(response(itt, status));
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_7_8_InitiatorDamagedStatus, OfAPingHasNoNumberToAskFor) {
  deliver_damaged(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.stat_sn = rig.stat_sn})),
                  Bytes(pattern).first(8));
  expect_silence();
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_7_9_InitiatorMissingStatus, ComesOnceMoreWithItsData) {
  const TaskId task = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN lost = lose_response();
  const wire::StatSN status = lose_response();
  data(itt, {.sn = 0, .status = status});
  expect_status_snack(lost);
  rig.deliver(wire::Reject::build(
                  rig.windowed(wire::Reject::Fields{.reason = wire::RejectReason::protocol_error, .stat_sn = lost})),
              Bytes(wire::SnackRequest::build({})));
  EXPECT_TRUE(rig.done.empty());
  data(itt, {.sn = 0, .status = status});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 512U);
}

//= ledger R7143-7.9-05
TEST_F(Rfc7143_7_9_InitiatorMissingStatus, ADuplicateIsDiscarded) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN status = lose_response();
  rig.deliver(response(itt, status));
  rig.deliver(response(itt, status));
  EXPECT_NE(completion(task), nullptr);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_7_9_InitiatorMissingStatus, IsAskedForOnlySoOften) {
  (void)write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN missing = lose_response();
  rig.deliver(response(itt, lose_response()));
  const InitiatorConnectionLimits limits;
  expect_status_snack(missing);
  for (std::uint32_t i = 1; i < limits.recovery_attempts; ++i) {
    rig.advance(limits.recovery_time);
    expect_status_snack(missing);
    rig.sent.clear();
  }
  rig.advance(limits.recovery_time);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::recovery_failed);
}

using Rfc7143_7_1_4_2_InitiatorSilence = InitiatorRecoveryLadder;

TEST_F(Rfc7143_7_1_4_2_InitiatorSilence, APingOfTheTargetTellsOfAResponseThatIsMissing) {
  (void)write(512);
  (void)sent<wire::ScsiCommand>();
  const wire::StatSN missing = lose_response();
  rig.deliver(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.stat_sn = rig.stat_sn})));
  expect_status_snack(missing);
}

TEST_F(Rfc7143_7_1_4_2_InitiatorSilence, TheEchoOfAPingTellsOfAResponseThatIsMissing) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  const wire::StatSN missing = lose_response();
  rig.advance(InitiatorConnectionLimits().recovery_time);
  const wire::StatSN echo = rig.stat_sn;
  const auto ping = answer_ping();
  expect_status_snack(missing);
  rig.deliver(response(itt, missing));
  rig.deliver(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.itt = ping.itt, .stat_sn = echo})));
  EXPECT_NE(completion(task), nullptr);
  expect_silence();
}

TEST_F(Rfc7143_7_1_4_2_InitiatorSilence, NobodyIsPingedWhoOwesNothing) {
  const TaskId task = write(512);
  respond(sent<wire::ScsiCommand>().itt);
  EXPECT_NE(completion(task), nullptr);
  rig.advance(std::chrono::minutes(10));
  expect_silence();
  EXPECT_EQ(rig.connection.deadline(), kNever);
}

TEST_F(Rfc7143_7_1_4_2_InitiatorSilence, ALostPingIsNotWaitedFor) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  const InitiatorConnectionLimits limits;
  rig.advance(limits.recovery_time);
  (void)rig.next_sent();  // lost
  for (int i = 0; i < 20; ++i) {
    rig.advance(limits.recovery_time);
    (void)answer_ping();
  }
  EXPECT_EQ(rig.closed(), nullptr);
  respond(itt);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_7_1_4_2_InitiatorSilence, ATargetThatNeverAnswersLosesTheConnection) {
  (void)write(512);
  rig.advance(std::chrono::minutes(1));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::target_silent);
}

using Rfc7143_7_2_1_InitiatorRetry = InitiatorRecoveryLadder;

//= ledger R7143-7.2.1-01 R7143-7.2.1-03 R7143-7.2.1-04 R7143-7.1.4.2-01 R7143-7.11-01
TEST_F(Rfc7143_7_2_1_InitiatorRetry, PlugsTheGapThatTheEchoProves) {
  const TaskId task = write(512);
  const auto command = sent<wire::ScsiCommand>();
  const SentPdu original = last;
  (void)write(512);
  (void)sent<wire::ScsiCommand>();
  // T has received neither.
  rig.advance(InitiatorConnectionLimits().recovery_time);
  (void)answer_ping();
  const auto again = sent<wire::ScsiCommand>();
  EXPECT_EQ(again.itt, command.itt);
  EXPECT_EQ(again.cmd_sn, command.cmd_sn);
  EXPECT_EQ(again.cdb, command.cdb);
  EXPECT_EQ(again.lun, command.lun);
  EXPECT_EQ(again.attribute, command.attribute);
  EXPECT_EQ(again.final, command.final);
  EXPECT_EQ(again.expected_data_transfer_length, command.expected_data_transfer_length);
  EXPECT_EQ(last.data, original.data);
  // Now T has the first, and the second is missing still.
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  (void)answer_ping();
  EXPECT_EQ(sent<wire::ScsiCommand>().cmd_sn, command.cmd_sn.next());
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  (void)answer_ping();
  expect_silence();
  respond(command.itt);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_7_2_1_InitiatorRetry, IsNotForCommandsThatHaveArrived) {
  (void)write(512);
  (void)sent<wire::ScsiCommand>();
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  rig.advance(InitiatorConnectionLimits().recovery_time);
  (void)answer_ping();
  expect_silence();
}

TEST_F(Rfc7143_7_2_1_InitiatorRetry, HappensOnlySoOften) {
  (void)write(512);
  (void)sent<wire::ScsiCommand>();
  rig.advance(InitiatorConnectionLimits().recovery_time);
  for (std::uint32_t i = 0; i < InitiatorConnectionLimits().recovery_attempts; ++i) {
    (void)answer_ping();
    (void)sent<wire::ScsiCommand>();
  }
  (void)answer_ping();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::recovery_failed);
}

using Rfc7143_7_3_InitiatorRetry = InitiatorRecoveryLadder;

//= ledger R7143-7.3-03
TEST_F(Rfc7143_7_3_InitiatorRetry, FollowsTheRejectOfACommandWithDamagedImmediateData) {
  const TaskId task = write(65536);
  const auto command = sent<wire::ScsiCommand>();
  const SentPdu original = last;
  reject(wire::RejectReason::data_digest_error, original.header);
  const auto again = sent<wire::ScsiCommand>();
  EXPECT_EQ(again.cmd_sn, command.cmd_sn);
  EXPECT_EQ(again.itt, command.itt);
  EXPECT_EQ(last.data, original.data);
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  (void)answer_ping();
  const auto immediate = static_cast<std::uint32_t>(original.data.size());
  r2t(command.itt, 0, immediate, 65536 - immediate);
  rig.sent.clear();
  respond(command.itt);
  EXPECT_NE(completion(task), nullptr);
}

}  // namespace
}  // namespace lunway::session
