// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-In and R2T PDUs that are lost or damaged at ErrorRecoveryLevel 1.

#include "session/testing/initiator_recovery_ladder.h"

namespace lunway::session {
namespace {

using Rfc7143_7_8_InitiatorDataRecovery = InitiatorRecoveryLadder;

//= ledger R7143-7.8-05 R7143-7.8-06 R7143-11.16.4-02 R7143-11.16.5-04
TEST_F(Rfc7143_7_8_InitiatorDataRecovery, DamagedDataIsAskedForAgain) {
  const TaskId task = read(1536);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0});
  damaged_data(itt, {.sn = 1, .offset = 512});
  expect_data_snack(itt, 1, 1);
  const wire::StatSN status = lose_response();
  data(itt, {.sn = 2, .offset = 1024, .status = status});
  EXPECT_TRUE(rig.done.empty());
  data(itt, {.sn = 1, .offset = 512});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 1536U);
  expect_buffer(1536);
  expect_silence();
}

TEST_F(Rfc7143_7_8_InitiatorDataRecovery, TornDataIsJudgedAlike) {
  for (const Cut cut : {Cut::byte_by_byte, Cut::header_then_window}) {
    rig.cut = cut;
    const TaskId task = read(1024);
    const wire::Itt itt = sent<wire::ScsiCommand>().itt;
    damaged_data(itt, {.sn = 0});
    expect_data_snack(itt, 0, 1);
    data(itt, {.sn = 1, .offset = 512, .status = lose_response()});
    data(itt, {.sn = 0});
    ASSERT_NE(completion(task), nullptr);
    expect_buffer(1024);
  }
}

TEST_F(Rfc7143_7_8_InitiatorDataRecovery, TheStatusOfADamagedDataInIsDiscardedToo) {
  const TaskId task = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN status = lose_response();
  damaged_data(itt, {.sn = 0, .status = status});
  expect_data_snack(itt, 0, 1);
  EXPECT_TRUE(rig.done.empty());
  data(itt, {.sn = 0, .status = status});
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_7_8_InitiatorDataRecovery, DamageInTheRepetitionIsRepeatedOnlySoOften) {
  const TaskId task = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  damaged_data(itt, {.sn = 0});
  for (std::uint32_t i = 1; i < InitiatorConnectionLimits().data_requests; ++i) damaged_data(itt, {.sn = 0});
  rig.sent.clear();
  damaged_data(itt, {.sn = 0});
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::task_management_request);
  EXPECT_EQ(completion(task), nullptr);
}

//= ledger R7143-7.8-09
TEST_F(Rfc7143_7_8_InitiatorDataRecovery, ARefusedSnackEndsTheCommandThatHasItsStatus) {
  const TaskId task = read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  damaged_data(itt, {.sn = 0});
  data(itt, {.sn = 1, .offset = 512, .status = lose_response()});
  const SentPdu snack = rig.next_sent();
  EXPECT_TRUE(rig.done.empty());
  reject(wire::RejectReason::snack_reject, snack.header);
  EXPECT_EQ(rig.fault_of(task), TaskFault::data_refused);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_7_8_InitiatorDataRecovery, ARefusedSnackWaitsForTheStatus) {
  const TaskId good = read(1024);
  const wire::Itt first = sent<wire::ScsiCommand>().itt;
  damaged_data(first, {.sn = 0});
  reject(wire::RejectReason::snack_reject, rig.next_sent().header);
  EXPECT_TRUE(rig.done.empty());
  // GOOD over data that is lost would be a lie.
  respond(first, {.exp_data_sn = wire::DataSN(1)});
  EXPECT_EQ(rig.fault_of(good), TaskFault::data_refused);

  const TaskId check = read(1024);
  const wire::Itt second = sent<wire::ScsiCommand>().itt;
  damaged_data(second, {.sn = 0});
  reject(wire::RejectReason::snack_reject, rig.next_sent().header);
  respond(second, {.status = wire::ScsiStatus::busy});
  ASSERT_NE(completion(check), nullptr);
  EXPECT_EQ(completion(check)->status, wire::ScsiStatus::busy);
}

using Rfc7143_7_9_InitiatorDataGaps = InitiatorRecoveryLadder;

//= ledger R7143-7.9-01 R7143-7.9-04 R7143-11.7.2-08 R7143-11.16.1-01
TEST_F(Rfc7143_7_9_InitiatorDataGaps, AGapInDataSnIsAskedForBeforeTheStatusIsAcknowledged) {
  const TaskId task = read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const wire::StatSN status = lose_response();
  data(itt, {.sn = 0});
  data(itt, {.sn = 3, .offset = 1536, .status = status});
  const auto snack = sent<wire::SnackRequest>();
  EXPECT_EQ(snack.beg_run, 1U);
  EXPECT_EQ(snack.run_length, 2U);
  EXPECT_EQ(snack.exp_stat_sn, status);
  // What is sent meanwhile does not acknowledge it either.
  (void)write(512);
  EXPECT_EQ(sent<wire::ScsiCommand>().exp_stat_sn, status);
  data(itt, {.sn = 1, .offset = 512});
  EXPECT_TRUE(rig.done.empty());
  data(itt, {.sn = 2, .offset = 1024});
  ASSERT_NE(completion(task), nullptr);
  expect_buffer(2048);
  (void)write(512);
  EXPECT_EQ(sent<wire::ScsiCommand>().exp_stat_sn, status.next());
}

