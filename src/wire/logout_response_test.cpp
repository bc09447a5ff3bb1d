// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/logout_response.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "26 80 03 00"              // Logout Response; cleanup failed
    "00 00 00 00"              // no AHS, no data
    "00 00 00 00 00 00 00 00"  // reserved
    "10 11 12 13"              // Initiator Task Tag
    "00 00 00 00"              // reserved
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "00 00 00 00"              // reserved
    "60 61 70 71"              // Time2Wait, Time2Retain
    "00 00 00 00";

TEST(Rfc7143_11_15_LogoutResponse, GoldenBytes) {
  const LogoutResponse::Fields fields{.response = LogoutResponseCode::cleanup_failed,
                                      .itt = Itt(0x10111213),
                                      .stat_sn = StatSN(0x30313233),
                                      .exp_cmd_sn = CmdSN(0x40414243),
                                      .max_cmd_sn = CmdSN(0x50515253),
                                      .time2wait = 0x6061,
                                      .time2retain = 0x7071};
  const Header header = LogoutResponse::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(LogoutResponse::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_15_LogoutResponse, FieldsSurviveTheWire, ()) {
  check_round_trip<LogoutResponse>({.response = static_cast<LogoutResponseCode>(*rc::gen::inRange(0, 4)),
                                    .itt = any_valid<Itt>(),
                                    .stat_sn = any<StatSN>(),
                                    .exp_cmd_sn = any<CmdSN>(),
                                    .max_cmd_sn = any<CmdSN>(),
                                    .time2wait = any_int<std::uint16_t>(),
                                    .time2retain = any_int<std::uint16_t>()});
}

TEST(Rfc7143_11_15_1_LogoutResponse, UnassignedResponsesAreRefused) {
  EXPECT_EQ(broken_rule<LogoutResponse>(with_byte(LogoutResponse::build({}), 2, 4)), "11.15.1");
}

}  // namespace
}  // namespace lunway::wire
