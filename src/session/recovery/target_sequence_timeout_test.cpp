// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Write data that does not come at all, or does not end, and R2Ts that get lost.
//= rfc7143#7.1.4.1

#include "session/command/write_transfer.h"
#include "session/testing/recovery_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::RejectReason;
using R2T = wire::ReadyToTransfer::Fields;
using std::chrono::seconds;

ConnectionLimits without_pings() {
  ConnectionLimits limits;
  limits.ping_after = Duration::zero();
  return limits;
}

constexpr Duration kWait = ConnectionLimits().sequence_wait;

class SequenceTimeout : public RecoveryLadder {
 protected:
  SequenceTimeout() : RecoveryLadder(without_pings()) {}

  /// A WRITE whose data is accepted at once.
  TaskId write(std::uint32_t length, bool final = true, std::uint32_t immediate = 0) {
    auto fields = write_fields(1, 100, length);
    fields.final = final;
    rig.send(wire::ScsiCommand::build(fields), Bytes(data).first(immediate));
    const auto submit = rig.take<Submit>();
    if (!submit) return {};
    rig.accept(submit->task, MutableBytes(memory).first(length));
    return submit->task;
  }
  wire::Ttt expect_r2t(std::uint32_t r2t_sn, std::uint32_t offset, std::uint32_t length) {
    const auto r2t = rig.receive();
    EXPECT_THAT(r2t,
                Is<wire::ReadyToTransfer>(With(&R2T::r2t_sn, wire::R2TSN(r2t_sn)), With(&R2T::buffer_offset, offset),
                                          With(&R2T::desired_data_transfer_length, length)));
    return r2t && r2t->opcode() == wire::Opcode::ready_to_transfer ? tag_of(r2t) : wire::kNoTtt;
  }
  void expect_all(std::uint32_t length) {
    const auto arrived = rig.take<DataArrived>();
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->failure, TransferFailure::none);
    EXPECT_TRUE(std::ranges::equal(Bytes(memory).first(length), Bytes(data).first(length)));
  }
};

using Rfc7143_7_1_4_1_SequenceTimeout = SequenceTimeout;
using Rfc7143_7_9_SequenceTimeout = SequenceTimeout;
using Rfc7143_11_16_R2tSnack = SequenceTimeout;

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, SendsALostR2tAgain) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  rig.advance(kWait - std::chrono::milliseconds(1));
  EXPECT_TRUE(rig.target_is_silent());
  rig.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(expect_r2t(0, 0, 1024), first);
  data_out(1, first, 0, 0, 1024, true);
  expect_all(1024);
}

/// An initiator that had the R2T discards its copy; the recovery R2T has a new number and a new tag.
TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksForLostDataWithARecoveryR2t) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  rig.advance(kWait);
  expect_r2t(0, 0, 1024);
  rig.advance(kWait);
  EXPECT_TRUE(rig.target_is_silent()) << "it waits twice as long now";
  rig.advance(kWait);
  const wire::Ttt second = expect_r2t(1, 0, 1024);
  EXPECT_NE(second, first);
  data_out(1, first, 0, 0, 1024, true);  // I -> T  late
  EXPECT_TRUE(rig.target_is_silent()) << "it was sent in good faith";
  EXPECT_FALSE(rig.take<DataArrived>());
  data_out(1, second, 0, 0, 1024, true);
  expect_all(1024);
}

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksForTheRestOfASequenceThatDoesNotEnd) {
  log_in_for_recovery({"ImmediateData=No"});
  write(2048);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  data_out(1, first, 0, 0, 512, false);
  rig.advance(kWait);
  data_out(1, expect_r2t(1, 512, 1536), 0, 512, 1536, true);
  expect_all(2048);
}