//= ledger R7143-7.9-01
TEST_F(Rfc7143_7_9_InitiatorDataGaps, ExpDataSnTellsOfDataAtTheEnd) {
  const TaskId task = read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0});
  respond(itt, {.exp_data_sn = wire::DataSN(2)});
  expect_data_snack(itt, 1, 1);
  data(itt, {.sn = 1, .offset = 512});
  ASSERT_NE(completion(task), nullptr);
  expect_buffer(1024);
}

//= ledger R7143-7.9-05
TEST_F(Rfc7143_7_9_InitiatorDataGaps, DuplicatesAreDiscarded) {
  const TaskId task = read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0});
  buffer[0] = std::byte{0x77};
  data(itt, {.sn = 0});
  EXPECT_EQ(buffer[0], std::byte{0x77});
  const wire::StatSN status = lose_response();
  data(itt, {.sn = 1, .offset = 512, .status = status});
  EXPECT_NE(completion(task), nullptr);
  // Late ones of a command that is over, with status and without.
  data(itt, {.sn = 1, .offset = 512, .status = status});
  data(itt, {.sn = 0});
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.done.size(), 1U);
}

TEST_F(Rfc7143_7_9_InitiatorDataGaps, ASnackWithoutEffectIsRepeatedAndThenTheTaskAborted) {
  (void)read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  data(itt, {.sn = 1, .offset = 512});
  expect_data_snack(itt, 0, 1);
  const InitiatorConnectionLimits limits;
  for (std::uint32_t i = 1; i < limits.recovery_attempts; ++i) {
    rig.advance(limits.recovery_time);
    // A target that says nothing is pinged as well.
    expect_data_snack(itt, 0, 1);
    (void)answer_ping();
  }
  rig.advance(limits.recovery_time);
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::task_management_request);
}

//= ledger R7143-7.9-01
TEST_F(Rfc7143_7_9_InitiatorDataGaps, AMissingR2tIsAskedForAndItsDataSent) {
  const TaskId task = write(65536);
  const auto command = sent<wire::ScsiCommand>();
  const auto immediate = static_cast<std::uint32_t>(last.data.size());
  r2t(command.itt, 1, immediate + 1024, 1024);
  expect_data_snack(command.itt, 0, 1);
  expect_data_out(0x501, 0, immediate + 1024, 1024, true);
  r2t(command.itt, 0, immediate, 1024);
  expect_data_out(0x500, 0, immediate, 1024, true);
  // "duplicate R2TSNs (due to proactive retransmission of R2Ts by the target)"
  r2t(command.itt, 0, immediate, 1024);
  expect_silence();
  r2t(command.itt, 2, immediate + 2048, 65536 - 2048 - immediate);
  rig.sent.clear();
  respond(command.itt);
  EXPECT_NE(completion(task), nullptr);
}

using Rfc7143_7_1_4_1_InitiatorRecoveryR2t = InitiatorRecoveryLadder;

TEST_F(Rfc7143_7_1_4_1_InitiatorRecoveryR2t, DataIsSentAgainForARangeThatWasSent) {
  const TaskId task = write(16384);
  const auto command = sent<wire::ScsiCommand>();
  const auto immediate = static_cast<std::uint32_t>(last.data.size());
  ASSERT_LT(immediate, 16384U);
  r2t(command.itt, 0, immediate, 16384 - immediate);
  expect_data_out(0x500, 0, immediate, 16384 - immediate, true);
  reject(wire::RejectReason::data_digest_error, last.header);
  r2t(command.itt, 1, immediate, 512);
  expect_data_out(0x501, 0, immediate, 512, true);
  respond(command.itt);
  EXPECT_NE(completion(task), nullptr);
  EXPECT_EQ(rig.closed(), nullptr);
}

//= ledger R7143-7.1.4.1-01
TEST_F(Rfc7143_7_1_4_1_InitiatorRecoveryR2t, AnR2tThatDoesNotComeIsLeftToTheTarget) {
  (void)write(65536);
  (void)sent<wire::ScsiCommand>();
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  for (int i = 0; i < 3; ++i) {
    rig.advance(InitiatorConnectionLimits().recovery_time);
    (void)answer_ping();
    expect_silence();
  }
}

using Rfc7143_11_16_2_InitiatorDataAck = InitiatorRecoveryLadder;

//= ledger R7143-11.7.2-05 R7143-11.16.2-01 R7143-11.16.4-01 R7143-11.16.5-03 R7143-11.16.7-01
TEST_F(Rfc7143_11_16_2_InitiatorDataAck, FollowsTheABit) {
  (void)read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0, .acknowledge = true});
  const auto ack = sent<wire::SnackRequest>();
  EXPECT_EQ(ack.type, wire::SnackType::data_ack);
  EXPECT_EQ(ack.itt, wire::kNoItt);
  EXPECT_EQ(ack.ttt, wire::Ttt(0x700));
  EXPECT_EQ(ack.lun, wire::Lun::from_flat(3));
  EXPECT_EQ(ack.beg_run, 1U);
  EXPECT_EQ(ack.run_length, 0U);
}

//= ledger R7143-11.7.2-07 R7143-11.16.2-02 R7143-11.16.2-04
TEST_F(Rfc7143_11_16_2_InitiatorDataAck, WaitsUntilNothingIsMissing) {
  (void)read(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0});
  data(itt, {.sn = 2, .offset = 1024, .acknowledge = true});
  expect_data_snack(itt, 1, 1);
  expect_silence();
  data(itt, {.sn = 1, .offset = 512});
  const auto ack = sent<wire::SnackRequest>();
  EXPECT_EQ(ack.type, wire::SnackType::data_ack);
  EXPECT_EQ(ack.ttt, wire::Ttt(0x702));
  EXPECT_EQ(ack.beg_run, 3U);
}

}  // namespace
}  // namespace lunway::session
