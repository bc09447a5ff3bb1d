// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/snack_request.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "10 83 00 00"              // SNACK Request; R-Data
    "00 00 00 00"              // no AHS, no data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // SNACK Tag
    "00 00 00 00"              // reserved
    "40 41 42 43"              // ExpStatSN
    "00 00 00 00 00 00 00 00"  // reserved
    "00 00 00 00"              // BegRun
    "00 00 00 00";             // RunLength

TEST(Rfc7143_11_16_SnackRequest, GoldenBytes) {
  const SnackRequest::Fields fields{.type = SnackType::r_data,
                                    .lun = Lun::from_flat(5),
                                    .itt = Itt(0x10111213),
                                    .snack_tag = SnackTag(0x20212223),
                                    .exp_stat_sn = StatSN(0x40414243)};
  const Header header = SnackRequest::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(SnackRequest::parse(header)->fields(), fields);
}

TEST(Rfc7143_11_16_SnackRequest, GoldenBytesOfARun) {
  const Header header = SnackRequest::build({.type = SnackType::status, .beg_run = 0x01020304, .run_length = 0x05});
  EXPECT_EQ(load_u8(&header[1]), 0x81);
  EXPECT_EQ(load_be32(&header[16]), 0xffffffffU);
  EXPECT_EQ(load_be32(&header[20]), 0xffffffffU);
  EXPECT_EQ(load_be32(&header[40]), 0x01020304U);
  EXPECT_EQ(load_be32(&header[44]), 5U);
}

RC_GTEST_PROP(Rfc7143_11_16_SnackRequest, FieldsSurviveTheWire, ()) {
  const auto type = static_cast<SnackType>(*rc::gen::inRange(0, 4));
  const bool r_data = type == SnackType::r_data;
  const bool names_task = type == SnackType::data_or_r2t || r_data;
  const bool runs = type == SnackType::data_or_r2t || type == SnackType::status;
  check_round_trip<SnackRequest>({.type = type,
                                  .lun = any<Lun>(),
                                  .itt = names_task ? any_valid<Itt>() : kNoItt,
                                  .ttt = r_data ? kNoTtt : any<Ttt>(),
                                  .snack_tag = r_data ? SnackTag(*rc::gen::inRange(1U, 0xffffffffU)) : kNoSnackTag,
                                  .exp_stat_sn = any<StatSN>(),
                                  .beg_run = r_data ? 0 : any_int<std::uint32_t>(),
                                  .run_length = runs ? any_int<std::uint32_t>() : 0});
}

TEST(Rfc7143_11_16_1_SnackRequest, ReservedTypesAreRefused) {
  EXPECT_EQ(broken_rule<SnackRequest>(with_byte(SnackRequest::build({.itt = Itt(1)}), 1, 0x84)), "11.16.1");
}

TEST(Rfc7143_11_16_4_SnackRequest, OnlySomeTypesNameATask) {
  EXPECT_EQ(broken_rule<SnackRequest>(SnackRequest::build({.type = SnackType::data_or_r2t})), "11.16.4");
  EXPECT_EQ(broken_rule<SnackRequest>(SnackRequest::build({.type = SnackType::status, .itt = Itt(1)})), "11.16.4");
  EXPECT_EQ(broken_rule<SnackRequest>(SnackRequest::build({.type = SnackType::data_ack, .itt = Itt(1)})), "11.16.4");
}

TEST(Rfc7143_11_16_5_SnackRequest, ASnackTagIsNeitherZeroNorAllOnes) {
  const SnackRequest::Fields fields{.type = SnackType::r_data, .itt = Itt(1), .snack_tag = SnackTag(1)};
  const Header header = SnackRequest::build(fields);
  EXPECT_EQ(broken_rule<SnackRequest>(header), "");
  EXPECT_EQ(broken_rule<SnackRequest>(with_word(header, 20, 0)), "11.16.5");
  EXPECT_EQ(broken_rule<SnackRequest>(with_word(header, 20, 0xffffffff)), "11.16.5");
}

TEST(Rfc7143_11_16_7_SnackRequest, AcknowledgementAndResegmentationHaveNoRun) {
  EXPECT_EQ(broken_rule<SnackRequest>(SnackRequest::build({.type = SnackType::data_ack, .run_length = 1})), "11.16.7");
  const Header header = SnackRequest::build({.type = SnackType::r_data, .itt = Itt(1), .snack_tag = SnackTag(1)});
  EXPECT_EQ(broken_rule<SnackRequest>(with_word(header, 44, 1)), "11.16.7");
  EXPECT_EQ(broken_rule<SnackRequest>(with_word(header, 40, 1)), "11.16.6");
}

}  // namespace
}  // namespace lunway::wire
