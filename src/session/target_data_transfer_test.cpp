// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-Out, R2T and Data-In at a target where something is unusual: any order, missing F bits, broken rules, SNACK.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"
#include "wire/sense_segment.h"
#include "wire/snack_request.h"

namespace lunway::session::testing {
namespace {

using ::testing::Eq;

using DataIn = wire::DataIn::Fields;
using R2t = wire::ReadyToTransfer::Fields;
using Reject = wire::Reject::Fields;
using Response = wire::ScsiResponse::Fields;
using wire::RejectReason;

wire::Residual underflow(std::uint32_t count) { return {wire::Residual::Kind::underflow, count}; }
wire::Residual overflow(std::uint32_t count) { return {wire::Residual::Kind::overflow, count}; }

/// InitialR2T=No, FirstBurstLength 4096, MaxBurstLength 8192, one R2T at a time; a disk of 64 KiB.
class DataTransfer : public ::testing::Test {
 protected:
  void log_in_with(std::initializer_list<std::string_view> keys) {
    text::Policy& policy = rig.directory.policy.negotiation;
    policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
    policy.number(text::KeyId::data_pdu_in_order) = {.preferred = 0, .worst = 1};
    policy.number(text::KeyId::data_sequence_in_order) = {.preferred = 0, .worst = 1};
    log_in(rig, keys);
  }
  void log_in_usually() { log_in_with({"InitialR2T=No", "FirstBurstLength=4096", "MaxBurstLength=8192"}); }

  /// I -> T  WRITE, and where the device wants its data.
  TaskId write(std::uint32_t length, std::uint32_t immediate, bool final) {
    auto fields = write_fields(1, 100, length);
    fields.final = final;
    rig.send(wire::ScsiCommand::build(fields), Bytes(data).first(immediate));
    const auto submit = rig.take<Submit>();
    if (!submit) return {};
    rig.accept(submit->task, MutableBytes(disk).first(length));
    return submit->task;
  }
  /// I -> T  Data-Out with the bytes that belong at its offset.
  void data_out(wire::Ttt ttt, std::uint32_t data_sn, std::uint32_t offset, std::uint32_t length, bool final) {
    rig.send(wire::DataOut::build(data_out_fields(1, ttt, data_sn, offset, final)),
             Bytes(data).subspan(offset, length));
  }
  bool arrived_well(std::uint32_t length) {
    const auto arrived = rig.take<DataArrived>();
    return arrived && arrived->failure == TransferFailure::none &&
           std::ranges::equal(Bytes(disk).first(length), Bytes(data).first(length));
  }
  TransferFailure failure() {
    const auto arrived = rig.take<DataArrived>();
    return arrived ? arrived->failure : TransferFailure::none;
  }