/// The gap shows at once, the lost end only by the clock.
TEST_F(Rfc7143_7_9_SequenceTimeout, EndsASequenceWithAGapThatDoesNotEnd) {
  log_in_for_recovery({"ImmediateData=No"});
  write(2048);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  data_out(1, first, 1, 512, 512, false);
  rig.advance(kWait);
  data_out(1, expect_r2t(1, 0, 2048), 0, 0, 2048, true);
  expect_all(2048);
}

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksForUnsolicitedDataByR2t) {
  log_in_for_recovery({"InitialR2T=No"});
  write(2048, false, 512);
  data_out(1, wire::kNoTtt, 0, 512, 512, false);
  rig.advance(kWait);
  const wire::Ttt tag = expect_r2t(0, 1024, 1024);
  data_out(1, wire::kNoTtt, 1, 1024, 1024, true);  // I -> T  late
  EXPECT_TRUE(rig.target_is_silent());
  data_out(1, tag, 0, 1024, 1024, true);
  expect_all(2048);
}

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, CountsFromTheLastData) {
  log_in_for_recovery({"ImmediateData=No"});
  write(2048);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  for (std::uint32_t sn = 0; sn < 4; ++sn) {
    rig.advance(kWait - seconds(1));
    EXPECT_TRUE(rig.target_is_silent());
    data_out(1, first, sn, sn * 512, 512, sn == 3);
  }
  expect_all(2048);
}

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksAFewTimesOnly) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  std::uint32_t asked = 0;
  for (int i = 0; i < 100; ++i) {
    while (rig.receive()) ++asked;
    rig.advance(kWait);
  }
  EXPECT_EQ(asked, 1 + kMaxSequenceTimeouts);
  EXPECT_EQ(rig.connection->deadline(), kNever) << "now the initiator must act";
}

/// "The target MUST wait until it receives a data PDU with the F bit set": it is asked for.
TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksAlsoForACommandThatHasFailed) {
  log_in_for_recovery({"ImmediateData=No"});
  const TaskId task = write(4096);
  expect_r2t(0, 0, 2048);
  rig.complete(task, {.status = wire::ScsiStatus::busy});
  EXPECT_TRUE(rig.target_is_silent());
  rig.advance(kWait);
  expect_r2t(0, 0, 2048);
  rig.advance(2 * kWait);
  data_out(1, expect_r2t(1, 0, 2048), 0, 0, 2048, true);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::status, wire::ScsiStatus::busy)));
  EXPECT_TRUE(rig.target_is_silent()) << "the rest of the write is not asked for";
}

TEST_F(Rfc7143_7_1_4_1_SequenceTimeout, AsksAlsoForUnsolicitedDataOfACommandThatHasFailed) {
  log_in_for_recovery({"InitialR2T=No"});
  auto fields = write_fields(1, 100, 2048);
  fields.final = false;
  rig.send(wire::ScsiCommand::build(fields));
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  rig.complete(submit->task, {.status = wire::ScsiStatus::busy});
  EXPECT_TRUE(rig.target_is_silent());
  rig.advance(kWait);
  data_out(1, expect_r2t(0, 0, 2048), 0, 0, 2048, true);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::status, wire::ScsiStatus::busy)));
}

TEST(Rfc7143_7_1_4_1_SequenceTimeoutAtLevel0, AsksForNothing) {
  TargetRig rig(without_pings());
  log_in(rig, {"ImmediateData=No"});
  std::vector<std::byte> memory(1024);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 1024)));
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  rig.accept(submit->task, memory);
  EXPECT_THAT(rig.receive(), Is<wire::ReadyToTransfer>());
  EXPECT_EQ(rig.connection->deadline(), kNever);
  rig.advance(seconds(3600));
  EXPECT_TRUE(rig.target_is_silent());
}

// ----------------------------------------------------------------------------------------------------- SNACKs for R2Ts

/// The initiator has seen neither the R2T nor its copy, but the one that came instead.
TEST_F(Rfc7143_11_16_R2tSnack, BringsTheR2tThatWasGivenUp) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  rig.advance(kWait);
  expect_r2t(0, 0, 1024);
  rig.advance(2 * kWait);
  const wire::Ttt second = expect_r2t(1, 0, 1024);
  data_snack(1, 0, 1);
  EXPECT_EQ(expect_r2t(0, 0, 1024), first);
  data_out(1, first, 0, 0, 1024, true);
  EXPECT_TRUE(rig.target_is_silent());
  data_out(1, second, 0, 0, 1024, true);
  expect_all(1024);
}

/// Data for it shows that it has arrived.
TEST_F(Rfc7143_11_16_R2tSnack, ForAnR2tThatIsBeingAnsweredIsRejected) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  data_out(1, expect_r2t(0, 0, 1024), 0, 0, 512, false);
  data_snack(1, 0, 1);
  expect_reject(RejectReason::protocol_error);
}

TEST_F(Rfc7143_11_16_R2tSnack, BringsNothingWhenTheDataComesFirst) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  data_snack(1, 0, 1);
  data_out(1, first, 0, 0, 1024, true);
  expect_all(1024);
  EXPECT_TRUE(rig.target_is_silent());
}

}  // namespace
}  // namespace lunway::session::testing
