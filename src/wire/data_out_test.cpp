// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/data_out.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "05 80 00 00"              // SCSI Data-Out; F
    "00 00 02 00"              // 512 bytes of data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "00 00 00 00"              // reserved
    "40 41 42 43"              // ExpStatSN
    "00 00 00 00"              // reserved
    "60 61 62 63"              // DataSN
    "70 71 72 73"              // Buffer Offset
    "00 00 00 00";

TEST(Rfc7143_11_7_DataOut, GoldenBytes) {
  const DataOut::Fields fields{.final = true,
                               .lun = Lun::from_flat(5),
                               .itt = Itt(0x10111213),
                               .ttt = Ttt(0x20212223),
                               .exp_stat_sn = StatSN(0x40414243),
                               .data_sn = DataSN(0x60616263),
                               .buffer_offset = 0x70717273};
  Header header = DataOut::build(fields);
  set_data_segment_length(header, 512);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(DataOut::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_7_DataOut, FieldsSurviveTheWire, ()) {
  check_round_trip<DataOut>({.final = any_bool(),
                             .lun = any<Lun>(),
                             .itt = any_valid<Itt>(),
                             .ttt = any<Ttt>(),
                             .exp_stat_sn = any<StatSN>(),
                             .data_sn = any<DataSN>(),
                             .buffer_offset = any_int<std::uint32_t>()},
                            *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_7_4_DataOut, TheReservedTagMeansUnsolicited) {
  const Header unsolicited = DataOut::build({.itt = Itt(1)});
  EXPECT_FALSE(DataOut::parse(unsolicited)->is_solicited());
  const Header solicited = DataOut::build({.itt = Itt(1), .ttt = Ttt(0)});
  EXPECT_TRUE(DataOut::parse(solicited)->is_solicited());
}

TEST(Rfc7143_11_2_1_8_DataOut, TheReservedTaskTagIsRefused) {
  EXPECT_EQ(broken_rule<DataOut>(DataOut::build({.itt = kNoItt})), "11.2.1.8");
}

}  // namespace
}  // namespace lunway::wire
