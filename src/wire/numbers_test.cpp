// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/numbers.h"

#include <gtest/gtest.h>

#include <concepts>
#include <set>
#include <unordered_set>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

static_assert(!std::equality_comparable_with<Itt, Ttt> && !std::convertible_to<Itt, Ttt>);
static_assert(!std::equality_comparable_with<CmdSN, StatSN>);

TEST(Rfc7143_11_2_1_7_Lun, SmallNumbersUsePeripheralAddressing) {
  EXPECT_EQ(Lun::from_flat(0).value(), 0U);
  EXPECT_EQ(Lun::from_flat(255).value(), 0x00ff000000000000U);
}

TEST(Rfc7143_11_2_1_7_Lun, LargeNumbersUseFlatSpaceAddressing) {
  EXPECT_EQ(Lun::from_flat(256).value(), 0x4100000000000000U);
  EXPECT_EQ(Lun::from_flat(16383).value(), 0x7fff000000000000U);
}

RC_GTEST_PROP(Rfc7143_11_2_1_7_Lun, TheNumberSurvives, ()) {
  const unsigned number = *rc::gen::inRange(0U, Lun::kMaxFlat + 1);
  RC_ASSERT(Lun::from_flat(number).flat() == number);
}

TEST(Rfc7143_11_2_1_7_Lun, ASmallNumberInFlatSpaceIsUnderstood) { EXPECT_EQ(Lun(0x4005000000000000).flat(), 5U); }

TEST(Rfc7143_11_2_1_7_Lun, OtherFormsHaveNoNumber) {
  EXPECT_EQ(Lun(0x0105000000000000).flat(), std::nullopt);  // peripheral addressing on bus 1
  EXPECT_EQ(Lun(0x8005000000000000).flat(), std::nullopt);  // logical unit addressing
  EXPECT_EQ(Lun(0xc101000000000000).flat(), std::nullopt);  // a well-known logical unit
  EXPECT_EQ(Lun(0x0005000000000001).flat(), std::nullopt);  // further levels
}

//= ledger(initiator) R7143-11.12.5-02
TEST(Rfc7143_11_12_5_Isid, TheFormatsOfTheTField) {
  EXPECT_EQ(to_string(Isid::from_oui(0x3fabcd, 0x123456)), "0x3fabcd123456");
  EXPECT_EQ(to_string(Isid::from_enterprise_number(0xabcdef, 0x1234)), "0x40abcdef1234");
  EXPECT_EQ(to_string(Isid::from_random(0xabcdef, 0x1234)), "0x80abcdef1234");
  EXPECT_EQ(Isid::from_oui(0x3fffff, 0).format(), Isid::Format::oui);
  EXPECT_EQ(Isid::from_enterprise_number(1, 0).format(), Isid::Format::enterprise_number);
  EXPECT_EQ(Isid::from_random(1, 0).format(), Isid::Format::random);
}

TEST(Rfc7143_11_12_5_Isid, IsAKey) {
  const std::set<Isid> ordered{Isid::from_random(2, 0), Isid::from_random(1, 0), Isid::from_random(2, 0)};
  EXPECT_EQ(ordered.size(), 2U);
  EXPECT_EQ(*ordered.begin(), Isid::from_random(1, 0));
  const std::unordered_set<Isid> hashed(ordered.begin(), ordered.end());
  EXPECT_TRUE(hashed.contains(Isid::from_random(2, 0)));
}

TEST(Rfc7143_11_2_1_2_Opcode, TheHalvesOfTheCodeSpaceHaveTheirSenders) {
  EXPECT_EQ(sender_of(Opcode::snack_request), Role::initiator);
  EXPECT_EQ(sender_of(Opcode::reject), Role::target);
  EXPECT_EQ(sender_of(static_cast<Opcode>(0x1c)), Role::initiator);
  EXPECT_EQ(sender_of(static_cast<Opcode>(0x3e)), Role::target);
  EXPECT_EQ(sender_of(static_cast<Opcode>(0x07)), std::nullopt);
  EXPECT_EQ(sender_of(static_cast<Opcode>(0x3b)), std::nullopt);
}

TEST(Rfc7143_11_2_1_2_Opcode, EighteenHaveNames) {
  int named = 0;
  for (unsigned code = 0; code < 64; ++code) {
    const auto name = to_string(static_cast<Opcode>(code));
    if (name != "unassigned" && name != "vendor-specific") ++named;
  }
  EXPECT_EQ(named, 18);
}

TEST(OpcodeSet, HoldsWhatItWasGiven) {
  constexpr OpcodeSet kSet{Opcode::data_out, Opcode::reject};
  EXPECT_TRUE(kSet.contains(Opcode::data_out));
  EXPECT_TRUE(kSet.contains(Opcode::reject));
  EXPECT_FALSE(kSet.contains(Opcode::nop_out));
}

TEST(Rfc7143_11_2_1_BasicHeader, SharedFieldsStandWhereTheFigureSays) {
  const Header header = header_from_hex("c1 80 00 00 02 01 02 03 00 05 00 00 00 00 00 00 10 11 12 13");
  const BasicHeader basic(header);
  EXPECT_EQ(basic.opcode(), Opcode::scsi_command);
  EXPECT_TRUE(basic.immediate());
  EXPECT_TRUE(basic.final());
  EXPECT_EQ(basic.total_ahs_length_words(), 2U);
  EXPECT_EQ(basic.total_ahs_length(), 8U);
  EXPECT_EQ(basic.data_segment_length(), 0x010203U);
  EXPECT_EQ(basic.lun().flat(), 5U);
  EXPECT_EQ(basic.itt(), Itt(0x10111213));
}

TEST(Rfc7143_11_2_1_BasicHeader, NumbersCanBeSetWhenThePduLeaves) {
  Header response{};
  set_stat_sn(response, StatSN(1));
  set_command_window(response, CmdSN(2), CmdSN(3));
  const ResponseHeader view(response);
  EXPECT_EQ(view.stat_sn(), StatSN(1));
  EXPECT_EQ(view.exp_cmd_sn(), CmdSN(2));
  EXPECT_EQ(view.max_cmd_sn(), CmdSN(3));
  Header request{};
  set_exp_stat_sn(request, StatSN(4));
  EXPECT_EQ(RequestHeader(request).exp_stat_sn(), StatSN(4));
}

TEST(Rfc7143_11_1_Padding, IsToWholeWords) {
  EXPECT_EQ(padded(0), 0U);
  EXPECT_EQ(padded(1), 4U);
  EXPECT_EQ(padded(4), 4U);
  EXPECT_EQ(padded(5), 8U);
}

}  // namespace
}  // namespace lunway::wire