  TargetRig rig;
  std::vector<std::byte> data = pattern(65536);
  std::vector<std::byte> disk = std::vector<std::byte>(65536);
};

// ---------------------------------------------------------------------------------------------------------- any order

using Rfc7143_13_18_TargetDataPduInOrder = DataTransfer;

TEST_F(Rfc7143_13_18_TargetDataPduInOrder, NoLetsPdusOfASequenceComeInAnyOrder) {
  log_in_with({"DataPDUInOrder=No", "DataSequenceInOrder=No", "InitialR2T=No", "FirstBurstLength=4096",
               "MaxBurstLength=8192", "ImmediateData=No"});
  ASSERT_FALSE(rig.requested->session.data_pdu_in_order);
  write(10000, 0, false);
  data_out(wire::kNoTtt, 0, 3000, 1096, false);
  const auto r2t = rig.receive();  // T -> I  R2T for what does not come unsolicited
  EXPECT_THAT(r2t, Is<wire::ReadyToTransfer>(With(&R2t::buffer_offset, 4096U)));
  data_out(wire::kNoTtt, 1, 0, 3000, true);
  data_out(tag_of(r2t), 0, 8000, 2000, false);
  data_out(tag_of(r2t), 1, 4096, 1, false);
  data_out(tag_of(r2t), 2, 4097, 3903, true);
  EXPECT_TRUE(arrived_well(10000));
}

TEST_F(Rfc7143_13_18_TargetDataPduInOrder, PdusOutOfOrderThatComeBeforeTheirPlaceAreKept) {
  log_in_with({"DataPDUInOrder=No", "InitialR2T=No", "FirstBurstLength=4096", "ImmediateData=Yes"});
  auto fields = write_fields(1, 100, 4096);
  fields.final = false;
  rig.send(wire::ScsiCommand::build(fields), Bytes(data).first(100));
  const auto submit = rig.take<Submit>();
  data_out(wire::kNoTtt, 0, 2000, 2096, false);
  rig.accept(submit->task, MutableBytes(disk).first(4096));
  data_out(wire::kNoTtt, 1, 100, 1900, true);
  EXPECT_TRUE(arrived_well(4096));
}

TEST_F(Rfc7143_13_18_TargetDataPduInOrder, YesIsTheDefaultAndHolds) {
  log_in_with({"DataPDUInOrder=Yes", "InitialR2T=No", "FirstBurstLength=4096", "ImmediateData=No"});
  ASSERT_TRUE(rig.requested->session.data_pdu_in_order);
  write(4096, 0, false);
  data_out(wire::kNoTtt, 0, 2000, 2096, false);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
  data_out(wire::kNoTtt, 1, 0, 2000, true);
  EXPECT_EQ(failure(), TransferFailure::incorrect_amount_of_data);
}

// --------------------------------------------------------------------------------------------------------- the F bit

using Rfc7143_11_3_4_TargetFinalBit = DataTransfer;

TEST_F(Rfc7143_11_3_4_TargetFinalBit, ACommandWithAllItsDataNeedsNoMoreThoughFIsMissing) {
  log_in_usually();
  const TaskId task = write(2048, 2048, false);
  EXPECT_TRUE(arrived_well(2048));
  rig.complete(task, {.data_out_length = 2048});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
  data_out(wire::kNoTtt, 0, 2048, 0, true);
  EXPECT_TRUE(rig.target_is_silent()) << "the end that the initiator promised, late and empty";
}

TEST_F(Rfc7143_11_3_4_TargetFinalBit, AnEmptyDataOutMayBringItWhileTheDeviceWorks) {
  log_in_usually();
  const TaskId task = write(2048, 2048, false);
  data_out(wire::kNoTtt, 0, 2048, 0, true);
  EXPECT_TRUE(arrived_well(2048));
  rig.complete(task, {.data_out_length = 2048});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
}

using Rfc7143_11_7_7_TargetDataOut = DataTransfer;

//= ledger R7143-11.7.7-01 R7143-11.4.2-01
TEST_F(Rfc7143_11_7_7_TargetDataOut, EmptySegmentsAreReceivedAndTheStatusWaitsForTheLast) {
  log_in_with({"ImmediateData=No"});
  const TaskId task = write(1000, 0, true);
  const auto r2t = rig.receive();
  data_out(tag_of(r2t), 0, 0, 0, false);
  data_out(tag_of(r2t), 1, 0, 1000, false);
  EXPECT_TRUE(arrived_well(1000));
  rig.complete(task, {.data_out_length = 1000});
  EXPECT_TRUE(rig.target_is_silent()) << "the sequence has not ended";
  data_out(tag_of(r2t), 2, 1000, 0, true);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
}

// ------------------------------------------------------------------------------------------------------ broken rules

struct Breach {
  const char* name;
  /// The Data-Out that breaks a rule, in answer to an R2T for bytes 0 to 4095.
  std::uint32_t data_sn, offset, length;
  bool final;
  RejectReason reason;
  TransferFailure failure;
};

class DataOutBreach : public DataTransfer, public ::testing::WithParamInterface<Breach> {};

using Rfc7143_11_17_1_TargetDataOut = DataOutBreach;

TEST_P(Rfc7143_11_17_1_TargetDataOut, IsRejectedAndFailsTheCommandAtItsEnd) {
  const Breach& breach = GetParam();
  log_in_with({"ImmediateData=No"});
  write(4096, 0, true);
  const auto r2t = rig.receive();
  data_out(tag_of(r2t), breach.data_sn, breach.offset, breach.length, breach.final);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, breach.reason)));
  if (!breach.final) {
    EXPECT_FALSE(rig.take<DataArrived>());
    data_out(tag_of(r2t), breach.data_sn + 1, 0, 4096, true);
  }
  EXPECT_EQ(failure(), breach.failure);
  EXPECT_FALSE(rig.closed);
}

