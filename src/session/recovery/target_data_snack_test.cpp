// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-In and R2T PDUs are sent once more: Data/R2T SNACK, DataACK and R-Data SNACK at a target.
//= rfc7143#11.16

#include "session/testing/recovery_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::RejectReason;
using DataIn = wire::DataIn::Fields;
using R2T = wire::ReadyToTransfer::Fields;
using Reject = wire::Reject::Fields;
using Response = wire::ScsiResponse::Fields;

bool is_replica(const FromTarget& one, const FromTarget& other) {
  wire::Header a = one.header;
  wire::Header b = other.header;
  // ExpCmdSN and MaxCmdSN have the values of now.
  std::fill_n(a.begin() + 28, 8, std::byte{});
  std::fill_n(b.begin() + 28, 8, std::byte{});
  return a == b && one.data == other.data;
}

class Rfc7143_11_16_TargetDataSnack : public RecoveryLadder {
 protected:
  std::vector<FromTarget> receive_pdus(std::size_t count) {
    std::vector<FromTarget> pdus;
    for (std::size_t i = 0; i < count; ++i) {
      auto pdu = rig.receive();
      EXPECT_TRUE(pdu);
      if (pdu) pdus.push_back(std::move(*pdu));
    }
    return pdus;
  }
};

//= ledger R7143-11.16-05 R7143-11.16-06 R7143-7.8-07 R7143-11.16-01
TEST_F(Rfc7143_11_16_TargetDataSnack, BringsExactReplicasOfARun) {
  log_in_for_recovery();
  read(1, 100, 4096);
  const auto first = receive_pdus(9);  // T -> I  eight Data-In and the status
  data_snack(1, 2, 3);                 // I -> T  numbers 2, 3 and 4, please
  const auto again = receive_pdus(3);
  ASSERT_EQ(again.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(is_replica(again[i], first[2 + i])) << i;
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_TargetDataSnack, CarriesTheCommandNumbersOfNow) {
  log_in_for_recovery();
  read(1, 100, 512);
  receive_pdus(2);
  rig.send(wire::ScsiCommand::build(command_fields(2, 101)));
  data_snack(1, 0, 1);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::exp_cmd_sn, wire::CmdSN(102))));
}

TEST_F(Rfc7143_11_16_TargetDataSnack, ARunLengthOfZeroMeansAllFromThere) {
  log_in_for_recovery();
  read(1, 100, 4096);
  receive_pdus(9);
  data_snack(1, 6, 0);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(6))));
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(7)), With(&DataIn::final, true)));
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_TargetDataSnack, ZeroAndZeroMeanAllThatIsNotAcknowledged) {
  log_in_for_recovery();
  read(1, 100, 4096);
  const auto first = receive_pdus(9);
  const wire::DataIn asks{wire::HeaderView(first[3].header)};
  ASSERT_TRUE(asks.acknowledge());
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun(), .ttt = asks.ttt(), .beg_run = 4});
  data_snack(1, 0, 0);
  const auto again = receive_pdus(4);
  ASSERT_EQ(again.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(is_replica(again[i], first[4 + i])) << i;
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_TargetDataSnack, ComesBetweenDataThatIsSentForTheFirstTime) {
  rig.send_size = 600;
  log_in_for_recovery();
  read(1, 100, 2048);
  const auto first = receive_pdus(5);
  data_snack(1, 3, 1);
  read(2, 101, 512);
  const auto more = receive_pdus(3);
  EXPECT_EQ(std::ranges::count_if(more, [&](const FromTarget& pdu) { return is_replica(pdu, first[3]); }), 1);
}

