// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/logout_request.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "46 82 00 00"              // I, Logout Request; remove the connection for recovery
    "00 00 00 00"              // no AHS, no data
    "00 00 00 00 00 00 00 00"  // reserved
    "10 11 12 13"              // Initiator Task Tag
    "20 21 00 00"              // CID
    "30 31 32 33"              // CmdSN
    "40 41 42 43"              // ExpStatSN
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_14_LogoutRequest, GoldenBytes) {
  const LogoutRequest::Fields fields{.immediate = true,
                                     .reason = LogoutReason::remove_for_recovery,
                                     .itt = Itt(0x10111213),
                                     .cid = Cid(0x2021),
                                     .cmd_sn = CmdSN(0x30313233),
                                     .exp_stat_sn = StatSN(0x40414243)};
  const Header header = LogoutRequest::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(LogoutRequest::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_14_LogoutRequest, FieldsSurviveTheWire, ()) {
  check_round_trip<LogoutRequest>({.immediate = any_bool(),
                                   .reason = static_cast<LogoutReason>(*rc::gen::inRange(0, 3)),
                                   .itt = any_valid<Itt>(),
                                   .cid = any<Cid>(),
                                   .cmd_sn = any<CmdSN>(),
                                   .exp_stat_sn = any<StatSN>()});
}

TEST(Rfc7143_11_14_1_LogoutRequest, ReservedReasonsAreRefused) {
  const Header header = LogoutRequest::build({});
  EXPECT_EQ(broken_rule<LogoutRequest>(with_byte(header, 1, 0x83)), "11.14.1");
  EXPECT_EQ(broken_rule<LogoutRequest>(with_byte(header, 1, 0xff)), "11.14.1");
}

TEST(Rfc7143_11_14_2_LogoutRequest, CarriesNoData) {
  Header header = LogoutRequest::build({});
  set_data_segment_length(header, 4);
  EXPECT_EQ(broken_rule<LogoutRequest>(header), "11.2.1.6");
}

}  // namespace
}  // namespace lunway::wire
