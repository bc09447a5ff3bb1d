// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands and their data through a whole connection, as ladders.

#include "session/target_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Eq;
using ::testing::IsEmpty;

using DataIn = wire::DataIn::Fields;
using R2t = wire::ReadyToTransfer::Fields;
using Response = wire::ScsiResponse::Fields;

TEST(Rfc7143_4_2_5_TargetCommand, AReadSendsDataAndStatusInOnePdu) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(4096);
  const std::array pieces{Bytes(data)};

  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 4096)));  // I -> T  READ
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  EXPECT_EQ(submit->read_length, 4096U);
  EXPECT_EQ(submit->write_length, 0U);
  EXPECT_EQ(submit->cdb.size(), 16U);
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 4096});

  const auto answer = rig.receive();  // T -> I  Data-In with status
  EXPECT_THAT(answer, Is<wire::DataIn>(With(&DataIn::final, true), With(&DataIn::has_status, true),
                                       With(&DataIn::itt, wire::Itt(1)), With(&DataIn::stat_sn, wire::StatSN(1)),
                                       With(&DataIn::exp_cmd_sn, wire::CmdSN(101)),
                                       With(&DataIn::residual, Eq(wire::Residual()))));
  EXPECT_THAT(answer->data, ElementsAreArray(data));
  EXPECT_EQ(rig.take<Release>()->task, submit->task);
  EXPECT_TRUE(rig.target_is_silent());
}

//= ledger R7143-11.7.1-02 R7143-11.7.1-03 R7143-11.7.1-04 R7143-11.7.2-03 R7143-11.7.3-03 R7143-11.7.4-02
//= ledger R7143-4.2.2.4-01 R7143-4.2.5.2-02
TEST(Rfc7143_11_7_TargetDataIn, ALongReadIsCutByTheInitiatorsLimits) {
  TargetRig rig;
  log_in(rig, {"MaxRecvDataSegmentLength=4096", "MaxBurstLength=8192", "FirstBurstLength=8192"});
  const auto data = pattern(20000);
  const std::array pieces{Bytes(data).first(5000), Bytes(data).subspan(5000)};

  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 20000)));  // I -> T  READ
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 20000});

  std::vector<std::byte> received;
  std::uint32_t burst = 0;
  for (std::uint32_t data_sn = 0; received.size() < 20000; ++data_sn) {
    const auto pdu = rig.receive();  // T -> I  Data-In ...
    ASSERT_THAT(pdu, Is<wire::DataIn>(With(&DataIn::data_sn, wire::DataSN(data_sn)),
                                      With(&DataIn::buffer_offset, received.size()), With(&DataIn::acknowledge, false),
                                      With(&DataIn::ttt, wire::kNoTtt)));
    EXPECT_LE(pdu->data.size(), 4096U);
    received.insert(received.end(), pdu->data.begin(), pdu->data.end());
    burst += static_cast<std::uint32_t>(pdu->data.size());
    const bool final = wire::DataIn(wire::HeaderView(pdu->header)).final();
    EXPECT_EQ(final, burst == 8192 || received.size() == 20000);
    EXPECT_EQ(wire::DataIn(wire::HeaderView(pdu->header)).has_status(), received.size() == 20000);
    if (final) burst = 0;
  }
  EXPECT_EQ(received, data);
  EXPECT_TRUE(rig.take<Release>());
}

TEST(Rfc7143_11_4_5_TargetResidual, UnderflowAndOverflowAreReported) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(512);
  const std::array pieces{Bytes(data)};

  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 4096)));
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 512});
  EXPECT_THAT(rig.receive(),
              Is<wire::DataIn>(With(&DataIn::residual, (wire::Residual{wire::Residual::Kind::underflow, 3584}))));
  rig.take<Release>();

  rig.send(wire::ScsiCommand::build(read_fields(2, 101, 100)));
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 512});
  const auto cut = rig.receive();
  EXPECT_THAT(cut, Is<wire::DataIn>(With(&DataIn::residual, (wire::Residual{wire::Residual::Kind::overflow, 412}))));
  EXPECT_EQ(cut->data.size(), 100U);
}

