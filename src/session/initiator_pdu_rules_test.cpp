// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What holds for all PDUs of an initiator, whatever was agreed on: each PDU of a busy session is held against the rules
// of numbering, tags, lengths and order.
//= rfc7143#4.2.5.2

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "session/testing/full_feature_ladder.h"
#include "wire/additional_header.h"
#include "wire/nop_out.h"

namespace lunway::session {
namespace {

struct Agreement {
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t first_burst = 1000;
  std::uint32_t max_burst = 2000;
  std::uint32_t segment = 600;

  std::string keys() const {
    const auto flag = [](bool value) { return value ? "Yes" : "No"; };
    return std::string("InitialR2T=") + flag(initial_r2t) + ";ImmediateData=" + flag(immediate_data) +
           ";FirstBurstLength=" + std::to_string(first_burst) + ";MaxBurstLength=" + std::to_string(max_burst) +
           ";MaxRecvDataSegmentLength=" + std::to_string(segment);
  }
};

InitiatorProfile profile_without_initial_r2t() {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  return profile;
}

class BusySession : public FullFeature, public ::testing::WithParamInterface<Agreement> {
 protected:
  BusySession() : FullFeature(profile_without_initial_r2t()) {}

  struct Write {
    std::uint32_t length = 0;
    std::uint32_t unsolicited = 0;
    bool follows = false;
    std::uint32_t sent = 0;
    // The sequence under way.
    std::uint32_t next_data_sn = 0;
    std::uint32_t end = 0;
    wire::Ttt ttt = wire::kNoTtt;
    std::uint32_t next_r2t = 0;
  };

  void check_everything_sent() {
    while (rig.has_sent()) check(rig.next_sent());
  }

  void check(const SentPdu& pdu) {
    const auto opcode = static_cast<unsigned>(pdu.opcode());
    EXPECT_LT(opcode, 0x20U) << "an opcode of a target";
    const wire::BasicHeader header(pdu.header);
    EXPECT_EQ(header.data_segment_length(), pdu.data.size());
    EXPECT_EQ(header.total_ahs_length_words() * 4U, pdu.ahs.size());
    EXPECT_LE(pdu.data.size(), GetParam().segment);
    if (pdu.opcode() == wire::Opcode::scsi_command) check_command(pdu);
    if (pdu.opcode() == wire::Opcode::data_out) check_data_out(pdu);
    if (pdu.opcode() == wire::Opcode::nop_out) {
      const auto nop = pdu.as<wire::NopOut>();
      EXPECT_TRUE(nop.immediate);
      EXPECT_EQ(nop.cmd_sn, next_cmd_sn) << "the current number, which it does not take";
    }
  }

  void check_command(const SentPdu& pdu) {
    const auto command = pdu.as<wire::ScsiCommand>();
    EXPECT_FALSE(command.immediate);
    EXPECT_EQ(command.cmd_sn, next_cmd_sn);
    next_cmd_sn = next_cmd_sn.next();
    EXPECT_NE(command.itt, wire::kNoItt);
    EXPECT_TRUE(tags.insert(command.itt.value()).second) << "a tag that another task has";
    EXPECT_TRUE(command.write || command.final);
    EXPECT_TRUE(command.read || command.write || command.expected_data_transfer_length == 0);
    if (!command.write) {
      EXPECT_TRUE(pdu.data.empty());
      return;
    }
    const auto length = command.expected_data_transfer_length;
    const auto immediate = static_cast<std::uint32_t>(pdu.data.size());
    if (!GetParam().immediate_data) {
      EXPECT_EQ(immediate, 0U);
    }
    EXPECT_LE(immediate, GetParam().first_burst);
    if (immediate == length) {
      EXPECT_TRUE(command.final);
    }
    if (GetParam().initial_r2t) {
      EXPECT_TRUE(command.final);
    }
    EXPECT_TRUE(std::ranges::equal(pdu.data, Bytes(pattern).first(immediate)));
    const std::uint32_t end = command.final ? immediate : std::min(length, GetParam().first_burst);
    writes[command.itt.value()] = {
        .length = length, .unsolicited = end, .follows = !command.final, .sent = immediate, .end = end};
    if (!command.final) unsolicited.push_back(command.itt.value());
  }