//= ledger R7143-11.16-07 R7143-11.17.2-01
TEST_F(Rfc7143_11_16_TargetDataSnack, ForWhatWasNotSentIsAProtocolError) {
  log_in_for_recovery();
  read(1, 100, 2048);
  receive_pdus(5);
  const auto is_rejected =
      Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error), With(&Reject::data_sn_or_r2t_sn, 4U));
  data_snack(1, 4, 0);
  EXPECT_THAT(rig.receive(), is_rejected);
  data_snack(1, 3, 2);
  EXPECT_THAT(rig.receive(), is_rejected);
  data_snack(1, 1, 0xffffffff);
  EXPECT_THAT(rig.receive(), is_rejected);
  data_snack(9, 0, 0);
  expect_reject(RejectReason::protocol_error);
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_TargetDataSnack, ForAcknowledgedDataIsAProtocolError) {
  log_in_for_recovery();
  read(1, 100, 4096);
  const auto first = receive_pdus(9);
  const wire::DataIn asks{wire::HeaderView(first[3].header)};
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun(), .ttt = asks.ttt(), .beg_run = 4});
  data_snack(1, 3, 2);
  expect_reject(RejectReason::protocol_error);
}

TEST_F(Rfc7143_11_16_TargetDataSnack, ForACommandWhoseStatusIsAcknowledgedIsAProtocolError) {
  log_in_for_recovery();
  read(1, 100, 512);
  receive_pdus(2);
  acknowledge(kFirstStatus.next());
  data_snack(1, 0, 1);
  expect_reject(RejectReason::protocol_error);
}

TEST_F(Rfc7143_11_16_TargetDataSnack, HasTheDataOfTheTimeOfTheRead) {
  log_in_for_recovery();
  read(1, 100, 512);
  const auto first = receive_pdus(2);
  EXPECT_FALSE(rig.take<Release>()) << "the owner must not touch the memory before the initiator has its data";
  data_snack(1, 0, 1);
  const auto again = rig.receive();
  ASSERT_TRUE(again);
  EXPECT_TRUE(is_replica(*again, first[0]));
  acknowledge(kFirstStatus.next());
  EXPECT_TRUE(rig.take<Release>());
}

/// The batch with the status is not with the initiator yet when the command is aborted.
TEST_F(Rfc7143_11_16_TargetDataSnack, BringsNothingOfAnAbortedCommand) {
  log_in_for_recovery();
  read(1, 100, 1 << 20);
  std::size_t size = 0;
  for (const Bytes piece : rig.connection->next_transmit()) size += piece.size();
  data_snack(1, 0, 1);
  wire::TaskManagementRequest::Fields fields;
  fields.immediate = true;
  fields.function = wire::TaskManagementFunction::abort_task;
  fields.lun = kUnit;
  fields.itt = wire::Itt(2);
  fields.referenced_task_tag = wire::Itt(1);
  fields.cmd_sn = wire::CmdSN(101);
  fields.exp_stat_sn = acknowledged;
  fields.ref_cmd_sn = wire::CmdSN(100);
  rig.send(wire::TaskManagementRequest::build(fields));
  rig.connection->transmitted(rig.now, size);
  while (const auto pdu = rig.receive()) EXPECT_THAT(pdu, ::testing::Not(Is<wire::DataIn>()));
}

TEST_F(Rfc7143_11_16_TargetDataSnack, NamesNoCommandOfAnotherTag) {
  log_in_for_recovery();
  data_snack(77, 0, 0);
  expect_reject(RejectReason::protocol_error);
}

TEST_F(Rfc7143_11_16_TargetDataSnack, WithAMalformedHeaderEndsTheConnection) {
  log_in_for_recovery();
  snack({.type = wire::SnackType::r_data, .itt = wire::Itt(1), .snack_tag = wire::SnackTag(0)});
  expect_reject(RejectReason::protocol_error);
  EXPECT_TRUE(rig.closed);
}

// --------------------------------------------------------------------------------------------------------- its limits

struct RetainedReads : RecoveryLadder {
  RetainedReads() : RecoveryLadder({}, {.retained_reads = 2, .retained_read_bytes = 4096}) {
    rig.hides_questions = true;
  }
};

using Rfc7143_7_8_RetainedReads = RetainedReads;

//= ledger R7143-7.8-07
TEST_F(Rfc7143_7_8_RetainedReads, TheOldestGivesWayAndASnackForItIsRejected) {
  log_in_for_recovery();
  for (std::uint32_t i = 0; i < 3; ++i) {
    read(1 + i, 100 + i, 512);
    receive_read(1);
  }
  EXPECT_TRUE(rig.take<Release>()) << "of the first";
  EXPECT_FALSE(rig.take<Release>());
  data_snack(1, 0, 1);
  expect_reject(RejectReason::snack_reject);  // its status has been sent: nothing follows
  data_snack(2, 0, 1);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
  status_snack(1, 1);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
}

