// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/scsi_response.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "21 92 00 02"              // SCSI Response; 1, o, U; Command Completed at Target; CHECK CONDITION
    "00 00 00 14"              // 20 bytes of sense
    "00 00 00 00 00 00 00 00"  // reserved
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // SNACK Tag
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "60 61 62 63"              // ExpDataSN
    "70 71 72 73"              // Bidirectional Read Residual Count
    "80 81 82 83";             // Residual Count

TEST(Rfc7143_11_4_ScsiResponse, GoldenBytes) {
  const ScsiResponse::Fields fields{.status = ScsiStatus::check_condition,
                                    .residual = {Residual::Kind::underflow, 0x80818283},
                                    .bidirectional_read_residual = {Residual::Kind::overflow, 0x70717273},
                                    .itt = Itt(0x10111213),
                                    .snack_tag = SnackTag(0x20212223),
                                    .stat_sn = StatSN(0x30313233),
                                    .exp_cmd_sn = CmdSN(0x40414243),
                                    .max_cmd_sn = CmdSN(0x50515253),
                                    .exp_data_sn = DataSN(0x60616263)};
  Header header = ScsiResponse::build(fields);
  set_data_segment_length(header, 20);

  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(ScsiResponse::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_4_ScsiResponse, FieldsSurviveTheWire, ()) {
  const bool completed = any_bool();
  check_round_trip<ScsiResponse>(
      {.response = completed ? ScsiResponseCode::completed_at_target
                             : any_of({ScsiResponseCode::target_failure, static_cast<ScsiResponseCode>(0x80)}),
       .status = static_cast<ScsiStatus>(any_int<std::uint8_t>()),
       .residual = completed ? any_residual() : Residual{},
       .bidirectional_read_residual = completed ? any_residual() : Residual{},
       .itt = any_valid<Itt>(),
       .snack_tag = any<SnackTag>(),
       .stat_sn = any<StatSN>(),
       .exp_cmd_sn = any<CmdSN>(),
       .max_cmd_sn = any<CmdSN>(),
       .exp_data_sn = any<DataSN>()},
      /*data_segment_length=*/20);
}

TEST(Rfc7143_11_4_1_ScsiResponse, OverflowAndUnderflowExcludeEachOther) {
  const Header header = ScsiResponse::build({});
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 1, 0x86)), "11.4.1");
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 1, 0x98)), "11.4.1");
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 1, 0x94)), "");
}

TEST(Rfc7143_11_4_1_ScsiResponse, NoFlagsAreSentWhenTheCommandDidNotComplete) {
  const Header header =
      ScsiResponse::build({.response = ScsiResponseCode::target_failure, .residual = {Residual::Kind::overflow, 7}});
  EXPECT_EQ(load_u8(&header[1]), 0x80);
  EXPECT_EQ(load_be32(&header[44]), 0U);
}

TEST(Rfc7143_11_4_3_ScsiResponse, FlagsAreIgnoredWhenTheCommandDidNotComplete) {
  const Header header = with_byte(ScsiResponse::build({.response = ScsiResponseCode::target_failure}), 1, 0x9e);
  const auto pdu = ScsiResponse::parse(header);
  ASSERT_TRUE(pdu);
  EXPECT_EQ(pdu->residual(), Residual{});
}

TEST(Rfc7143_11_4_3_ScsiResponse, ReservedResponseCodesAreRefused) {
  const Header header = ScsiResponse::build({});
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 2, 0x02)), "11.4.3");
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 2, 0x7f)), "11.4.3");
  EXPECT_EQ(broken_rule<ScsiResponse>(with_byte(header, 2, 0x80)), "");
}

TEST(Rfc7143_11_4_5_1_ScsiResponse, TheCountIsIgnoredWithoutAFlag) {
  const Header header = with_word(ScsiResponse::build({}), 44, 99);
  EXPECT_EQ(ScsiResponse::parse(header)->residual(), Residual{});
}

TEST(Rfc7143_7_7_ScsiResponse, CheckConditionWithoutDataIsAFormatError) {
  EXPECT_EQ(broken_rule<ScsiResponse>(ScsiResponse::build({.status = ScsiStatus::check_condition})), "7.7");
}

TEST(Rfc7143_11_2_ScsiResponse, AResponseHasNoAhs) {
  Header header = ScsiResponse::build({});
  set_total_ahs_length_words(header, 1);
  EXPECT_EQ(broken_rule<ScsiResponse>(header), "11.2.1.5");
}

}  // namespace
}  // namespace lunway::wire