  void check_data_out(const SentPdu& pdu) {
    const auto data = pdu.as<wire::DataOut>();
    ASSERT_TRUE(writes.contains(data.itt.value()));
    Write& write = writes[data.itt.value()];
    EXPECT_EQ(data.ttt, write.ttt);
    if (data.ttt == wire::kNoTtt) {
      ASSERT_FALSE(unsolicited.empty());
      EXPECT_EQ(data.itt.value(), unsolicited.front()) << "unsolicited data in the order of the commands";
      if (data.final) unsolicited.erase(unsolicited.begin());
    } else {
      EXPECT_EQ(data.lun, wire::Lun::from_flat(3));
    }
    EXPECT_EQ(data.data_sn, wire::DataSN(write.next_data_sn++));
    EXPECT_EQ(data.buffer_offset, write.sent);
    EXPECT_TRUE(std::ranges::equal(pdu.data, Bytes(pattern).subspan(write.sent, pdu.data.size())));
    write.sent += static_cast<std::uint32_t>(pdu.data.size());
    EXPECT_LE(write.sent, write.end);
    EXPECT_EQ(data.final, write.sent == write.end);
  }

  /// Asks for the next burst of each write, until all is here.
  bool solicit() {
    bool asked = false;
    for (auto& [itt, write] : writes) {
      if (write.sent == write.length) continue;
      EXPECT_EQ(write.sent, write.end) << "what was asked for was not delivered";
      const std::uint32_t length = std::min(write.length - write.sent, GetParam().max_burst);
      write.end = write.sent + length;
      write.next_data_sn = 0;
      write.ttt = wire::Ttt(0x500 + write.next_r2t);
      r2t(wire::Itt(itt), write.next_r2t++, write.sent, length);
      asked = true;
    }
    check_everything_sent();
    return asked;
  }

  wire::CmdSN next_cmd_sn{kRigFirstCmdSN};
  std::set<std::uint32_t> tags;
  std::map<std::uint32_t, Write> writes;
  std::vector<std::uint32_t> unsolicited;
};

using Rfc7143_4_2_5_2_InitiatorPdus = BusySession;

//= ledger R7143-4.2.2.1-01 R7143-4.2.2.1-02 R7143-4.2.2.1-03 R7143-4.2.2.1-08
//= ledger R7143-4.2.5.2-01 R7143-4.2.5.2-05 R7143-4.2.5.2-06 R7143-4.2.5.2-09 R7143-4.2.5.2-10 R7143-4.2.5.2-12
//= ledger R7143-11.2.1.2-01 R7143-11.2.1.5-01 R7143-11.2.1.6-01 R7143-11.2.1.8-01 R7143-11.2.1.8-02
//= ledger R7143-11.3.1-01 R7143-11.3.1-03 R7143-11.3.4-02 R7143-11.3.4-03
//= ledger R7143-11.7.1-02 R7143-11.7.1-03 R7143-11.7.1-04 R7143-11.7.4-02 R7143-11.8-01 R7143-11.8-03 R7143-11.8-04
//= ledger R7143-11.8-05 R7143-11.8-06 R7143-11.8-08 R7143-11.8-09 R7143-10.6-01
TEST_P(Rfc7143_4_2_5_2_InitiatorPdus, KeepAllRulesUnderAnyAgreement) {
  rig.log_in(GetParam().keys());
  ASSERT_EQ(rig.session.parameters().initial_r2t, GetParam().initial_r2t);
  buffer.resize(2000);
  std::vector<TaskId> tasks;
  for (const std::uint32_t length : {1U, 500U, 1000U, 1500U, 600U, 5000U, 999U, 20'000U}) {
    const auto task = rig.session.submit(
        rig.time, {.lun = wire::Lun::from_flat(3), .cdb = kCdb, .data_out = Bytes(pattern).first(length)});
    ASSERT_TRUE(task);
    tasks.push_back(*task);
    ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb, .data_in = buffer}));
    ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb}));
    ASSERT_TRUE(rig.session.ping(rig.time, bytes_of("ping"), std::chrono::seconds(9)));
  }
  rig.pump();
  check_everything_sent();
  EXPECT_TRUE(unsolicited.empty()) << "unsolicited data that was announced and did not come";
  while (solicit() && !HasFailure()) {
  }
  ASSERT_EQ(writes.size(), tasks.size());
  for (const auto& [itt, write] : writes) {
    // All of the first burst, or only what is immediate.
    if (write.follows) {
      EXPECT_EQ(write.unsolicited, std::min(write.length, GetParam().first_burst));
    }
    respond(wire::Itt(itt));
  }
  for (const TaskId task : tasks) EXPECT_NE(completion(task), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Agreements, Rfc7143_4_2_5_2_InitiatorPdus,
                         ::testing::Values(Agreement{true, true}, Agreement{true, false}, Agreement{false, true},
                                           Agreement{false, false}, Agreement{false, true, 512, 512, 512},
                                           Agreement{false, true, 4000, 16000, 8192},
                                           Agreement{false, false, 4000, 16000, 4000}));

