// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace lunway::text {
namespace {

//= ledger R7143-6.1-06
TEST(Rfc7143_6_1_BooleanValue, IsYesOrNoInThisCase) {
  EXPECT_EQ(parse_boolean("Yes"), true);
  EXPECT_EQ(parse_boolean("No"), false);
  for (const char* other : {"yes", "NO", "1", "true", "", "Yes ", " No"}) EXPECT_EQ(parse_boolean(other), std::nullopt);
}

//= ledger R7143-6.1-07
TEST(Rfc7143_6_1_NumericalValue, IsADecimalOrAHexConstant) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("65535"), 65535U);
  EXPECT_EQ(parse_number("0x0"), 0U);
  EXPECT_EQ(parse_number("0xFfFf"), 65535U);
  EXPECT_EQ(parse_number("0X1a"), 26U);
  EXPECT_EQ(parse_number("0x00000000000000000000001a"), 26U) << "leading zeros are only discouraged";
}

//= ledger R7143-6.1-03
TEST(Rfc7143_6_1_NumericalValue, IsLessThanTwoToThe64) {
  EXPECT_EQ(parse_number("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number("0xffffffffffffffff"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number("0x10000000000000000"), std::nullopt);
}

TEST(Rfc7143_6_1_NumericalValue, NothingElseIsANumber) {
  for (const char* text : {"", "0x", "x1", "-1", "+1", " 1", "1 ", "1,2", "007", "00", "1e3", "0x-1", "0x+1", "0xg",
                           "1.0", "0b01", "0x0x1", "Yes"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number(std::string_view("1\0", 2)), std::nullopt);
}

//= ledger R7143-6.1-08
TEST(Rfc7143_6_1_NumericalValue, HasAtMost255Bytes) {
  EXPECT_EQ(parse_number("0x" + std::string(252, '0') + "1"), 1U);
  EXPECT_EQ(parse_number("0x" + std::string(253, '0') + "1"), std::nullopt);
}

TEST(Rfc7143_6_1_NumericalRange, IsTwoNumbersInOrder) {
  const auto range = parse_range("512~0x400");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->low, 512U);
  EXPECT_EQ(range->high, 1024U);
  EXPECT_TRUE(parse_range("7~7"));
  for (const char* text : {"8~7", "~", "1~", "~1", "1", "1~2~3", "1 ~2"}) EXPECT_FALSE(parse_range(text)) << text;
}

TEST(Rfc7143_6_1_ListOfValues, IsCutAtCommas) {
  std::string_view rest = "CRC32C,None,,x";
  EXPECT_EQ(take_list_item(rest), "CRC32C");
  EXPECT_EQ(take_list_item(rest), "None");
  EXPECT_EQ(take_list_item(rest), "");
  EXPECT_EQ(take_list_item(rest), "x");
  EXPECT_TRUE(rest.empty());
}

TEST(Rfc7143_6_2_ReservedWords, AreRefusalsInThisCase) {
  EXPECT_TRUE(is_refusal("Reject"));
  EXPECT_TRUE(is_refusal("Irrelevant"));
  EXPECT_TRUE(is_refusal("NotUnderstood"));
  EXPECT_FALSE(is_refusal("None"));
  EXPECT_FALSE(is_refusal("reject"));
}

//= ledger R7143-6.1-07
TEST(Rfc7143_6_1_RegularBinaryValue, MayBeDecimalHexOrBase64) {
  EXPECT_EQ(parse_small_binary("65535", 2), 65535U);
  EXPECT_EQ(parse_small_binary("0x0001", 2), 1U);
  EXPECT_EQ(parse_small_binary("0bAAE=", 2), 1U);
  EXPECT_EQ(parse_small_binary("0bAQ==", 2), 1U);
  EXPECT_EQ(parse_small_binary("0B//8=", 2), 65535U);
}

//= ledger R7143-6.1-03
TEST(Rfc7143_6_1_RegularBinaryValue, KeepsItsLength) {
  EXPECT_EQ(parse_small_binary("65536", 2), std::nullopt);
  EXPECT_EQ(parse_small_binary("0x10000", 2), std::nullopt);
  EXPECT_EQ(parse_small_binary("0bAAAB", 2), std::nullopt) << "three bytes";
  EXPECT_EQ(parse_small_binary("18446744073709551615", 8), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_small_binary("0b//////////8=", 8), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_small_binary("", 2), std::nullopt);
}

TEST(Rfc3629_Utf8, WellFormedTextOnly) {
  for (const std::string_view text :
       {"", "ascii", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xbe", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const std::string_view text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "a\xff", "\xc3("}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

RC_GTEST_PROP(Rfc7143_6_1_NumericalValue, DecimalsAreReadBack, (std::uint64_t number)) {
  RC_ASSERT(parse_number(std::to_string(number)) == number);
}

}  // namespace
}  // namespace lunway::text
