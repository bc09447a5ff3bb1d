// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target's connection at ErrorRecoveryLevel 1, and short ways to ask it for what got lost.

#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "session/testing/ladder.h"
#include "wire/sense_segment.h"
#include "wire/snack_request.h"

namespace lunway::session::testing {

/// The number of the login response is 0, and the test has seen it.
inline constexpr wire::StatSN kFirstStatus{1};
inline const wire::Lun kUnit = wire::Lun::from_flat(3);

/// Where asked to, it takes the target's questions for an acknowledgement out of the way.
class RecoveryRig : public TargetRig {
 public:
  using TargetRig::TargetRig;

  std::optional<FromTarget> receive() {
    auto pdu = TargetRig::receive();
    while (hides_questions && pdu && pdu->opcode() == wire::Opcode::nop_in) pdu = TargetRig::receive();
    return pdu;
  }

  bool hides_questions = false;
};

class RecoveryLadder : public ::testing::Test {
 protected:
  explicit RecoveryLadder(const ConnectionLimits& connection = {}, const SessionLimits& session = {})
      : rig(connection, session) {}

  /// Reads are cut into PDUs of 512 bytes, in sequences of 2048.
  void log_in_for_recovery(std::initializer_list<std::string_view> more = {}) {
    rig.directory.policy.negotiation.number(text::KeyId::error_recovery_level) = {.preferred = 2, .worst = 0};
    rig.directory.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
    std::vector<std::string_view> keys{level == 1 ? "ErrorRecoveryLevel=1" : "ErrorRecoveryLevel=2",
                                       "MaxRecvDataSegmentLength=512", "MaxBurstLength=2048", "FirstBurstLength=2048",
                                       "DataDigest=CRC32C"};
    rig.directory.policy.negotiation.list(text::KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
    keys.insert(keys.end(), more);
    rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))),
             bytes_of(names() + pairs(keys)));
    ASSERT_TRUE(rig.receive());
    ASSERT_TRUE(rig.logged_in);
    ASSERT_EQ(rig.requested->session.error_recovery_level, level);
  }

  /// A READ that the device answers at once. Its PDUs wait to be received.
  TaskId read(std::uint32_t itt, std::uint32_t cmd_sn, std::uint32_t length, const CommandResult& result = {}) {
    auto fields = read_fields(itt, cmd_sn, length);
    fields.lun = kUnit;
    fields.exp_stat_sn = acknowledged;
    rig.send(wire::ScsiCommand::build(fields));
    const auto submit = rig.take<Submit>();
    EXPECT_TRUE(submit);
    CommandResult all = result;
    pieces[0] = Bytes(data).first(length);
    all.data_in = pieces;
    all.data_in_length = length;
    rig.complete(submit->task, all);
    return submit->task;
  }

  /// T -> I `count` Data-In PDUs and the SCSI Response.
  void receive_read(std::uint32_t count) {
    for (std::uint32_t sn = 0; sn < count; ++sn) {
      EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&wire::DataIn::Fields::data_sn, wire::DataSN(sn))));
    }
    EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  }

  void snack(wire::SnackRequest::Fields fields) {
    fields.exp_stat_sn = acknowledged;
    rig.send(wire::SnackRequest::build(fields));
  }
  void data_snack(std::uint32_t itt, std::uint32_t begin, std::uint32_t count) {
    snack({.type = wire::SnackType::data_or_r2t, .itt = wire::Itt(itt), .beg_run = begin, .run_length = count});
  }
  void status_snack(std::uint32_t begin, std::uint32_t count) {
    snack({.type = wire::SnackType::status, .beg_run = begin, .run_length = count});
  }
  void r_data_snack(std::uint32_t itt, std::uint32_t tag) {
    snack({.type = wire::SnackType::r_data, .itt = wire::Itt(itt), .snack_tag = wire::SnackTag(tag)});
  }

  /// A NOP-Out that is no ping: all before `number` has arrived.
  void acknowledge(wire::StatSN number) {
    acknowledged = number;
    wire::NopOut::Fields fields;
    fields.immediate = true;
    fields.cmd_sn = wire::CmdSN(100);
    fields.exp_stat_sn = number;
    rig.send(wire::NopOut::build(fields));
  }

  void expect_reject(wire::RejectReason reason) {
    EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&wire::Reject::Fields::reason, reason)));
  }

  void expect_snack_rejected(const std::optional<FromTarget>& response) {
    EXPECT_THAT(response,
                Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::status, wire::ScsiStatus::check_condition)));
    const auto segment = wire::SenseSegment::parse(response->data);
    ASSERT_TRUE(segment && segment->sense.size() == 18);
    EXPECT_EQ(segment->sense[12], std::byte{0x11});
    EXPECT_EQ(segment->sense[13], std::byte{0x13});
  }

  /// A Data-Out of a write whose data begins like `data`. With `spoiled` its digest is wrong.
  void data_out(std::uint32_t itt, wire::Ttt ttt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length,
                bool final, bool spoiled = false) {
    auto fields = data_out_fields(itt, ttt, sn, offset, final);
    fields.exp_stat_sn = acknowledged;
    const wire::EncodedPdu pdu(wire::DataOut::build(fields), Bytes(data).subspan(offset, length), rig.digests);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    if (spoiled) bytes.back() ^= std::byte{0x01};
    rig.send_bytes(bytes);
  }

  static std::string pairs(const std::vector<std::string_view>& keys) {
    std::string text;
    for (const std::string_view key : keys) text += std::string(key) + '\0';
    return text;
  }

  int level = 1;
  RecoveryRig rig;
  wire::StatSN acknowledged = kFirstStatus;
  std::vector<std::byte> data = pattern(1 << 20);
  std::vector<std::byte> memory = std::vector<std::byte>(1 << 20);
  std::array<Bytes, 1> pieces;
};

}  // namespace lunway::session::testing
