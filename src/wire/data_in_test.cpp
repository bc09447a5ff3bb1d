// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/data_in.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "25 c5 00 04"              // SCSI Data-In; F A O S; CONDITION MET
    "00 00 00 08"              // 8 bytes of data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "60 61 62 63"              // DataSN
    "70 71 72 73"              // Buffer Offset
    "80 81 82 83";             // Residual Count

TEST(Rfc7143_11_7_DataIn, GoldenBytes) {
  const DataIn::Fields fields{.final = true,
                              .acknowledge = true,
                              .has_status = true,
                              .status = ScsiStatus::condition_met,
                              .residual = {Residual::Kind::overflow, 0x80818283},
                              .lun = Lun::from_flat(5),
                              .itt = Itt(0x10111213),
                              .ttt = Ttt(0x20212223),
                              .stat_sn = StatSN(0x30313233),
                              .exp_cmd_sn = CmdSN(0x40414243),
                              .max_cmd_sn = CmdSN(0x50515253),
                              .data_sn = DataSN(0x60616263),
                              .buffer_offset = 0x70717273};
  Header header = DataIn::build(fields);
  set_data_segment_length(header, 8);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(DataIn::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_7_DataIn, FieldsSurviveTheWire, ()) {
  const bool has_status = any_bool();
  check_round_trip<DataIn>(
      {.final = has_status || any_bool(),
       .acknowledge = any_bool(),
       .has_status = has_status,
       .status = has_status ? any_of({ScsiStatus::good, ScsiStatus::condition_met, ScsiStatus::intermediate,
                                      ScsiStatus::intermediate_condition_met})
                            : ScsiStatus::good,
       .residual = has_status ? any_residual() : Residual{},
       .lun = any<Lun>(),
       .itt = any_valid<Itt>(),
       .ttt = any<Ttt>(),
       .stat_sn = has_status ? any<StatSN>() : StatSN{},
       .exp_cmd_sn = any<CmdSN>(),
       .max_cmd_sn = any<CmdSN>(),
       .data_sn = any<DataSN>(),
       .buffer_offset = any_int<std::uint32_t>()},
      *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_7_3_DataIn, StatusComesWithTheLastPduOfASequence) {
  EXPECT_EQ(broken_rule<DataIn>(DataIn::build({.final = false, .has_status = true})), "11.7.3");
}

TEST(Rfc7143_11_7_3_DataIn, AnErrorStatusNeedsAScsiResponse) {
  for (const auto status : {ScsiStatus::check_condition, ScsiStatus::busy, ScsiStatus::task_set_full}) {
    EXPECT_EQ(broken_rule<DataIn>(DataIn::build({.final = true, .has_status = true, .status = status})), "11.7.3");
  }
}

TEST(Rfc7143_11_7_3_DataIn, ResidualFlagsCountOnlyWithStatus) {
  const Header header = with_byte(DataIn::build({.final = true}), 1, 0x86);
  const auto pdu = DataIn::parse(header);
  ASSERT_TRUE(pdu);
  EXPECT_EQ(pdu->residual(), Residual{});
  EXPECT_EQ(broken_rule<DataIn>(with_byte(header, 1, 0x87)), "11.4.1");
}

}  // namespace
}  // namespace lunway::wire
