// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Write data that gets lost is asked for again by a recovery R2T.
//= rfc7143#7.8
//= rfc7143#7.9
//= rfc7143#11.8

#include "session/command/write_transfer.h"
#include "session/testing/recovery_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::RejectReason;
using R2T = wire::ReadyToTransfer::Fields;

class RecoveryR2t : public RecoveryLadder {
 protected:
  /// A WRITE whose data is accepted at once.
  void write(std::uint32_t length, bool final = true, std::uint32_t immediate = 0) {
    auto fields = write_fields(1, 100, length);
    fields.final = final;
    rig.send(wire::ScsiCommand::build(fields), Bytes(data).first(immediate));
    const auto submit = rig.take<Submit>();
    ASSERT_TRUE(submit);
    rig.accept(submit->task, MutableBytes(memory).first(length));
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

using Rfc7143_7_8_RecoveryR2t = RecoveryR2t;
using Rfc7143_7_9_RecoveryR2t = RecoveryR2t;
using Rfc7143_11_8_RecoveryR2t = RecoveryR2t;
using Rfc7143_7_3_RecoveryR2t = RecoveryR2t;

//= ledger R7143-7.8-02 R7143-7.8-03 R7143-7.3-04 R7143-11.8-11 R7143-7.3-01
TEST_F(Rfc7143_7_8_RecoveryR2t, AsksForWhatIsMissingOfASequence) {
  log_in_for_recovery({"ImmediateData=No"});
  write(2048);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  data_out(1, first, 0, 0, 512, false);
  data_out(1, first, 1, 512, 512, false, true);  // I -> T  damaged
  expect_reject(RejectReason::data_digest_error);
  data_out(1, first, 2, 1024, 512, false);
  EXPECT_TRUE(rig.target_is_silent()) << "the sequence is not over";
  data_out(1, first, 3, 1536, 512, true);
  const wire::Ttt second = expect_r2t(1, 512, 1536);
  data_out(1, second, 0, 512, 1024, false);
  data_out(1, second, 1, 1536, 512, true);
  expect_all(2048);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, AlsoWhereTheLastPduIsDamaged) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1024);
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  data_out(1, first, 0, 0, 512, false);
  data_out(1, first, 1, 512, 512, true, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, expect_r2t(1, 512, 512), 0, 512, 512, true);
  expect_all(1024);
}

//= ledger R7143-7.9-02
TEST_F(Rfc7143_7_9_RecoveryR2t, FollowsAGapInDataSn) {
  log_in_for_recovery({"ImmediateData=No"});
  write(1536);
  const wire::Ttt first = expect_r2t(0, 0, 1536);
  data_out(1, first, 0, 0, 512, false);
  data_out(1, first, 2, 1024, 512, true);  // I -> T  number 1 never came
  data_out(1, expect_r2t(1, 512, 1024), 0, 512, 1024, true);
  expect_all(1536);
}

