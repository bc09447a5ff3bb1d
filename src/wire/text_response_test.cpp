// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/text_response.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "24 40 00 00"              // Text Response; C
    "00 00 00 10"              // 16 bytes of text
    "01 02 03 04 05 06 07 08"  // LUN
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_11_TextResponse, GoldenBytes) {
  const TextResponse::Fields fields{.final = false,
                                    .continues = true,
                                    .lun = Lun(0x0102030405060708),
                                    .itt = Itt(0x10111213),
                                    .ttt = Ttt(0x20212223),
                                    .stat_sn = StatSN(0x30313233),
                                    .exp_cmd_sn = CmdSN(0x40414243),
                                    .max_cmd_sn = CmdSN(0x50515253)};
  Header header = TextResponse::build(fields);
  set_data_segment_length(header, 16);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(TextResponse::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_11_TextResponse, FieldsSurviveTheWire, ()) {
  const bool final = any_bool();
  check_round_trip<TextResponse>({.final = final,
                                  .continues = !final && any_bool(),
                                  .lun = any<Lun>(),
                                  .itt = any_valid<Itt>(),
                                  .ttt = final ? any<Ttt>() : any_valid<Ttt>(),
                                  .stat_sn = any<StatSN>(),
                                  .exp_cmd_sn = any<CmdSN>(),
                                  .max_cmd_sn = any<CmdSN>()},
                                 *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_11_1_TextResponse, AnUnfinishedOperationHasATag) {
  EXPECT_EQ(broken_rule<TextResponse>(TextResponse::build({.final = false, .ttt = kNoTtt})), "11.11.1");
}

TEST(Rfc7143_11_10_4_TextResponse, TheTagOfAFinishedOperationIsIgnored) {
  EXPECT_EQ(broken_rule<TextResponse>(TextResponse::build({.final = true, .ttt = Ttt(7)})), "");
}

TEST(Rfc7143_11_11_2_TextResponse, ContinuedTextIsNotFinal) {
  EXPECT_EQ(broken_rule<TextResponse>(TextResponse::build({.final = true, .continues = true})), "11.11.2");
}

}  // namespace
}  // namespace lunway::wire
