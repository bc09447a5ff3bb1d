// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/reject.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "3f 80 09 00"              // Reject; Invalid PDU field
    "00 00 00 30"              // 48 bytes of header
    "00 00 00 00 00 00 00 00"  // reserved
    "ff ff ff ff"              // no task
    "00 00 00 00"              // reserved
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "60 61 62 63"              // DataSN/R2TSN
    "00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_17_Reject, GoldenBytes) {
  const Reject::Fields fields{.reason = RejectReason::invalid_pdu_field,
                              .stat_sn = StatSN(0x30313233),
                              .exp_cmd_sn = CmdSN(0x40414243),
                              .max_cmd_sn = CmdSN(0x50515253),
                              .data_sn_or_r2t_sn = 0x60616263};
  Header header = Reject::build(fields);
  set_data_segment_length(header, 48);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(Reject::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_17_Reject, FieldsSurviveTheWire, ()) {
  check_round_trip<Reject>({.reason = static_cast<RejectReason>(any_int<std::uint8_t>()),
                            .stat_sn = any<StatSN>(),
                            .exp_cmd_sn = any<CmdSN>(),
                            .max_cmd_sn = any<CmdSN>(),
                            .data_sn_or_r2t_sn = any_int<std::uint32_t>()},
                           48);
}

TEST(Rfc7143_11_17_1_RejectReason, SomePdusCanBeResent) {
  for (std::uint8_t code = 1; code <= 0x0c; ++code) {
    const bool resend = code == 0x02 || code == 0x03 || code == 0x06 || code == 0x0a;
    EXPECT_EQ(can_be_resent(static_cast<RejectReason>(code)), resend) << int{code};
  }
}

TEST(Rfc7143_11_17_4_Reject, ReturnsTheHeaderWithItsAhs) {
  Header bad = header_from_hex("01 81");
  set_total_ahs_length_words(bad, 2);
  std::vector<std::byte> data(bad.begin(), bad.end());
  const auto after = bytes_from_hex("00 05 02 00 00 00 10 00 aa bb");
  data.insert(data.end(), after.begin(), after.end());

  const auto rejected = RejectedHeader::parse(data);

  ASSERT_TRUE(rejected);
  EXPECT_EQ(BasicHeader(rejected->header).opcode(), Opcode::scsi_command);
  EXPECT_EQ(rejected->ahs.size(), 8U);
  EXPECT_EQ(rejected->vendor_data.size(), 2U);
}

TEST(Rfc7143_11_17_4_Reject, AHeaderWithoutItsAhsIsTaken) {
  Header bad = header_from_hex("01 81");
  set_total_ahs_length_words(bad, 2);
  EXPECT_TRUE(RejectedHeader::parse(bad)->ahs.empty());
}

TEST(Rfc7143_11_17_4_Reject, HalfAHeaderIsRefused) {
  const std::vector<std::byte> data(47);
  EXPECT_EQ(RejectedHeader::parse(data).error().section, "11.17.4");
}

}  // namespace
}  // namespace lunway::wire