/// The recovery R2T stays within what was asked for; then the rest of the write is asked for.
//= ledger R7143-11.8-12 R7143-11.8-13
TEST_F(Rfc7143_11_8_RecoveryR2t, IsFollowedByTheRestOfTheWrite) {
  log_in_for_recovery({"ImmediateData=No", "MaxOutstandingR2T=4", "DataSequenceInOrder=No"});
  write(4096);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  EXPECT_TRUE(rig.target_is_silent());
  data_out(1, first, 0, 0, 2048, true, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, expect_r2t(1, 0, 2048), 0, 0, 2048, true);
  data_out(1, expect_r2t(2, 2048, 2048), 0, 2048, 2048, true);
  expect_all(4096);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, RecoversUnsolicitedData) {
  log_in_for_recovery({"InitialR2T=No"});
  write(4096, false, 512);
  data_out(1, wire::kNoTtt, 0, 512, 512, false);
  data_out(1, wire::kNoTtt, 1, 1024, 512, false, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, wire::kNoTtt, 2, 1536, 512, true);
  data_out(1, expect_r2t(0, 1024, 2048), 0, 1024, 2048, true);
  data_out(1, expect_r2t(1, 3072, 1024), 0, 3072, 1024, true);
  expect_all(4096);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, RecoversUnsolicitedDataThatCameBeforeItHadAPlace) {
  log_in_for_recovery({"InitialR2T=No"});
  auto fields = write_fields(1, 100, 2048);
  fields.final = false;
  rig.send(wire::ScsiCommand::build(fields));
  const auto submit = rig.take<Submit>();
  data_out(1, wire::kNoTtt, 0, 0, 512, false);
  data_out(1, wire::kNoTtt, 1, 512, 512, false, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, wire::kNoTtt, 2, 1024, 1024, true);
  rig.accept(submit->task, MutableBytes(memory).first(2048));
  data_out(1, expect_r2t(0, 512, 1536), 0, 512, 1536, true);
  expect_all(2048);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, WorksInAnyOrderOfPdus) {
  rig.directory.policy.negotiation.number(text::KeyId::data_pdu_in_order) = {.preferred = 0, .worst = 1};
  log_in_for_recovery({"ImmediateData=No", "DataPDUInOrder=No"});
  write(2048);
  const wire::Ttt first = expect_r2t(0, 0, 2048);
  data_out(1, first, 0, 1024, 512, false);
  data_out(1, first, 1, 0, 512, false, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, first, 2, 512, 1536, true);
  const wire::Ttt second = expect_r2t(1, 0, 2048);
  data_out(1, second, 0, 1024, 1024, false);
  data_out(1, second, 1, 0, 1024, true);
  expect_all(2048);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, GivesUpAtItsLimit) {
  log_in_for_recovery({"ImmediateData=No"});
  write(512);
  for (std::uint32_t i = 0; i <= kMaxRecoveryR2ts; ++i) {
    data_out(1, expect_r2t(i, 0, 512), 0, 0, 512, true, true);
    expect_reject(RejectReason::data_digest_error);
  }
  const auto arrived = rig.take<DataArrived>();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->failure, TransferFailure::protocol_service_crc_error);
}

TEST_F(Rfc7143_7_8_RecoveryR2t, IsNotSentForACommandThatHasEnded) {
  log_in_for_recovery({"ImmediateData=No"});
  auto fields = write_fields(1, 100, 1024);
  rig.send(wire::ScsiCommand::build(fields));
  const auto submit = rig.take<Submit>();
  rig.accept(submit->task, MutableBytes(memory).first(1024));
  const wire::Ttt first = expect_r2t(0, 0, 1024);
  rig.complete(submit->task, {.status = wire::ScsiStatus::busy});
  data_out(1, first, 0, 0, 512, false, true);
  expect_reject(RejectReason::data_digest_error);
  data_out(1, first, 1, 512, 512, true);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::status, wire::ScsiStatus::busy)));
}

//= ledger R7143-7.3-02
TEST_F(Rfc7143_7_3_RecoveryR2t, IsNotNeededForImmediateDataWhichComesWithTheRetry) {
  log_in_for_recovery();
  const wire::EncodedPdu pdu(wire::ScsiCommand::build(write_fields(1, 100, 512)), Bytes(data).first(512), rig.digests);
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  std::vector<std::byte> damaged = bytes;
  damaged.back() ^= std::byte{1};
  rig.send_bytes(damaged);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&wire::Reject::Fields::reason, RejectReason::data_digest_error),
                                              With(&wire::Reject::Fields::exp_cmd_sn, wire::CmdSN(100))));
  EXPECT_FALSE(rig.take<Submit>());
  rig.send_bytes(bytes);
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  rig.accept(submit->task, MutableBytes(memory).first(512));
  expect_all(512);
}

}  // namespace
}  // namespace lunway::session::testing
