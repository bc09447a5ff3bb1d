// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the agreed parameters mean for the PDUs of an initiator: how much data goes unasked, how long a data segment is,
// in which order data goes, which PDUs carry digests, which functions may be asked for.
//= rfc7143#13

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/full_feature_ladder.h"
#include "wire/logout_request.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_request.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;
using text::KeyId;

// ---------------------------------------------------------------------------------------------------- unsolicited data

struct Unsolicited {
  const char* name;
  bool initial_r2t;
  bool immediate_data;
  std::uint32_t immediate;  // bytes with the command
  std::uint32_t data_out;   // bytes unasked after it
};

/// FirstBurstLength is 2048, the target takes 1024 bytes at a time, and the command writes 5000.
struct UnsolicitedData : ::testing::TestWithParam<Unsolicited> {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(KeyId::initial_r2t) = {.preferred = GetParam().initial_r2t ? 1U : 0U, .worst = 1};
    profile.policy.number(KeyId::immediate_data) = {.preferred = GetParam().immediate_data ? 1U : 0U, .worst = 0};
    return profile;
  }
};

using Rfc7143_13_11_InitiatorUnsolicitedData = UnsolicitedData;

//= ledger R7143-13.11-01 R7143-13.11-03 R7143-13.11-04 R7143-13.11-05 R7143-13.12-01 R7143-13.12-02
//= ledger R7143-4.2.5.2-02 R7143-4.2.5.2-04
TEST_P(Rfc7143_13_11_InitiatorUnsolicitedData, IsWhatTheTwoKeysAllow) {
  InitiatorRig rig(profile());
  const bool none = GetParam().initial_r2t && !GetParam().immediate_data;
  rig.log_in(none ? "MaxRecvDataSegmentLength=1024" : "FirstBurstLength=2048;MaxRecvDataSegmentLength=1024");
  ASSERT_EQ(rig.session.parameters().initial_r2t, GetParam().initial_r2t);
  ASSERT_EQ(rig.session.parameters().immediate_data, GetParam().immediate_data);
  const std::vector<std::byte> data(5000);
  ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb, .data_out = data}));
  rig.pump();
  const SentPdu command = rig.next_sent();
  EXPECT_EQ(command.opcode(), wire::Opcode::scsi_command);
  EXPECT_EQ(command.data.size(), GetParam().immediate);
  EXPECT_EQ(wire::BasicHeader(command.header).final(), GetParam().data_out == 0);
  std::size_t unasked = 0;
  while (rig.has_sent()) {
    const SentPdu pdu = rig.next_sent();
    EXPECT_EQ(pdu.opcode(), wire::Opcode::data_out);
    EXPECT_EQ(pdu.as<wire::DataOut>().ttt, wire::kNoTtt);
    EXPECT_LE(pdu.data.size(), 1024U);
    unasked += pdu.data.size();
    EXPECT_EQ(pdu.as<wire::DataOut>().final, unasked == GetParam().data_out) << "one burst";
  }
  EXPECT_EQ(unasked, GetParam().data_out);
}

INSTANTIATE_TEST_SUITE_P(Table, Rfc7143_13_11_InitiatorUnsolicitedData,
                         ::testing::Values(Unsolicited{"R2tOnly", true, false, 0, 0},
                                           Unsolicited{"ImmediateOnly", true, true, 1024, 0},
                                           Unsolicited{"DataOutOnly", false, false, 0, 2048},
                                           Unsolicited{"Both", false, true, 1024, 1024}),
                         [](const auto& test) { return std::string(test.param.name); });

// ------------------------------------------------------------------------------------------------------ solicited data

using Rfc7143_13_12_InitiatorSolicitedData = FullFeature;