INSTANTIATE_TEST_SUITE_P(Breaches, Rfc7143_11_17_1_TargetDataOut,
                         ::testing::Values(Breach{"OffsetBehindTheNextByte", 0, 8, 100, false,
                                                  RejectReason::invalid_pdu_field,
                                                  TransferFailure::incorrect_amount_of_data},
                                           Breach{"MoreThanAskedFor", 0, 0, 4097, true, RejectReason::invalid_pdu_field,
                                                  TransferFailure::incorrect_amount_of_data},
                                           Breach{"OffsetFarOut", 0, 50000, 100, false, RejectReason::invalid_pdu_field,
                                                  TransferFailure::incorrect_amount_of_data},
                                           Breach{"TheEndComesTooSoon", 0, 0, 4095, true, RejectReason::protocol_error,
                                                  TransferFailure::incorrect_amount_of_data}),
                         [](const auto& one) { return one.param.name; });

using Rfc7143_7_3_TargetReject = DataTransfer;

//= ledger R7143-7.3-01
TEST_F(Rfc7143_7_3_TargetReject, OfDataLeavesTheTaskToItsResponse) {
  log_in_with({"ImmediateData=No"});
  const TaskId task = write(4096, 0, true);
  const auto r2t = rig.receive();
  data_out(tag_of(r2t), 0, 8, 100, false);  // not the next byte
  EXPECT_THAT(rig.receive(), Is<wire::Reject>());
  EXPECT_TRUE(rig.asked.empty()) << "the device works on";
  EXPECT_EQ(rig.session->active_tasks(), 1U);
  data_out(tag_of(r2t), 1, 0, 4096, true);
  EXPECT_NE(failure(), TransferFailure::none);
  EXPECT_TRUE(rig.target_is_silent());
  rig.complete(task, {.status = wire::ScsiStatus::check_condition, .sense = Bytes(data).first(18)});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1)),
                                                    With(&Response::status, wire::ScsiStatus::check_condition)));
}

using Rfc7143_7_9_TargetDataOut = DataTransfer;

//= ledger R7143-7.9-02
TEST_F(Rfc7143_7_9_TargetDataOut, ALostPduFailsTheCommandWithTheConditionOfADigestError) {
  log_in_with({"ImmediateData=No"});
  write(4096, 0, true);
  const auto r2t = rig.receive();
  data_out(tag_of(r2t), 1, 2048, 2048, true);  // DataSN 0 never came
  EXPECT_EQ(failure(), TransferFailure::protocol_service_crc_error);
}

using Rfc7143_4_2_5_2_TargetUnsolicitedData = DataTransfer;

//= ledger R7143-4.2.5.2-14 R7143-11.8-01
TEST_F(Rfc7143_4_2_5_2_TargetUnsolicitedData, InR2tModeIsUnexpected) {
  log_in_with({"InitialR2T=Yes", "ImmediateData=Yes"});
  write(4096, 1024, false);
  data_out(wire::kNoTtt, 0, 1024, 3072, true);
  EXPECT_EQ(failure(), TransferFailure::unexpected_unsolicited_data);
}

//= ledger R7143-4.2.5.2-14
TEST_F(Rfc7143_4_2_5_2_TargetUnsolicitedData, BeyondTheFirstBurstIsTheWrongAmount) {
  log_in_usually();
  write(8192, 0, false);
  EXPECT_TRUE(rig.receive()) << "the R2T for the rest";
  data_out(wire::kNoTtt, 0, 0, 4097, true);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
}

TEST_F(Rfc7143_4_2_5_2_TargetUnsolicitedData, AfterACommandThatAnnouncedNoneIsUnexpected) {
  log_in_usually();
  write(4096, 1024, true);
  EXPECT_TRUE(rig.receive()) << "the R2T for the rest";
  data_out(wire::kNoTtt, 0, 1024, 3072, true);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
}

