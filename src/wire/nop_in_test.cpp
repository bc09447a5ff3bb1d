// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/nop_in.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "20 80 00 00"              // NOP-In
    "00 00 00 00"              // no data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "ff ff ff ff"              // no task
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_19_NopIn, GoldenBytes) {
  const NopIn::Fields fields{.lun = Lun::from_flat(5),
                             .ttt = Ttt(0x20212223),
                             .stat_sn = StatSN(0x30313233),
                             .exp_cmd_sn = CmdSN(0x40414243),
                             .max_cmd_sn = CmdSN(0x50515253)};
  const Header header = NopIn::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(NopIn::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_19_NopIn, FieldsSurviveTheWire, ()) {
  const bool answer = any_bool();
  check_round_trip<NopIn>({.lun = any<Lun>(),
                           .itt = answer ? any_valid<Itt>() : kNoItt,
                           .ttt = answer ? kNoTtt : any<Ttt>(),
                           .stat_sn = any<StatSN>(),
                           .exp_cmd_sn = any<CmdSN>(),
                           .max_cmd_sn = any<CmdSN>()},
                          answer ? *rc::gen::inRange(0U, kMaxDataSegmentLength) : 0);
}

TEST(Rfc7143_7_7_NopIn, AnswersOrAsksButNotBoth) {
  EXPECT_EQ(broken_rule<NopIn>(NopIn::build({.itt = Itt(1), .ttt = Ttt(1)})), "7.7");
}

TEST(Rfc7143_11_19_NopIn, OnlyAnAnswerHasData) {
  Header header = NopIn::build({.ttt = Ttt(1)});
  set_data_segment_length(header, 1);
  EXPECT_EQ(broken_rule<NopIn>(header), "11.19");
}

}  // namespace
}  // namespace lunway::wire