//= ledger R7143-13.12-01
TEST_F(Rfc7143_13_12_InitiatorSolicitedData, IsNeverMoreThanMaxBurstLength) {
  rig.log_in("ImmediateData=No;MaxBurstLength=2048;MaxRecvDataSegmentLength=512");
  write(8192);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  r2t(itt, 0, 0, 2048);
  for (std::uint32_t sn = 0; sn < 4; ++sn) expect_data_out(0x500, sn, 512 * sn, 512, sn == 3);
  // T -> I: more than that
  r2t(itt, 1, 2048, 2049);
  EXPECT_FALSE(rig.has_sent());
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

struct SeveralR2ts : FullFeature {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(KeyId::max_outstanding_r2t) = {.preferred = 4, .worst = 1};
    profile.policy.number(KeyId::immediate_data) = {.preferred = 0, .worst = 0};
    return profile;
  }
  SeveralR2ts() : other(profile()) {
    other.log_in();
    EXPECT_TRUE(other.session.submit(other.time, {.cdb = kCdb, .data_out = Bytes(pattern).first(4096)}));
    other.pump();
    itt = other.next_sent().itt();
  }
  wire::Header r2t_pdu(std::uint32_t sn, std::uint32_t offset) {
    return wire::ReadyToTransfer::build(
        other.windowed(wire::ReadyToTransfer::Fields{.itt = itt,
                                                     .ttt = wire::Ttt(sn),
                                                     .r2t_sn = wire::R2TSN(sn),
                                                     .buffer_offset = offset,
                                                     .desired_data_transfer_length = 1024}));
  }

  InitiatorRig other;
  wire::Itt itt;
};

using Rfc7143_13_19_InitiatorSequences = SeveralR2ts;

//= ledger R7143-13.19-01
TEST_F(Rfc7143_13_19_InitiatorSequences, GoInTheOrderOfTheirOffsets) {
  // T -> I: four R2Ts at once
  std::vector<std::byte> bytes;
  for (std::uint32_t sn = 0; sn < 4; ++sn) {
    const wire::Header header = r2t_pdu(sn, 1024 * sn);
    bytes.insert(bytes.end(), header.begin(), header.end());
  }
  other.deliver_bytes(bytes);
  std::uint32_t last_offset = 0;
  std::size_t sent_bytes = 0;
  while (other.has_sent()) {
    const SentPdu pdu = other.next_sent();
    EXPECT_GE(pdu.as<wire::DataOut>().buffer_offset, last_offset);
    last_offset = pdu.as<wire::DataOut>().buffer_offset;
    sent_bytes += pdu.data.size();
  }
  EXPECT_EQ(sent_bytes, 4096U);
}

//= ledger R7143-13.19-01
TEST_F(Rfc7143_13_19_InitiatorSequences, AreNotAskedForBackwards) {
  other.deliver(r2t_pdu(0, 1024));
  ASSERT_NE(other.closed(), nullptr);
  EXPECT_EQ(other.closed()->reason, InitiatorCloseReason::protocol_error);
}

// ---------------------------------------------------------------------------------------------------- order of Data-In

struct AnyOrder : FullFeature {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(KeyId::data_pdu_in_order) = {.preferred = 0, .worst = 1};
    return profile;
  }
};

using Rfc7143_13_18_InitiatorDataIn = AnyOrder;

//= ledger R7143-13.18-01
TEST_F(Rfc7143_13_18_InitiatorDataIn, NoMeansAnyOrderInASequence) {
  for (const bool in_order : {false, true}) {
    InitiatorRig other(profile());
    other.log_in(in_order ? "DataPDUInOrder=Yes" : "DataPDUInOrder=No");
    std::vector<std::byte> place(1024);
    const auto task = other.session.submit(other.time, {.cdb = kCdb, .data_in = place});
    other.pump();
    const wire::Itt itt = other.next_sent().itt();
    // T -> I: the second half first
    wire::DataIn::Fields fields{.final = false, .itt = itt, .buffer_offset = 512};
    other.deliver(wire::DataIn::build(other.windowed(fields)), Bytes(pattern).subspan(512, 512));
    fields = {.final = true, .has_status = true, .itt = itt, .data_sn = wire::DataSN(1), .buffer_offset = 0};
    other.deliver(wire::DataIn::build(other.numbered(fields)), Bytes(pattern).first(512));
    EXPECT_EQ(other.closed() != nullptr, in_order);
    if (in_order) continue;
    EXPECT_NE(other.result_of<ScsiCompletion>(*task), nullptr);
    EXPECT_TRUE(std::ranges::equal(place, Bytes(pattern).first(1024)));
  }
}

// ------------------------------------------------------------------------------------------------------------- digests

struct Digests {
  const char* name;
  const char* keys;
};

struct Rfc7143_13_1_InitiatorDigests : FullFeature, ::testing::WithParamInterface<Digests> {};