//= ledger R7143-11.4.7-02 R7143-11.7.3-01 R7143-10.2-01
TEST(Rfc7143_11_4_7_TargetSense, CheckConditionComesInAResponseWithSense) {
  TargetRig rig;
  log_in(rig);
  const auto sense = pattern(18);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 4096)));
  rig.complete(rig.take<Submit>()->task, {.status = wire::ScsiStatus::check_condition, .sense = sense});
  const auto answer = rig.receive();
  EXPECT_THAT(answer,
              Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::check_condition),
                                     With(&Response::residual, (wire::Residual{wire::Residual::Kind::underflow, 4096})),
                                     With(&Response::exp_data_sn, wire::DataSN(0))));
  ASSERT_EQ(answer->data.size(), 20U);
  EXPECT_EQ(load_be16(answer->data.data()), 18U);
  EXPECT_THAT(Bytes(answer->data).subspan(2), ElementsAreArray(sense));
}

//= ledger R7143-4.2.5.2-03
TEST(Rfc7143_4_2_5_2_TargetImmediateData, IsOfferedAndCopiedWhereTheOwnerWantsIt) {
  TargetRig rig;
  log_in(rig);
  EXPECT_TRUE(rig.requested->session.initial_r2t) << "other unsolicited data is not agreed";
  const auto data = pattern(4096);
  std::vector<std::byte> disk(4096);

  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 4096)), data);  // I -> T  WRITE with all its data
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  EXPECT_EQ(submit->write_length, 4096U);
  EXPECT_EQ(rig.immediate_data.front(), data);
  rig.accept(submit->task, disk);
  EXPECT_EQ(rig.take<DataArrived>()->failure, TransferFailure::none);
  EXPECT_EQ(disk, data);
  rig.complete(submit->task, {.data_out_length = 4096});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good),
                                                    With(&Response::residual, Eq(wire::Residual()))));
  EXPECT_TRUE(rig.take<Release>());
}

//= ledger R7143-11.8-12 R7143-11.8-13 R7143-11.8.3-01 R7143-11.8.4-01 R7143-11.8.4-02 R7143-11.8.5-01
TEST(Rfc7143_11_8_TargetR2t, SolicitsWithinMaxOutstandingR2tAndMaxBurstLength) {
  TargetRig rig;
  rig.directory.policy.negotiation.number(text::KeyId::max_outstanding_r2t).preferred = 2;
  log_in(rig, {"MaxBurstLength=4096", "MaxOutstandingR2T=2", "FirstBurstLength=512", "ImmediateData=No"});
  const auto data = pattern(10000);
  std::vector<std::byte> disk(10000);

  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 10000)));  // I -> T  WRITE
  const auto submit = rig.take<Submit>();
  EXPECT_TRUE(rig.target_is_silent());
  rig.accept(submit->task, disk);

  const auto first = rig.receive();  // T -> I  R2T 0
  EXPECT_THAT(first,
              Is<wire::ReadyToTransfer>(With(&R2t::buffer_offset, 0U), With(&R2t::desired_data_transfer_length, 4096U),
                                        With(&R2t::r2t_sn, wire::R2TSN(0)), With(&R2t::stat_sn, wire::StatSN(1))));
  const auto second = rig.receive();  // T -> I  R2T 1
  EXPECT_THAT(second, Is<wire::ReadyToTransfer>(With(&R2t::buffer_offset, 4096U), With(&R2t::r2t_sn, wire::R2TSN(1))));
  EXPECT_TRUE(rig.target_is_silent()) << "two R2Ts may be outstanding";

  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(first), 0, 0, false)), Bytes(data).first(2000));
  EXPECT_TRUE(rig.target_is_silent());
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(first), 1, 2000, true)), Bytes(data).subspan(2000, 2096));
  const auto third = rig.receive();  // T -> I  R2T 2, for the rest
  EXPECT_THAT(third, Is<wire::ReadyToTransfer>(With(&R2t::buffer_offset, 8192U),
                                               With(&R2t::desired_data_transfer_length, 1808U)));
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(second), 0, 4096, true)), Bytes(data).subspan(4096, 4096));
  EXPECT_FALSE(rig.take<DataArrived>());
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(third), 0, 8192, true)), Bytes(data).subspan(8192));
  EXPECT_EQ(rig.take<DataArrived>()->failure, TransferFailure::none);
  EXPECT_EQ(disk, data);
  rig.complete(submit->task, {.data_out_length = 10000});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::stat_sn, wire::StatSN(1))));
}

