// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI commands and their data as ladders: I is the engine, T is the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/full_feature_ladder.h"
#include "wire/sense_segment.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {
namespace {

using ::testing::ElementsAre;

// --------------------------------------------------------------------------------------------------------------- read

using Rfc7143_11_7_InitiatorDataIn = FullFeature;

TEST_F(Rfc7143_11_7_InitiatorDataIn, FillsTheBufferAndStatusCollapsesIntoTheLast) {
  rig.log_in();
  const TaskId task = read(1000);
  // I -> T
  const auto command = sent<wire::ScsiCommand>();
  EXPECT_TRUE(command.read);
  EXPECT_FALSE(command.write);
  EXPECT_TRUE(command.final);
  EXPECT_EQ(command.expected_data_transfer_length, 1000U);
  EXPECT_EQ(command.cmd_sn, wire::CmdSN(7));
  EXPECT_EQ(command.lun, wire::Lun::from_flat(3));
  // T -> I
  data_in(command.itt, 0, 0, 600);
  EXPECT_EQ(completion(task), nullptr);
  data_in(command.itt, 1, 600, 400, true);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->status, wire::ScsiStatus::good);
  EXPECT_EQ(completion(task)->bytes_in, 1000U);
  EXPECT_TRUE(std::ranges::equal(buffer, Bytes(pattern).first(1000)));
}

TEST_F(Rfc7143_11_7_InitiatorDataIn, LandsWhereItBelongsHoweverItIsCut) {
  for (const Cut cut : {Cut::whole, Cut::byte_by_byte, Cut::header_then_window})
    for (const char* digests : {"HeaderDigest=None;DataDigest=None", "HeaderDigest=CRC32C;DataDigest=CRC32C"}) {
      InitiatorProfile profile = InitiatorRig::profile();
      profile.policy.header_digest = {text::Digest::none, text::Digest::crc32c};
      profile.policy.data_digest = {text::Digest::none, text::Digest::crc32c};
      profile.policy.header_digest.offer = profile.policy.data_digest.offer = true;
      InitiatorRig other(profile);
      other.log_in(digests);
      ASSERT_EQ(other.connection.state(), InitiatorConnectionState::logged_in);
      other.cut = cut;
      std::vector<std::byte> place(777);
      const auto task = other.session.submit(other.time, {.cdb = kCdb, .data_in = place});
      ASSERT_TRUE(task);
      other.pump();
      const wire::Itt itt = other.sent.front().itt();
      wire::DataIn::Fields fields{.final = true, .itt = itt};
      other.deliver(wire::DataIn::build(other.windowed(fields)), Bytes(pattern).first(501));
      fields.has_status = true;
      fields.data_sn = wire::DataSN(1);
      fields.buffer_offset = 501;
      other.deliver(wire::DataIn::build(other.numbered(fields)), Bytes(pattern).subspan(501, 276));
      ASSERT_NE(other.result_of<ScsiCompletion>(*task), nullptr);
      EXPECT_TRUE(std::ranges::equal(place, Bytes(pattern).first(777)));
    }
}

TEST_F(Rfc7143_11_7_InitiatorDataIn, DuplicateDataSnIsDiscarded) {
  rig.log_in();
  const TaskId task = read(200);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 0, 100);
  data_in(itt, 0, 0, 100);
  rig.cut = Cut::byte_by_byte;
  data_in(itt, 0, 0, 100);
  data_in(itt, 1, 100, 100, true);
  EXPECT_EQ(rig.closed(), nullptr);
  ASSERT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_11_7_InitiatorDataIn, DamagedDataEndsTheTaskAndNotTheConnection) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.data_digest = {text::Digest::crc32c};
  profile.policy.data_digest.offer = true;
  InitiatorRig other(profile);
  other.log_in();
  std::vector<std::byte> place(100);
  const auto task = other.session.submit(other.time, {.cdb = kCdb, .data_in = place});
  other.pump();
  const wire::Itt itt = other.next_sent().itt();
  // T -> I: a Data-In whose digest is wrong
  wire::DataIn::Fields fields{.itt = itt};
  wire::EncodedPdu pdu(wire::DataIn::build(other.windowed(fields)), Bytes(pattern).first(100), other.digests);
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  bytes.back() ^= std::byte{1};
  other.deliver_bytes(bytes);
  EXPECT_EQ(other.closed(), nullptr);
  // I -> T: ABORT TASK
  const SentPdu abort = other.next_sent();
  ASSERT_EQ(abort.opcode(), wire::Opcode::task_management_request);
  EXPECT_EQ(wire::TaskManagementRequest(abort.header).referenced_task_tag(), itt);
  // T -> I: function complete
  wire::TaskManagementResponse::Fields done{.itt = wire::BasicHeader(abort.header).itt()};
  other.deliver(wire::TaskManagementResponse::build(other.numbered(done)));
  EXPECT_EQ(other.fault_of(*task), TaskFault::data_digest);
}

// -------------------------------------------------------------------------------------------------------------- write