TEST_F(Rfc7143_7_8_RetainedReads, AreAskedAboutWhenTheyTakeHalfOfTheRoom) {
  log_in_for_recovery();
  rig.hides_questions = false;
  read(1, 100, 512);
  receive_read(1);
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&wire::NopIn::Fields::stat_sn, kFirstStatus.next())));
  EXPECT_TRUE(rig.target_is_silent()) << "once";
}

// A read that is being sent once more is not given up half-way for a newer one.
TEST_F(Rfc7143_7_8_RetainedReads, WhatIsBeingSentAgainDoesNotGiveWay) {
  log_in_for_recovery();
  rig.send_size = 600;
  read(1, 100, 2048);
  receive_read(4);
  read(2, 101, 2048);
  receive_read(4);
  data_snack(1, 0, 4);
  read(3, 102, 2048);
  unsigned again = 0;
  while (const auto pdu = rig.receive()) {
    if (pdu->opcode() != wire::Opcode::data_in) continue;
    if (wire::DataIn(wire::HeaderView(pdu->header)).itt() == wire::Itt(1)) ++again;
  }
  EXPECT_EQ(again, 4U);
}

TEST_F(Rfc7143_7_8_RetainedReads, GoWhenTheOwnerNeedsTheMemory) {
  log_in_for_recovery();
  read(1, 100, 512);
  receive_read(1);
  rig.session->drop_retained_data();
  rig.drain();
  EXPECT_TRUE(rig.take<Release>());
  data_snack(1, 0, 1);
  expect_reject(RejectReason::snack_reject);
}

TEST_F(Rfc7143_7_8_RetainedReads, BytesCountToo) {
  log_in_for_recovery();
  read(1, 100, 3072);
  receive_read(6);
  read(2, 101, 2048);
  receive_read(4);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_FALSE(rig.take<Release>());
}

// ------------------------------------------------------------------------------------------------------------ R2T

TEST_F(Rfc7143_7_8_RetainedReads, AReadAboveTheLimitIsNotKept) {
  log_in_for_recovery();
  read(1, 100, 1024);
  receive_read(2);
  read(2, 101, 4608);
  receive_read(9);
  data_snack(2, 0, 1);
  expect_reject(RejectReason::snack_reject);
  data_snack(1, 0, 1);  // It has not displaced what was here.
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
}

class Rfc7143_11_16_TargetR2tSnack : public RecoveryLadder {};

//= ledger R7143-11.16-02 R7143-11.16-03 R7143-11.16-04
TEST_F(Rfc7143_11_16_TargetR2tSnack, BringsTheR2tWithTheStatSnOfNow) {
  log_in_for_recovery({"ImmediateData=No"});
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 1024)));
  const auto submit = rig.take<Submit>();
  rig.accept(submit->task, MutableBytes(memory).first(1024));
  const auto r2t = rig.receive();
  ASSERT_THAT(r2t, Is<wire::ReadyToTransfer>(With(&R2T::stat_sn, kFirstStatus)));

  rig.send(wire::ScsiCommand::build(command_fields(2, 101)));
  rig.complete(rig.take<Submit>()->task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  data_snack(1, 0, 1);
  const wire::ReadyToTransfer original{wire::HeaderView(r2t->header)};
  EXPECT_THAT(rig.receive(),
              Is<wire::ReadyToTransfer>(With(&R2T::stat_sn, kFirstStatus.next()), With(&R2T::ttt, original.ttt()),
                                        With(&R2T::r2t_sn, wire::R2TSN(0)), With(&R2T::buffer_offset, 0U),
                                        With(&R2T::desired_data_transfer_length, 1024U),
                                        With(&R2T::exp_cmd_sn, wire::CmdSN(102))));
}