// ---------------------------------------------------------------------------------------------------- single fields

using Rfc7143_11_3_5_InitiatorCommand = FullFeature;

//= ledger R7143-11.3.5-01 R7143-11.2.2.3-01
TEST_F(Rfc7143_11_3_5_InitiatorCommand, ALongCdbGoesOnInAnAdditionalHeader) {
  rig.log_in();
  std::vector<std::byte> cdb(260);
  for (std::size_t i = 0; i < cdb.size(); ++i) cdb[i] = static_cast<std::byte>(i);
  for (const std::size_t size : {6U, 16U, 17U, 32U, 260U}) {
    ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = Bytes(cdb).first(size)}));
    rig.pump();
    const SentPdu command = rig.next_sent();
    const auto ahs = wire::CommandAhs::parse(command.ahs);
    ASSERT_TRUE(ahs);
    EXPECT_EQ(command.ahs.empty(), size <= 16) << size;
    EXPECT_TRUE(std::ranges::equal(ahs->extended_cdb, Bytes(cdb).subspan(std::min(size, wire::kHeaderCdbSize),
                                                                         size - std::min(size, wire::kHeaderCdbSize))));
  }
}

using Rfc7143_11_3_4_InitiatorCommand = FullFeature;

//= ledger R7143-11.3.4-01
TEST_F(Rfc7143_11_3_4_InitiatorCommand, ABidirectionalOneSaysHowMuchItReads) {
  rig.log_in();
  buffer.resize(300);
  submit(Bytes(pattern).first(200), buffer);
  EXPECT_EQ(sent<wire::ScsiCommand>().expected_data_transfer_length, 200U);
  const auto ahs = wire::CommandAhs::parse(last.ahs);
  ASSERT_TRUE(ahs);
  EXPECT_EQ(ahs->bidirectional_read_length, 300U);
}

using Rfc7143_11_7_InitiatorDataInFields = FullFeature;

//= ledger R7143-11.7.2-04 R7143-11.7.7-01 R7143-11.7-02
TEST_F(Rfc7143_11_7_InitiatorDataInFields, EmptyPdusAndTheABitChangeNothing) {
  rig.log_in();
  const TaskId task = read(1000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 0, 0, false, false);
  wire::DataIn::Fields fields{
      .final = true, .acknowledge = true, .itt = itt, .ttt = wire::Ttt(5), .data_sn = wire::DataSN(1)};
  rig.deliver(wire::DataIn::build(rig.windowed(fields)), Bytes(pattern).first(1000));
  EXPECT_FALSE(rig.has_sent()) << "nothing is acknowledged at ErrorRecoveryLevel 0";
  data_in(itt, 2, 1000, 0, true);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 1000U);
}

using Rfc7143_11_4_5_1_InitiatorResidual = FullFeature;

//= ledger R7143-11.4.5.1-02
TEST_F(Rfc7143_11_4_5_1_InitiatorResidual, ACountWithoutABitIsNoResidual) {
  rig.log_in();
  const TaskId task = write(100);
  wire::Header header =
      wire::ScsiResponse::build(rig.numbered(wire::ScsiResponse::Fields{.itt = sent<wire::ScsiCommand>().itt}));
  header[47] = std::byte{99};
  rig.deliver(header);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->residual, wire::Residual());
}

using Rfc7143_4_2_2_2_InitiatorStatSN = FullFeature;

/// Recovery at ErrorRecoveryLevel 0 is a new session, and the constant is 1.
//= ledger R7143-4.2.2.2-02 R7143-4.2.2.2-03
TEST_F(Rfc7143_4_2_2_2_InitiatorStatSN, AGapOfOneEndsTheConnection) {
  rig.log_in();
  read(1000);
  rig.stat_sn = rig.stat_sn.next();
  respond(sent<wire::ScsiCommand>().itt, {.status = wire::ScsiStatus::busy});
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

using Rfc7143_4_2_5_3_InitiatorTags = FullFeature;

//= ledger R7143-4.2.5.3-01
TEST_F(Rfc7143_4_2_5_3_InitiatorTags, AnR2tWithAnotherLunThanItsCommandBreaksTheRule) {
  rig.log_in("ImmediateData=No");
  write(100);
  wire::ReadyToTransfer::Fields fields{.lun = wire::Lun::from_flat(4),
                                       .itt = sent<wire::ScsiCommand>().itt,
                                       .ttt = wire::Ttt(1),
                                       .desired_data_transfer_length = 100};
  rig.deliver(wire::ReadyToTransfer::build(rig.windowed(fields)));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

}  // namespace
}  // namespace lunway::session