using Rfc7143_11_8_InitiatorR2t = FullFeature;

TEST_F(Rfc7143_11_8_InitiatorR2t, ImmediateDataThenWhatIsAskedFor) {
  rig.log_in("ImmediateData=Yes;InitialR2T=Yes;FirstBurstLength=512;MaxBurstLength=1024;MaxRecvDataSegmentLength=600");
  const TaskId task = write(2000);
  const auto command = sent<wire::ScsiCommand>();
  EXPECT_TRUE(command.write);
  EXPECT_TRUE(command.final);
  EXPECT_EQ(last.data.size(), 512U);
  EXPECT_EQ(command.expected_data_transfer_length, 2000U);
  EXPECT_FALSE(rig.has_sent());
  r2t(command.itt, 0, 512, 1024);
  expect_data_out(0x500, 0, 512, 600, false);
  expect_data_out(0x500, 1, 1112, 424, true);
  r2t(command.itt, 1, 1536, 464);
  expect_data_out(0x501, 0, 1536, 464, true);
  respond(command.itt);
  ASSERT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_11_8_InitiatorR2t, UnsolicitedDataFollowsTheCommand) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  profile.policy.number(text::KeyId::immediate_data) = {.preferred = 0, .worst = 0};
  InitiatorRig other(profile);
  other.log_in("FirstBurstLength=1024;MaxRecvDataSegmentLength=600");
  ASSERT_EQ(other.connection.state(), InitiatorConnectionState::logged_in);
  ASSERT_FALSE(other.session.parameters().initial_r2t);
  ASSERT_TRUE(other.session.submit(other.time, {.cdb = kCdb, .data_out = Bytes(pattern).first(2000)}));
  other.pump();
  // I -> T: F=0, no immediate data
  const SentPdu command = other.next_sent();
  EXPECT_FALSE(wire::BasicHeader(command.header).final());
  EXPECT_TRUE(command.data.empty());
  // I -> T: 600 + 424 bytes unasked, F on the last
  const SentPdu first = other.next_sent();
  EXPECT_EQ(wire::DataOut(first.header).ttt(), wire::kNoTtt);
  EXPECT_FALSE(wire::BasicHeader(first.header).final());
  EXPECT_EQ(first.data.size(), 600U);
  const SentPdu second = other.next_sent();
  EXPECT_TRUE(wire::BasicHeader(second.header).final());
  EXPECT_EQ(wire::DataOut(second.header).buffer_offset(), 600U);
  EXPECT_EQ(wire::DataOut(second.header).data_sn(), wire::DataSN(1));
  EXPECT_EQ(second.data.size(), 424U);
  EXPECT_FALSE(other.has_sent());
}

//= ledger R7143-11.8-10
TEST_F(Rfc7143_11_8_InitiatorR2t, SeveralOutstandingAreServedInTheirOrder) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.number(text::KeyId::max_outstanding_r2t) = {.preferred = 4, .worst = 1};
  profile.policy.number(text::KeyId::immediate_data) = {.preferred = 0, .worst = 0};
  InitiatorRig other(profile);
  other.log_in();
  ASSERT_EQ(other.session.parameters().max_outstanding_r2t, 4);
  ASSERT_TRUE(other.session.submit(other.time, {.cdb = kCdb, .data_out = Bytes(pattern).first(3000)}));
  other.pump();
  const wire::Itt itt = other.sent.front().itt();
  other.sent.clear();
  // T -> I: two R2Ts in one segment
  std::vector<std::byte> bytes;
  for (const std::uint32_t sn : {0U, 1U}) {
    const wire::Header header = wire::ReadyToTransfer::build(
        other.windowed(wire::ReadyToTransfer::Fields{.itt = itt,
                                                     .ttt = wire::Ttt(sn),
                                                     .r2t_sn = wire::R2TSN(sn),
                                                     .buffer_offset = sn * 1500,
                                                     .desired_data_transfer_length = 1500}));
    bytes.insert(bytes.end(), header.begin(), header.end());
  }
  other.deliver_bytes(bytes);
  EXPECT_EQ(other.next_sent().as<wire::DataOut>().ttt, wire::Ttt(0));
  EXPECT_EQ(other.next_sent().as<wire::DataOut>().ttt, wire::Ttt(1));
}

TEST_F(Rfc7143_11_8_InitiatorR2t, EarlyStatusEndsTheTaskWhenItsMemoryIsFree) {
  rig.log_in("ImmediateData=Yes");
  const auto task = rig.session.submit(rig.time, {.cdb = kCdb, .data_out = Bytes(pattern).first(4096)});
  // The command is on its way and looks at the caller's memory.
  const auto pieces = rig.connection.next_transmit(rig.time);
  std::size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  const wire::Header response = wire::ScsiResponse::build(
      rig.numbered(wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = wire::Itt(1 << 16)}));
  EXPECT_EQ(rig.connection.receive(rig.time, response), response.size());
  EXPECT_FALSE(rig.session.next_output());
  rig.connection.transmitted(rig.time, size);
  const auto done = rig.session.next_output();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->task, *task);
}

