// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the keys of a login make of the Full Feature Phase at a target.
//= rfc7143#13

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "session/testing/login_ladder.h"

namespace lunway::session::testing {
namespace {

using Rfc7143_13_TargetKeys = TargetLoginLadder;
using Rfc7143_13_19_TargetKeys = TargetLoginLadder;
using Rfc7143_13_23_TargetKeys = TargetLoginLadder;

void allow_digests(TargetRig& rig) {
  rig.directory.policy.negotiation.list(text::KeyId::header_digest) = {text::Digest::crc32c, text::Digest::none};
  rig.directory.policy.negotiation.list(text::KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
}

//= ledger R7143-13.1-01 R7143-13.1-02 R7143-6.2.1-02
TEST(Rfc7143_13_1_TargetDigests, EveryPairOfThemIsUsedOnEveryPdu) {
  for (const std::string header : {"None", "CRC32C"}) {
    for (const std::string data : {"None", "CRC32C"}) {
      TargetRig rig;
      allow_digests(rig);
      const std::string asked_header = "HeaderDigest=" + header;
      const std::string asked_data = "DataDigest=" + data;
      log_in(rig, {asked_header, asked_data});
      EXPECT_EQ(rig.digests, (wire::Digests{.header = header == "CRC32C", .data = data == "CRC32C"}));
      // PDUs of several kinds; a wrong digest would end the rig's framer or empty the data.
      const auto ping = pattern(30);
      rig.send(wire::NopOut::build({.itt = wire::Itt(9)}), ping);
      EXPECT_EQ(rig.receive()->data, ping);
      const auto disk = pattern(512);
      const std::array pieces{Bytes(disk)};
      rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
      rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 512});
      EXPECT_EQ(rig.receive()->data, disk);
      rig.send(wire::TextRequest::build({.immediate = true, .itt = wire::Itt(2)}),
               bytes_of(text_pairs({"SendTargets="})));
      EXPECT_NE(rig.receive()->text(), "");
      EXPECT_FALSE(rig.closed);
    }
  }
}

//= ledger R7143-13.1-02
TEST(Rfc7143_13_1_TargetDigests, APduWithoutTheAgreedOneEndsTheConnection) {
  TargetRig rig;
  allow_digests(rig);
  log_in(rig, {"HeaderDigest=CRC32C"});
  rig.digests = {};
  rig.send(wire::NopOut::build({.itt = wire::Itt(9)}));
  rig.send(wire::NopOut::build({.itt = wire::Itt(10)}));
  EXPECT_TRUE(rig.closed);
  EXPECT_FALSE(rig.receive());
}

//= ledger R7143-13-01
TEST_F(Rfc7143_13_TargetKeys, OfTheSessionAreAgreedOnTheLeadingConnection) {
  EXPECT_EQ(ask(from_to(kOperational, kFullFeature), names({"MaxConnections=4"})).value("MaxConnections"), "1");
}

//= ledger R7143-13.11-02
TEST_F(Rfc7143_13_TargetKeys, ImmediateDataNoMakesImmediateDataAnError) {
  log_in(rig, {"ImmediateData=No"});
  const auto data = pattern(512);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)), data);
  const auto submit = rig.take<Submit>();
  ASSERT_TRUE(submit);
  EXPECT_TRUE(rig.immediate_data.front().empty()) << "the data is not taken";
  std::vector<std::byte> disk(512);
  rig.accept(submit->task, disk);
  const auto arrived = rig.take<DataArrived>();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->failure, TransferFailure::unexpected_unsolicited_data);
  EXPECT_EQ(disk, std::vector<std::byte>(512));
}