//= ledger R7143-13.1-01 R7143-13.1-02
TEST_P(Rfc7143_13_1_InitiatorDigests, AreOnEveryPduOfTheFullFeaturePhase) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.header_digest = profile.policy.data_digest = {text::Digest::crc32c, text::Digest::none};
  InitiatorRig other(profile);
  // The framer of the rig reads digests as agreed: a PDU without them, or with others, would be none.
  other.log_in(std::string(GetParam().keys) + ";ImmediateData=Yes;FirstBurstLength=512");
  std::vector<wire::Opcode> seen;
  const auto look = [&] {
    while (other.has_sent()) {
      const SentPdu pdu = other.next_sent();
      seen.push_back(pdu.opcode());
      EXPECT_TRUE(pdu.data_digest_ok) << wire::to_string(pdu.opcode());
    }
  };
  const auto task = other.session.submit(other.time, {.cdb = kCdb, .data_out = Bytes(pattern).first(1024)});
  other.pump();
  const wire::Itt itt = other.sent.front().itt();
  other.deliver(wire::ReadyToTransfer::build(other.windowed(wire::ReadyToTransfer::Fields{
      .itt = itt, .ttt = wire::Ttt(1), .buffer_offset = 512, .desired_data_transfer_length = 512})));
  other.deliver(wire::NopIn::build(other.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(2), .stat_sn = other.stat_sn})));
  EXPECT_TRUE(other.session.ping(other.time, bytes_of("four bytes and more"), seconds(5)));
  EXPECT_TRUE(other.session.send_targets(other.time, "", seconds(5)));
  other.session.abort(other.time, *task);
  other.pump();
  look();
  using enum wire::Opcode;
  for (const wire::Opcode opcode : {scsi_command, data_out, nop_out, text_request, task_management_request})
    EXPECT_EQ(std::ranges::count(seen, opcode), opcode == nop_out ? 2 : 1) << wire::to_string(opcode);
  EXPECT_EQ(seen.size(), 6U);
}

INSTANTIATE_TEST_SUITE_P(Table, Rfc7143_13_1_InitiatorDigests,
                         ::testing::Values(Digests{"None", "HeaderDigest=None;DataDigest=None"},
                                           Digests{"Header", "HeaderDigest=CRC32C;DataDigest=None"},
                                           Digests{"Data", "HeaderDigest=None;DataDigest=CRC32C"},
                                           Digests{"Both", "HeaderDigest=CRC32C;DataDigest=CRC32C"}),
                         [](const auto& test) { return std::string(test.param.name); });

// ----------------------------------------------------------------------------------------------------- multi-task
// aborts

using Rfc7143_13_23_InitiatorMultiTaskAbort = FullFeature;

//= ledger R7143-13.23-05
TEST_F(Rfc7143_13_23_InitiatorMultiTaskAbort, WithoutFastAbortTasksGoOnUntilTheFunctionIsAnswered) {
  rig.log_in("ImmediateData=No");
  const TaskId task = write(2048);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  const auto function = rig.session.manage(
      rig.time, {.function = wire::TaskManagementFunction::abort_task_set, .lun = wire::Lun::from_flat(3)});
  rig.pump();
  const wire::Itt management = sent<wire::TaskManagementRequest>().itt;
  // T -> I, I -> T: the Target Transfer Tag is responded to in full
  r2t(itt, 0, 0, 2048);
  expect_data_out(0x500, 0, 0, 2048, true);
  EXPECT_FALSE(rig.fault_of(task));
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = management})));
  // Now the tasks it covers are concluded.
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
  EXPECT_NE(rig.result_of<ManagementCompletion>(*function), nullptr);
}

// ------------------------------------------------------------------------------------------------------------ RFC 7144

//= ledger R7144-7.1.1-01
TEST(Rfc7144_7_1_1_InitiatorProtocolLevel, BelowTwoNewFunctionsAreNotAskedFor) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.number(KeyId::protocol_level) = {.preferred = 2, .worst = 0};
  for (const char* answer : {"NotUnderstood", "0", "1", "2"}) {
    InitiatorRig rig(profile);
    rig.log_in(std::string("iSCSIProtocolLevel=") + answer);
    ASSERT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
    for (const auto function :
         {wire::TaskManagementFunction::query_task_set, wire::TaskManagementFunction::i_t_nexus_reset,
          wire::TaskManagementFunction::query_asynchronous_event}) {
      const bool may = std::string_view(answer) == "2";
      EXPECT_EQ(rig.session.manage(rig.time, {.function = function}).has_value(), may);
      rig.pump();
      EXPECT_EQ(rig.has_sent(), may);
      rig.sent.clear();
    }
  }
}

}  // namespace
}  // namespace lunway::session