//= ledger R7143-4.2.5.2-07
TEST(Rfc7143_4_2_5_2_TargetUnsolicited, DataOutFollowsTheCommandWithoutR2t) {
  TargetRig rig;
  rig.directory.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  log_in(rig, {"InitialR2T=No", "FirstBurstLength=8192"});
  const auto data = pattern(10000);
  std::vector<std::byte> disk(10000);

  auto command = write_fields(1, 100, 10000);
  command.final = false;
  rig.send(wire::ScsiCommand::build(command), Bytes(data).first(4096));  // I -> T  WRITE with 4096 bytes
  const auto submit = rig.take<Submit>();
  // I -> T  Data-Out with the rest of the first burst, before the owner has said where it goes
  rig.send(wire::DataOut::build(data_out_fields(1, wire::kNoTtt, 0, 4096, true)), Bytes(data).subspan(4096, 4096));
  rig.accept(submit->task, disk);
  const auto r2t = rig.receive();  // T -> I  R2T for what is left
  EXPECT_THAT(r2t, Is<wire::ReadyToTransfer>(With(&R2t::buffer_offset, 8192U),
                                             With(&R2t::desired_data_transfer_length, 1808U)));
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 8192, true)), Bytes(data).subspan(8192));
  EXPECT_EQ(rig.take<DataArrived>()->failure, TransferFailure::none);
  EXPECT_EQ(disk, data);
}

TEST(Rfc7143_4_2_5_2_TargetUnsolicited, DataUnderWayWhenTheOwnerAcceptsStillArrives) {
  TargetRig rig;
  rig.directory.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  log_in(rig, {"InitialR2T=No"});
  const auto data = pattern(4096);
  std::vector<std::byte> disk(4096);
  auto command = write_fields(1, 100, 4096);
  command.final = false;
  rig.send(wire::ScsiCommand::build(command));
  const auto submit = rig.take<Submit>();
  const wire::EncodedPdu pdu(wire::DataOut::build(data_out_fields(1, wire::kNoTtt, 0, 0, true)), data, {});
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  rig.send_bytes(Bytes(bytes).first(1000));
  rig.accept(submit->task, disk);
  rig.send_bytes(Bytes(bytes).subspan(1000));
  EXPECT_EQ(rig.take<DataArrived>()->failure, TransferFailure::none);
  EXPECT_EQ(disk, data);
}

//= ledger R7143-11.4.2-01
TEST(Rfc7143_11_4_2_TargetStatus, WaitsForTheUnsolicitedDataThatIsStillComing) {
  TargetRig rig;
  rig.directory.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  log_in(rig, {"InitialR2T=No"});
  const auto data = pattern(8192);

  auto command = write_fields(1, 100, 8192);
  command.final = false;
  rig.send(wire::ScsiCommand::build(command), Bytes(data).first(4096));
  rig.complete(rig.take<Submit>()->task, {.status = wire::ScsiStatus::reservation_conflict});
  EXPECT_TRUE(rig.target_is_silent()) << "the initiator still sends";
  rig.send(wire::DataOut::build(data_out_fields(1, wire::kNoTtt, 0, 4096, true)), Bytes(data).subspan(4096));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::reservation_conflict)));
  EXPECT_TRUE(rig.take<Release>());
}