using Rfc7143_4_2_5_3_TargetTags = DataTransfer;

//= ledger R7143-4.2.5.3-01
TEST_F(Rfc7143_4_2_5_3_TargetTags, ADataOutWithAnotherLunThanItsCommandIsRejected) {
  log_in_with({"ImmediateData=No"});
  write(4096, 0, true);
  const auto r2t = rig.receive();
  auto fields = data_out_fields(1, tag_of(r2t), 0, 0, true);
  fields.lun = wire::Lun::from_flat(5);
  rig.send(wire::DataOut::build(fields), Bytes(data).first(4096));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
  EXPECT_FALSE(rig.take<DataArrived>());
}

//= ledger R7143-4.2.5.3-02
TEST_F(Rfc7143_4_2_5_3_TargetTags, AnR2tHasTheLunOfItsCommand) {
  log_in_with({"ImmediateData=No"});
  auto fields = write_fields(1, 100, 4096);
  fields.lun = wire::Lun::from_flat(300);
  rig.send(wire::ScsiCommand::build(fields));
  rig.accept(rig.take<Submit>()->task, MutableBytes(disk).first(4096));
  EXPECT_THAT(rig.receive(), Is<wire::ReadyToTransfer>(With(&R2t::lun, wire::Lun::from_flat(300))));
}

TEST_F(Rfc7143_4_2_5_3_TargetTags, ATagThatNoR2tCarriedIsRejectedAndHarmsNoTask) {
  log_in_with({"ImmediateData=No"});
  write(4096, 0, true);
  const auto r2t = rig.receive();
  data_out(wire::Ttt(tag_of(r2t).value() + 1), 0, 0, 4096, true);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
  data_out(tag_of(r2t), 0, 0, 4096, true);
  EXPECT_TRUE(arrived_well(4096));
}

TEST_F(Rfc7143_4_2_5_3_TargetTags, DataForATaskThatNeverWasIsRejected) {
  log_in_with({"ImmediateData=No"});
  rig.send(wire::DataOut::build(data_out_fields(9, wire::kNoTtt, 0, 0, true)), Bytes(data).first(100));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
}

// ------------------------------------------------------------------------------------------------------------- SNACK

wire::Header snack(wire::SnackType type, std::uint32_t itt) {
  wire::SnackRequest::Fields fields;
  fields.type = type;
  fields.itt = itt == 0 ? wire::kNoItt : wire::Itt(itt);
  if (type == wire::SnackType::r_data) fields.snack_tag = wire::SnackTag(7);
  return wire::SnackRequest::build(fields);
}

class Snack : public DataTransfer {
 protected:
  void expect_snack_rejected_condition() {
    const auto response = rig.receive();
    EXPECT_THAT(response, Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::check_condition)));
    const auto segment = wire::SenseSegment::parse(response->data);
    ASSERT_TRUE(segment && segment->sense.size() == 18);
    EXPECT_EQ(segment->sense[2], std::byte{0x0b});
    EXPECT_EQ(segment->sense[12], std::byte{0x11});
    EXPECT_EQ(segment->sense[13], std::byte{0x13});
  }
};

using Rfc7143_11_4_7_2_TargetSnack = Snack;

//= ledger R7143-11.4.7.2-01 R7143-7.8-07 R7143-7.8-08 R7143-7.3-01
TEST_F(Rfc7143_11_4_7_2_TargetSnack, ForDataOfARunningCommandEndsItWithSnackRejected) {
  log_in_usually();
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.send(snack(wire::SnackType::data_or_r2t, 1));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::snack_reject)));
  const std::array pieces{Bytes(data).first(512)};
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 512});
  expect_snack_rejected_condition();
  EXPECT_TRUE(rig.take<Release>());
}

