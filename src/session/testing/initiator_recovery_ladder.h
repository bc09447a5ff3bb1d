// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for ladders in which PDUs of the target are lost or damaged: I is the engine at ErrorRecoveryLevel 1 with
// data digests, T is the test.

#pragma once

#include <utility>
#include <vector>

#include "session/testing/full_feature_ladder.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/reject.h"
#include "wire/snack_request.h"

namespace lunway::session {

struct InitiatorRecoveryLadder : FullFeature {
  explicit InitiatorRecoveryLadder(InitiatorProfile profile = recovering_profile()) : FullFeature(std::move(profile)) {
    rig.log_in("InitialR2T=Yes;ImmediateData=Yes");
    EXPECT_EQ(rig.session.parameters().error_recovery_level, 1);
  }

  static InitiatorProfile recovering_profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(text::KeyId::error_recovery_level).preferred = 1;
    profile.policy.data_digest = text::ListWish({text::Digest::crc32c});
    return profile;
  }

  /// The PDU arrives with a wrong data digest.
  void deliver_damaged(const wire::Header& header, Bytes data) {
    const wire::EncodedPdu pdu(header, data, rig.digests);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    bytes.back() ^= std::byte{0x40};
    rig.deliver_bytes(bytes);
  }

  struct In {
    std::uint32_t sn = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 512;
    bool final = false;
    bool acknowledge = false;
    std::optional<wire::StatSN> status = {};
  };
  wire::Header data_in_header(wire::Itt itt, const In& in) {
    wire::DataIn::Fields fields{.final = in.final || in.status,
                                .acknowledge = in.acknowledge,
                                .has_status = in.status.has_value(),
                                .itt = itt,
                                .data_sn = wire::DataSN(in.sn),
                                .buffer_offset = in.offset};
    if (in.acknowledge) {
      fields.lun = wire::Lun::from_flat(3);
      fields.ttt = wire::Ttt(0x700 + in.sn);
    }
    if (in.status) fields.stat_sn = *in.status;
    return wire::DataIn::build(rig.windowed(fields));
  }
  void data(wire::Itt itt, const In& in) {
    rig.deliver(data_in_header(itt, in), Bytes(pattern).subspan(in.offset, in.length));
  }
  void damaged_data(wire::Itt itt, const In& in) {
    deliver_damaged(data_in_header(itt, in), Bytes(pattern).subspan(in.offset, in.length));
  }
  wire::Header response(wire::Itt itt, wire::StatSN stat_sn, wire::ScsiResponse::Fields fields = {}) {
    fields.itt = itt;
    fields.stat_sn = stat_sn;
    return wire::ScsiResponse::build(rig.windowed(fields));
  }
  /// Takes the next StatSN without sending anything: the response is lost.
  wire::StatSN lose_response() { return std::exchange(rig.stat_sn, rig.stat_sn.next()); }

  void reject(wire::RejectReason reason, const wire::Header& header) {
    rig.deliver(wire::Reject::build(rig.numbered(wire::Reject::Fields{.reason = reason})), Bytes(header));
  }

  /// I -> T: a SNACK for `length` Data-In or R2T PDUs from `first` on.
  void expect_data_snack(wire::Itt itt, std::uint32_t first, std::uint32_t length) {
    const auto snack = sent<wire::SnackRequest>();
    EXPECT_EQ(snack.type, wire::SnackType::data_or_r2t);
    EXPECT_EQ(snack.itt, itt);
    EXPECT_EQ(snack.ttt, wire::kNoTtt);
    EXPECT_EQ(snack.beg_run, first);
    EXPECT_EQ(snack.run_length, length);
  }
  /// I -> T: a SNACK for all responses from `first` on.
  void expect_status_snack(wire::StatSN first) {
    const auto snack = sent<wire::SnackRequest>();
    EXPECT_EQ(snack.type, wire::SnackType::status);
    EXPECT_EQ(snack.itt, wire::kNoItt);
    EXPECT_EQ(snack.ttt, wire::kNoTtt);
    EXPECT_EQ(snack.beg_run, first.value());
    EXPECT_EQ(snack.run_length, 0U);
  }
  /// I -> T: a ping of the engine's own, which T answers.
  wire::NopOut::Fields answer_ping() {
    const auto ping = sent<wire::NopOut>();
    EXPECT_NE(ping.itt, wire::kNoItt);
    rig.deliver(wire::NopIn::build(rig.numbered(wire::NopIn::Fields{.itt = ping.itt})));
    return ping;
  }
  void expect_silence() { EXPECT_FALSE(rig.has_sent()); }
  void expect_buffer(std::size_t length) {
    EXPECT_TRUE(std::ranges::equal(Bytes(buffer).first(length), Bytes(pattern).first(length)));
  }
};

}  // namespace lunway::session