//= ledger R7143-4.2.2.1-07 R7143-4.2.2.1-12
TEST(Rfc7143_4_2_2_1_TargetCmdSN, CommandsAreSubmittedInOrderAndDuplicatesIgnored) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(512);
  std::vector<std::byte> disk(512);
  rig.send(wire::ScsiCommand::build(write_fields(2, 101, 512)), data);  // I -> T  the second command
  EXPECT_THAT(rig.asked, IsEmpty());
  rig.send(wire::ScsiCommand::build(write_fields(2, 101, 512)), data);  // once more
  EXPECT_THAT(rig.asked, IsEmpty());
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));  // I -> T  the first one
  const auto first = rig.take<Submit>();
  const auto second = rig.take<Submit>();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->read_length, 512U);
  EXPECT_EQ(second->write_length, 512U);
  rig.accept(second->task, disk);
  EXPECT_TRUE(rig.take<DataArrived>());
  EXPECT_EQ(disk, data) << "its data was kept while it waited";
  rig.complete(second->task, {.data_out_length = 512});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::exp_cmd_sn, wire::CmdSN(102))));
  EXPECT_TRUE(rig.target_is_silent());
}

TEST(Rfc7143_4_2_2_1_TargetCmdSN, ACommandWhoseDataFindsNoRoomBehindAGapIsBusy) {
  TargetRig rig({}, {.held_bytes = 1});
  log_in(rig);
  const auto data = pattern(512);
  rig.send(wire::ScsiCommand::build(write_fields(2, 101, 512)), data);  // has the only block
  rig.send(wire::ScsiCommand::build(write_fields(3, 102, 512)), data);
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_TRUE(rig.take<Submit>() && rig.take<Submit>());
  EXPECT_FALSE(rig.take<Submit>());
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(3)),
                                                    With(&Response::status, wire::ScsiStatus::busy)));
}

TEST(Rfc7143_4_2_5_2_TargetImmediateData, InputWaitsWhileTooMuchDataHasNoPlace) {
  TargetRig rig({}, {.held_bytes = 1});
  log_in(rig);
  const auto data = pattern(512);
  std::vector<std::byte> disk(512);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)), data);
  EXPECT_TRUE(rig.connection->wants_input());
  rig.send(wire::ScsiCommand::build(write_fields(2, 101, 512)), data);
  EXPECT_FALSE(rig.connection->wants_input());
  const auto first = rig.take<Submit>();
  rig.accept(first->task, disk);
  EXPECT_TRUE(rig.connection->wants_input());
  EXPECT_EQ(disk, data);
}

TEST(Rfc7143_11_3_4_TargetBidirectional, WritesAndReadsInOneCommand) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(512);
  std::vector<std::byte> disk(512);
  const auto answer = pattern(300, 9);
  const std::array pieces{Bytes(answer)};
  auto fields = write_fields(1, 100, 512);
  fields.read = true;
  std::array<std::byte, 16> room;
  wire::CommandAhs ahs;
  ahs.bidirectional_read_length = 400;
  rig.send(wire::ScsiCommand::build(fields), data, ahs.write(room));
  const auto submit = rig.take<Submit>();
  EXPECT_EQ(submit->write_length, 512U);
  EXPECT_EQ(submit->read_length, 400U);
  rig.accept(submit->task, disk);
  EXPECT_TRUE(rig.take<DataArrived>());
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 300, .data_out_length = 512});
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::has_status, false), With(&DataIn::final, true)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::residual, Eq(wire::Residual())),
                                                    With(&Response::bidirectional_read_residual,
                                                         (wire::Residual{wire::Residual::Kind::underflow, 100})),
                                                    With(&Response::exp_data_sn, wire::DataSN(1))));
}

}  // namespace
}  // namespace lunway::session::testing