TEST_F(Rfc7143_11_4_7_2_TargetSnack, ForDataThatIsBeingSentEndsTheCommand) {
  TargetRig slow({.transmit_pdus = 2});
  log_in(slow, {"MaxRecvDataSegmentLength=512"});
  slow.send(wire::ScsiCommand::build(read_fields(1, 100, 65536)));
  const std::array pieces{Bytes(data)};
  slow.complete(slow.take<Submit>()->task, {.data_in = pieces, .data_in_length = 65536});
  std::size_t sent = 0;
  for (const Bytes piece : slow.connection->next_transmit()) sent += piece.size();
  EXPECT_EQ(sent, 2 * (48U + 512));
  slow.connection->transmitted(slow.now, sent);
  slow.drain();

  slow.send(snack(wire::SnackType::r_data, 1));
  EXPECT_THAT(slow.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::snack_reject)));
  EXPECT_THAT(slow.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::check_condition),
                                                     With(&Response::exp_data_sn, wire::DataSN(2))));
  EXPECT_TRUE(slow.take<Release>());
}

TEST_F(Rfc7143_11_4_7_2_TargetSnack, ForAStatusEndsNothing) {
  log_in_usually();
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.send(snack(wire::SnackType::status, 0));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::snack_reject)));
  const std::array pieces{Bytes(data).first(512)};
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 512});
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::status, wire::ScsiStatus::good)));
}

// ------------------------------------------------------------------------------------- both directions, and residuals

struct BothWays {
  const char* name;
  /// What the device wants to move of 512 bytes to it and 400 from it.
  std::uint64_t out, in;
  wire::Residual write, read;
};

class BothDirections : public DataTransfer, public ::testing::WithParamInterface<BothWays> {};

using Rfc7143_11_4_6_TargetResidual = BothDirections;

//= ledger R7143-11.4.6-01 R7143-11.7.3-02
TEST_P(Rfc7143_11_4_6_TargetResidual, EachDirectionHasItsOwnAlsoBehindALongCdb) {
  log_in_usually();
  auto fields = write_fields(1, 100, 512);
  fields.read = true;
  const wire::CommandAhs ahs{.extended_cdb = Bytes(data).first(16), .bidirectional_read_length = 400};
  std::array<std::byte, wire::kMaxAhsSize> room;
  rig.send(wire::ScsiCommand::build(fields), Bytes(data).first(512), ahs.write(room));
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  EXPECT_EQ(submit->cdb.size(), 32U);
  const std::array pieces{Bytes(data)};
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = GetParam().in, .data_out_length = GetParam().out});
  if (GetParam().in != 0) {
    EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::has_status, false)));
  }
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::residual, Eq(GetParam().write)),
                                                    With(&Response::bidirectional_read_residual, Eq(GetParam().read))));
}

INSTANTIATE_TEST_SUITE_P(Amounts, Rfc7143_11_4_6_TargetResidual,
                         ::testing::Values(BothWays{"None", 512, 400, {}, {}},
                                           BothWays{"Underflow", 500, 300, underflow(12), underflow(100)},
                                           BothWays{"Overflow", 600, 500, overflow(88), overflow(100)},
                                           BothWays{"NoReadData", 600, 0, overflow(88), underflow(400)}),
                         [](const auto& one) { return one.param.name; });

using Rfc7143_11_3_4_TargetDirection = DataTransfer;

TEST_F(Rfc7143_11_3_4_TargetDirection, WithoutTheLengthOfItsReadIsAFormatError) {
  log_in_usually();
  auto fields = write_fields(1, 100, 512);
  fields.read = true;
  const wire::CommandAhs ahs{.extended_cdb = Bytes(data).first(16)};
  std::array<std::byte, wire::kMaxAhsSize> room;
  rig.send(wire::ScsiCommand::build(fields), {}, ahs.write(room));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error)));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::protocol_error);
}

TEST_F(Rfc7143_11_3_4_TargetDirection, AReadLengthWithoutTheRBitIsAFormatError) {
  log_in_usually();
  const wire::CommandAhs ahs{.bidirectional_read_length = 512};
  std::array<std::byte, wire::kMaxAhsSize> room;
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)), {}, ahs.write(room));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error)));
  EXPECT_TRUE(rig.closed);
}

}  // namespace
}  // namespace lunway::session::testing