TEST_F(Rfc7143_11_16_TargetR2tSnack, ForAnAnsweredR2tIsAProtocolError) {
  log_in_for_recovery({"ImmediateData=No"});
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.accept(submit->task, MutableBytes(memory).first(512));
  data_out(1, tag_of(rig.receive()), 0, 0, 512, true);
  EXPECT_TRUE(rig.take<DataArrived>());
  data_snack(1, 0, 1);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error),
                                              With(&Reject::data_sn_or_r2t_sn, 1U)));
  data_snack(1, 0, 0);
  EXPECT_TRUE(rig.target_is_silent()) << "nothing is unacknowledged";
}

// --------------------------------------------------------------------------------------------------------- A, DataACK

class Rfc7143_11_7_2_TargetABit : public RecoveryLadder {};

//= ledger R7143-11.7.2-01 R7143-11.7.2-02 R7143-11.7.4-01
TEST_F(Rfc7143_11_7_2_TargetABit, ComesOnceInMaxBurstLengthWithTagAndLun) {
  log_in_for_recovery();
  read(1, 100, 5120);
  std::vector<std::uint32_t> asked;
  for (std::uint32_t sn = 0; sn < 10; ++sn) {
    const auto pdu = rig.receive();
    ASSERT_TRUE(pdu && pdu->opcode() == wire::Opcode::data_in);
    const wire::DataIn in{wire::HeaderView(pdu->header)};
    if (in.acknowledge()) asked.push_back(sn);
    EXPECT_EQ(in.acknowledge(), in.ttt() != wire::kNoTtt);
    EXPECT_TRUE(!in.acknowledge() || in.lun() == kUnit);
  }
  EXPECT_THAT(asked, ::testing::ElementsAre(3U, 7U));
}

TEST_F(Rfc7143_11_7_2_TargetABit, ADataAckOfAllDataFreesItBeforeTheStatusIsAcknowledged) {
  log_in_for_recovery();
  read(1, 100, 2560);
  wire::DataIn::Fields asks;
  for (int i = 0; i < 6; ++i) {
    const auto pdu = rig.receive();
    const wire::DataIn in{wire::HeaderView(pdu->header)};
    if (pdu->opcode() == wire::Opcode::data_in && in.acknowledge()) asks = in.fields();
  }
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun, .ttt = asks.ttt, .beg_run = 5});
  EXPECT_TRUE(rig.take<Release>());
  status_snack(1, 1);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
}

// Who acknowledges the status acknowledges the data.
TEST_F(Rfc7143_11_7_2_TargetABit, ADataAckThatComesWithTheAcknowledgementOfTheStatusIsIgnored) {
  log_in_for_recovery();
  read(1, 100, 2560);
  wire::DataIn::Fields asks;
  for (int i = 0; i < 6; ++i) {
    const auto pdu = rig.receive();
    const wire::DataIn in{wire::HeaderView(pdu->header)};
    if (pdu->opcode() == wire::Opcode::data_in && in.acknowledge()) asks = in.fields();
  }
  acknowledged = kFirstStatus.next();
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun, .ttt = asks.ttt, .beg_run = 4});
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_7_2_TargetABit, ADataAckThatFitsNothingIsRejected) {
  log_in_for_recovery();
  read(1, 100, 2560);
  wire::DataIn::Fields asks;
  for (int i = 0; i < 6; ++i) {
    const auto pdu = rig.receive();
    const wire::DataIn in{wire::HeaderView(pdu->header)};
    if (pdu->opcode() == wire::Opcode::data_in && in.acknowledge()) asks = in.fields();
  }
  const auto ack = [&](wire::Lun lun, wire::Ttt ttt, std::uint32_t next) {
    snack({.type = wire::SnackType::data_ack, .lun = lun, .ttt = ttt, .beg_run = next});
  };
  ack(asks.lun, wire::Ttt(asks.ttt.value() + 1), 4);
  expect_reject(RejectReason::invalid_pdu_field);
  ack(wire::Lun::from_flat(9), asks.ttt, 4);
  expect_reject(RejectReason::invalid_pdu_field);
  ack(asks.lun, asks.ttt, 6);
  expect_reject(RejectReason::invalid_data_ack);
  ack(asks.lun, asks.ttt, 4);
  ack(asks.lun, asks.ttt, 3);
  expect_reject(RejectReason::invalid_data_ack);
  EXPECT_TRUE(rig.target_is_silent());
}

