// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/text_request.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "44 40 00 00"              // I, Text Request; C
    "00 00 00 10"              // 16 bytes of text
    "01 02 03 04 05 06 07 08"  // LUN
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // CmdSN
    "40 41 42 43"              // ExpStatSN
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_10_TextRequest, GoldenBytes) {
  const TextRequest::Fields fields{.immediate = true,
                                   .final = false,
                                   .continues = true,
                                   .lun = Lun(0x0102030405060708),
                                   .itt = Itt(0x10111213),
                                   .ttt = Ttt(0x20212223),
                                   .cmd_sn = CmdSN(0x30313233),
                                   .exp_stat_sn = StatSN(0x40414243)};
  Header header = TextRequest::build(fields);
  set_data_segment_length(header, 16);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(TextRequest::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_10_TextRequest, FieldsSurviveTheWire, ()) {
  const bool continues = any_bool();
  check_round_trip<TextRequest>({.immediate = any_bool(),
                                 .final = !continues && any_bool(),
                                 .continues = continues,
                                 .lun = any<Lun>(),
                                 .itt = any_valid<Itt>(),
                                 .ttt = any<Ttt>(),
                                 .cmd_sn = any<CmdSN>(),
                                 .exp_stat_sn = any<StatSN>()},
                                *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_10_2_TextRequest, ContinuedTextIsNotFinal) {
  EXPECT_EQ(broken_rule<TextRequest>(TextRequest::build({.final = true, .continues = true})), "11.10.2");
}

}  // namespace
}  // namespace lunway::wire
