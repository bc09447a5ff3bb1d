// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/nop_out.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "40 80 00 00"              // I, NOP-Out
    "00 00 00 04"              // 4 bytes of ping data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // CmdSN
    "40 41 42 43"              // ExpStatSN
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_18_NopOut, GoldenBytes) {
  const NopOut::Fields fields{.lun = Lun::from_flat(5),
                              .itt = Itt(0x10111213),
                              .ttt = Ttt(0x20212223),
                              .cmd_sn = CmdSN(0x30313233),
                              .exp_stat_sn = StatSN(0x40414243)};
  Header header = NopOut::build(fields);
  set_data_segment_length(header, 4);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(NopOut::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_18_NopOut, FieldsSurviveTheWire, ()) {
  const bool ping = any_bool();
  check_round_trip<NopOut>({.immediate = !ping || any_bool(),
                            .lun = any<Lun>(),
                            .itt = ping ? any_valid<Itt>() : kNoItt,
                            .ttt = any<Ttt>(),
                            .cmd_sn = any<CmdSN>(),
                            .exp_stat_sn = any<StatSN>()},
                           *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_18_1_NopOut, WithoutATaskItIsImmediate) {
  EXPECT_EQ(broken_rule<NopOut>(NopOut::build({.immediate = false})), "11.18.1");
  EXPECT_EQ(broken_rule<NopOut>(NopOut::build({.immediate = false, .itt = Itt(1)})), "");
}

}  // namespace
}  // namespace lunway::wire