//= ledger R7143-13.19-01
TEST_F(Rfc7143_13_19_TargetKeys, SequencesFollowInTheOrderOfTheirOffsets) {
  rig.directory.policy.negotiation.number(text::KeyId::max_outstanding_r2t).preferred = 8;
  const auto answer = ask(from_to(kOperational, kFullFeature),
                          names({"DataSequenceInOrder=Yes", "MaxBurstLength=1024", "FirstBurstLength=512",
                                 "MaxRecvDataSegmentLength=512", "MaxOutstandingR2T=8", "ImmediateData=No"}));
  EXPECT_EQ(answer.value("DataSequenceInOrder"), "Yes");
  // T -> I  R2Ts
  std::vector<std::byte> disk(4096);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 4096)));
  rig.accept(rig.take<Submit>()->task, disk);
  std::uint32_t next = 0;
  while (const auto pdu = rig.receive()) {
    const wire::ReadyToTransfer r2t{wire::HeaderView(pdu->header)};
    EXPECT_EQ(r2t.buffer_offset(), next);
    next += r2t.desired_data_transfer_length();
  }
  EXPECT_EQ(next, 4096U);
  // T -> I  Data-In
  const auto data = pattern(4096);
  const std::array pieces{Bytes(data)};
  rig.send(wire::ScsiCommand::build(read_fields(2, 101, 4096)));
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 4096});
  next = 0;
  while (const auto pdu = rig.receive()) {
    EXPECT_EQ(wire::DataIn(wire::HeaderView(pdu->header)).buffer_offset(), next);
    next += static_cast<std::uint32_t>(pdu->data.size());
  }
  EXPECT_EQ(next, 4096U);
}

//= ledger R7143-13.23-01
TEST_F(Rfc7143_13_23_TargetKeys, WhatTheInitiatorLikesBestIsSelected) {
  for (const std::string_view best : {"FastAbort", "ResponseFence", "RFC3720"}) {
    TargetRig fresh;
    const std::string offer = "TaskReporting=" + std::string(best) + ",RFC3720,ResponseFence";
    log_in(fresh, {offer});
    EXPECT_EQ(text::table::kTaskReportingWords.at(static_cast<std::size_t>(fresh.requested->session.task_reporting)),
              best);
  }
}

//= ledger R7143-13.23-01
TEST_F(Rfc7143_13_23_TargetKeys, WhatIsNoValueIsRejected) {
  EXPECT_EQ(ask(stay_in(kOperational), names({"TaskReporting=SlowAbort"})).value("TaskReporting"), "Reject");
  EXPECT_TRUE(ask(from_to(kOperational, kFullFeature)).is_final());
  EXPECT_EQ(rig.requested->session.task_reporting, text::TaskReporting::rfc3720);
}

//= ledger R7143-13.24-01 R7144-7.1.1-01
TEST_F(Rfc7143_13_TargetKeys, ProtocolLevelTwoIsTheMost) {
  for (const auto& [offered, agreed] :
       {std::pair("3", 2U), std::pair("2", 2U), std::pair("1", 1U), std::pair("0", 0U)}) {
    TargetRig fresh;
    const std::string offer = "iSCSIProtocolLevel=" + std::string(offered);
    log_in(fresh, {offer});
    EXPECT_EQ(fresh.requested->session.protocol_level, agreed);
  }
}

//= ledger R7144-7.1.1-01
TEST(Rfc7144_7_1_1_TargetProtocolLevel, WithoutTheKeyItsFunctionsAreNotServed) {
  TargetRig rig;
  log_in(rig);
  EXPECT_EQ(rig.requested->session.protocol_level, 1U);
  using Function = wire::TaskManagementFunction;
  for (const auto function : {Function::query_task, Function::query_task_set, Function::i_t_nexus_reset,
                              Function::query_asynchronous_event}) {
    rig.send(wire::TaskManagementRequest::build({.immediate = true, .function = function, .itt = wire::Itt(20)}));
    EXPECT_THAT(rig.receive(),
                Is<wire::TaskManagementResponse>(With(&wire::TaskManagementResponse::Fields::response,
                                                      wire::TaskManagementResponseCode::function_not_supported)));
  }
  EXPECT_TRUE(rig.asked.empty()) << "nothing reaches a device";
}

}  // namespace
}  // namespace lunway::session::testing