// ------------------------------------------------------------------------------------------------------- responses

using Rfc7143_10_2_InitiatorScsiResponse = FullFeature;
using Rfc7143_11_4_InitiatorScsiResponse = FullFeature;

//= ledger R7143-10.2-01
TEST_F(Rfc7143_10_2_InitiatorScsiResponse, SenseAndResidualsAreReported) {
  rig.log_in();
  const TaskId task = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  std::array<std::byte, 64> memory;
  const std::array<std::byte, 3> sense{std::byte{0x70}, std::byte{0}, std::byte{5}};
  respond(itt,
          {.status = wire::ScsiStatus::check_condition,
           .residual = {.kind = wire::Residual::Kind::underflow, .count = 512}},
          wire::SenseSegment{.sense = sense, .rest = {}}.write(memory));
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->status, wire::ScsiStatus::check_condition);
  EXPECT_THAT(completion(task)->sense, ElementsAre(std::byte{0x70}, std::byte{0}, std::byte{5}));
  EXPECT_EQ(completion(task)->residual.count, 512U);
  EXPECT_EQ(completion(task)->bytes_in, 0U);
}

TEST_F(Rfc7143_11_4_InitiatorScsiResponse, UnderflowExplainsAShortRead) {
  rig.log_in();
  const TaskId task = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 0, 100);
  respond(itt, {.residual = {.kind = wire::Residual::Kind::underflow, .count = 412}});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 100U);
}

TEST_F(Rfc7143_11_4_InitiatorScsiResponse, GoodOverMissingDataIsAFault) {
  rig.log_in();
  const TaskId shorter = read(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 0, 100);
  respond(itt);
  EXPECT_EQ(rig.fault_of(shorter), TaskFault::data_missing);
  const TaskId unsent = write(1 << 20);
  respond(sent<wire::ScsiCommand>().itt);
  EXPECT_EQ(rig.fault_of(unsent), TaskFault::data_missing);
}

/// A write that is longer than its CDB says is no read that brought too little.
TEST_F(Rfc7143_11_4_InitiatorScsiResponse, UnderflowExplainsAShortWrite) {
  rig.log_in();
  const TaskId task = write(512);
  respond(sent<wire::ScsiCommand>().itt, {.residual = {.kind = wire::Residual::Kind::underflow, .count = 512}});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->residual.count, 512U);
}

//= ledger R7143-11.4.3-01
TEST_F(Rfc7143_11_4_InitiatorScsiResponse, TargetFailureIsNoStatus) {
  rig.log_in();
  const TaskId task = read(512);
  respond(sent<wire::ScsiCommand>().itt, {.response = wire::ScsiResponseCode::target_failure});
  EXPECT_EQ(rig.fault_of(task), TaskFault::target_failure);
}

TEST_F(Rfc7143_11_4_InitiatorScsiResponse, BidirectionalCommandsMoveBothWays) {
  rig.log_in("ImmediateData=Yes");
  buffer.assign(300, std::byte{0});
  const TaskId task = submit(Bytes(pattern).first(200), buffer);
  const auto command = sent<wire::ScsiCommand>();
  EXPECT_TRUE(command.read && command.write);
  EXPECT_EQ(command.expected_data_transfer_length, 200U);
  EXPECT_EQ(last.ahs.size(), 8U);
  EXPECT_EQ(last.data.size(), 200U);
  data_in(command.itt, 0, 0, 300);
  respond(command.itt);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 300U);
}

// ------------------------------------------------------------------------------------------------ the command window

using Rfc7143_4_2_2_1_InitiatorCommandWindow = FullFeature;

TEST_F(Rfc7143_4_2_2_1_InitiatorCommandWindow, CommandsWaitUntilItOpens) {
  rig.log_in();
  std::vector<TaskId> tasks;
  for (int i = 0; i < 70; ++i) tasks.push_back(submit({}, {}));
  EXPECT_EQ(rig.sent.size(), 64U);
  const wire::Itt first = sent<wire::ScsiCommand>().itt;
  rig.sent.clear();
  // T -> I: ExpCmdSN and with it MaxCmdSN move by three
  rig.exp_cmd_sn = rig.exp_cmd_sn.advanced_by(3);
  respond(first);
  EXPECT_EQ(rig.sent.size(), 3U);
  EXPECT_EQ(sent<wire::ScsiCommand>().cmd_sn, wire::CmdSN(7 + 64));
}

TEST_F(Rfc7143_4_2_2_1_InitiatorCommandWindow, HasALimitOfWaitingTasks) {
  rig.log_in();
  std::expected<TaskId, SubmitError> last_one;
  for (int i = 0; i < 1000; ++i) last_one = rig.session.submit(rig.time, {.cdb = kCdb});
  ASSERT_FALSE(last_one);
  EXPECT_EQ(last_one.error(), SubmitError::too_many_tasks);
}

}  // namespace
}  // namespace lunway::session
