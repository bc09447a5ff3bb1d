// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_request.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "43 87 01 02"        // I, Login Request; T, LoginOperationalNegotiation to FullFeaturePhase; versions
    "00 00 00 10"        // 16 bytes of text
    "00 02 3d 00 00 01"  // ISID
    "60 61"              // TSIH
    "10 11 12 13"        // Initiator Task Tag
    "20 21 00 00"        // CID
    "30 31 32 33"        // CmdSN
    "40 41 42 43"        // ExpStatSN
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_12_LoginRequest, GoldenBytes) {
  const LoginRequest::Fields fields{.flags = {.transit = true,
                                              .csg = LoginStage::login_operational_negotiation,
                                              .nsg = LoginStage::full_feature_phase},
                                    .version_max = 1,
                                    .version_min = 2,
                                    .isid = Isid::from_oui(0x00023d, 1),
                                    .tsih = Tsih(0x6061),
                                    .itt = Itt(0x10111213),
                                    .cid = Cid(0x2021),
                                    .cmd_sn = CmdSN(0x30313233),
                                    .exp_stat_sn = StatSN(0x40414243)};
  Header header = LoginRequest::build(fields);
  set_data_segment_length(header, 16);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(LoginRequest::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_12_LoginRequest, FieldsSurviveTheWire, ()) {
  check_round_trip<LoginRequest>({.flags = any_login_flags(),
                                  .version_max = any_int<std::uint8_t>(),
                                  .version_min = any_int<std::uint8_t>(),
                                  .isid = any_isid(),
                                  .tsih = any<Tsih>(),
                                  .itt = any_valid<Itt>(),
                                  .cid = any<Cid>(),
                                  .cmd_sn = any<CmdSN>(),
                                  .exp_stat_sn = any<StatSN>()},
                                 *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

// Every value of byte 1 against the rules, written out once more.
TEST(Rfc7143_11_12_3_LoginFlags, OnlyStagesThatLeadForwardAreTaken) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool transit = (byte & 0x80) != 0;
    const bool continues = (byte & 0x40) != 0;
    const unsigned csg = byte >> 2 & 3;
    const unsigned nsg = byte & 3;
    const bool forward = (csg == 0 && (nsg == 1 || nsg == 3)) || (csg == 1 && nsg == 3);
    const bool legal = csg <= 1 && (!transit || (forward && !continues));
    const Header header = with_byte(LoginRequest::build({}), 1, static_cast<std::uint8_t>(byte));
    EXPECT_EQ(LoginRequest::parse(header).has_value(), legal) << byte;
  }
}

TEST(Rfc7143_11_12_3_LoginFlags, StageTwoIsAReservedCode) {
  const Header header = with_byte(LoginRequest::build({}), 1, 0x08);
  EXPECT_EQ(LoginRequest::parse(header).error().kind, FormatError::Kind::reserved_code);
}

TEST(Rfc7143_11_12_3_LoginFlags, TheNextStageIsReservedWithoutTransit) {
  EXPECT_EQ(LoginFlags::from_byte(0x02), LoginFlags{});
  EXPECT_EQ((LoginFlags{.nsg = LoginStage::full_feature_phase}).to_byte(), 0x00);
}

TEST(Rfc7143_11_12_4_LoginRequest, AnUnknownVersionIsNoFormatError) {
  EXPECT_EQ(broken_rule<LoginRequest>(LoginRequest::build({.version_max = 9, .version_min = 8})), "");
}

}  // namespace
}  // namespace lunway::wire
