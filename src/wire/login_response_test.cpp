// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_response.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "23 81 01 02"        // Login Response; T, SecurityNegotiation to LoginOperationalNegotiation; versions
    "00 00 00 10"        // 16 bytes of text
    "80 12 34 56 ab cd"  // ISID
    "60 61"              // TSIH
    "10 11 12 13"        // Initiator Task Tag
    "00 00 00 00"        // reserved
    "30 31 32 33"        // StatSN
    "40 41 42 43"        // ExpCmdSN
    "50 51 52 53"        // MaxCmdSN
    "00 00 00 00"        // Success
    "00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_13_LoginResponse, GoldenBytes) {
  const LoginResponse::Fields fields{.flags = {.transit = true,
                                               .csg = LoginStage::security_negotiation,
                                               .nsg = LoginStage::login_operational_negotiation},
                                     .version_max = 1,
                                     .version_active = 2,
                                     .isid = Isid::from_random(0x123456, 0xabcd),
                                     .tsih = Tsih(0x6061),
                                     .itt = Itt(0x10111213),
                                     .stat_sn = StatSN(0x30313233),
                                     .exp_cmd_sn = CmdSN(0x40414243),
                                     .max_cmd_sn = CmdSN(0x50515253),
                                     .status = LoginStatus::success};
  Header header = LoginResponse::build(fields);
  set_data_segment_length(header, 16);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(LoginResponse::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_13_LoginResponse, FieldsSurviveTheWire, ()) {
  check_round_trip<LoginResponse>({.flags = any_login_flags(),
                                   .version_max = any_int<std::uint8_t>(),
                                   .version_active = any_int<std::uint8_t>(),
                                   .isid = any_isid(),
                                   .tsih = any<Tsih>(),
                                   .itt = any_valid<Itt>(),
                                   .stat_sn = any<StatSN>(),
                                   .exp_cmd_sn = any<CmdSN>(),
                                   .max_cmd_sn = any<CmdSN>(),
                                   .status = static_cast<LoginStatus>(any_int<std::uint16_t>())},
                                  *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_13_5_LoginResponse, ClassAndDetailStandInBytes36And37) {
  const Header header = LoginResponse::build({.status = LoginStatus::session_does_not_exist});
  EXPECT_EQ(load_u8(&header[36]), 0x02);
  EXPECT_EQ(load_u8(&header[37]), 0x0a);
  EXPECT_EQ(status_class(LoginStatus::session_does_not_exist), LoginStatusClass::initiator_error);
  EXPECT_EQ(status_detail(LoginStatus::session_does_not_exist), 0x0a);
}

TEST(Rfc7143_11_13_7_LoginResponse, ContinuedTextDoesNotTransit) {
  EXPECT_EQ(broken_rule<LoginResponse>(with_byte(LoginResponse::build({}), 1, 0xc1)), "11.12.2");
}

TEST(Rfc7143_11_13_5_LoginResponse, TheFlagsOfARefusalDoNotMatter) {
  const Header header = with_byte(LoginResponse::build({.status = LoginStatus::not_found}), 1, 0xcf);
  EXPECT_EQ(broken_rule<LoginResponse>(header), "");
}

}  // namespace
}  // namespace lunway::wire