// ------------------------------------------------------------------------------------------------------- R-Data SNACK

class Rfc7143_11_16_3_TargetRDataSnack : public RecoveryLadder {
 protected:
  /// I -> T and T -> I: the initiator takes longer PDUs from now on.
  void renegotiate(std::string_view key, std::uint32_t cmd_sn) {
    wire::TextRequest::Fields fields;
    fields.final = true;
    fields.itt = wire::Itt(0x900);
    fields.cmd_sn = wire::CmdSN(cmd_sn);
    fields.exp_stat_sn = acknowledged;
    rig.send(wire::TextRequest::build(fields), bytes_of(pairs({key})));
    EXPECT_THAT(rig.receive(), Is<wire::TextResponse>());
  }
};

//= ledger R7143-11.16.3-02 R7143-11.16.3-03 R7143-11.16.5-02
TEST_F(Rfc7143_11_16_3_TargetRDataSnack, BringsAllDataInNewLengthsAndTheStatusWithTagAndOldNumber) {
  log_in_for_recovery();
  read(1, 100, 2048);
  receive_read(4);
  renegotiate("MaxRecvDataSegmentLength=1024", 101);
  r_data_snack(1, 0x77);
  for (std::uint32_t sn = 0; sn < 2; ++sn) {
    const auto pdu = rig.receive();
    EXPECT_THAT(pdu,
                Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(sn)), With(&DataIn::buffer_offset, sn * 1024)));
    EXPECT_TRUE(std::ranges::equal(pdu->data, Bytes(data).subspan(std::size_t{sn} * 1024, 1024)));
  }
  const auto is_last = Is<wire::ScsiResponse>(
      With(&Response::snack_tag, wire::SnackTag(0x77)), With(&Response::stat_sn, kFirstStatus),
      With(&Response::exp_data_sn, wire::DataSN(2)), With(&Response::status, wire::ScsiStatus::good));
  EXPECT_THAT(rig.receive(), is_last);
  status_snack(1, 1);
  EXPECT_THAT(rig.receive(), is_last) << "the latest content";
  data_snack(1, 1, 1);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(1))));
}

TEST_F(Rfc7143_11_16_3_TargetRDataSnack, BeginsBehindWhatIsAcknowledged) {
  log_in_for_recovery();
  read(1, 100, 4096);
  wire::DataIn::Fields asks;
  for (int i = 0; i < 9; ++i) {
    const auto pdu = rig.receive();
    const wire::DataIn in{wire::HeaderView(pdu->header)};
    if (pdu->opcode() == wire::Opcode::data_in && in.acknowledge()) asks = in.fields();
  }
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun, .ttt = asks.ttt, .beg_run = 4});
  renegotiate("MaxRecvDataSegmentLength=1024", 101);
  r_data_snack(1, 5);
  EXPECT_THAT(rig.receive(),
              Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(4)), With(&DataIn::buffer_offset, 2048U)));
  EXPECT_THAT(rig.receive(),
              Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(5)), With(&DataIn::buffer_offset, 3072U)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::exp_data_sn, wire::DataSN(6))));
}

TEST_F(Rfc7143_11_16_3_TargetRDataSnack, BeforeTheStatusIsAnsweredWithOneResponse) {
  log_in_for_recovery();
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  r_data_snack(1, 9);
  EXPECT_TRUE(rig.target_is_silent());
  pieces[0] = Bytes(data).first(512);
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 512});
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::has_status, false)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::snack_tag, wire::SnackTag(9))));
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_3_TargetRDataSnack, IsNeededWhenTheLengthHasChanged) {
  log_in_for_recovery();
  read(1, 100, 2048);
  receive_read(4);
  renegotiate("MaxRecvDataSegmentLength=1024", 101);
  data_snack(1, 0, 1);
  expect_reject(RejectReason::snack_reject);
  EXPECT_TRUE(rig.target_is_silent()) << "the status has been sent";
}

TEST_F(Rfc7143_11_16_3_TargetRDataSnack, ForAWriteIsAProtocolError) {
  log_in_for_recovery();
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)));
  r_data_snack(1, 9);
  expect_reject(RejectReason::protocol_error);
}

}  // namespace
}  // namespace lunway::session::testing
