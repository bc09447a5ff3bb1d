// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/additional_header.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

std::string_view broken_ahs(std::string_view hex) {
  const auto bytes = bytes_from_hex(hex);
  const auto ahs = CommandAhs::parse(bytes);
  return ahs ? std::string_view() : ahs.error().section;
}

TEST(Rfc7143_11_2_2_3_ExtendedCdb, GoldenBytes) {
  const auto cdb = bytes_from_hex("10 11 12 13 14 15");
  const CommandAhs ahs{.extended_cdb = cdb};
  std::vector<std::byte> buffer(ahs.size());
  ahs.write(buffer);
  // A CDB of 22 bytes: AHSLength is 22 - 15; two bytes of padding.
  EXPECT_EQ(buffer, bytes_from_hex("00 07 01 00 10 11 12 13 14 15 00 00"));
}

TEST(Rfc7143_11_2_2_4_BidirectionalReadLength, GoldenBytes) {
  const CommandAhs ahs{.bidirectional_read_length = 0x20212223};
  std::vector<std::byte> buffer(ahs.size());
  ahs.write(buffer);
  EXPECT_EQ(buffer, bytes_from_hex("00 05 02 00 20 21 22 23"));
}

RC_GTEST_PROP(Rfc7143_11_2_2_CommandAhs, SurvivesTheWire, ()) {
  const auto cdb = any_bytes(*rc::gen::inRange<std::size_t>(0, kMaxCdbSize - kHeaderCdbSize + 1));
  CommandAhs ahs{.extended_cdb = cdb};
  if (any_bool()) ahs.bidirectional_read_length = any_int<std::uint32_t>();
  std::vector<std::byte> buffer(kMaxAhsSize);
  const Bytes written = ahs.write(buffer);
  RC_ASSERT(written.size() == ahs.size());
  RC_ASSERT(written.size() % 4 == 0U);

  const auto read = CommandAhs::parse(written);

  RC_ASSERT(read.has_value());
  RC_ASSERT(std::ranges::equal(read->extended_cdb, cdb));
  RC_ASSERT(read->bidirectional_read_length == ahs.bidirectional_read_length);
}

TEST(Rfc7143_11_2_2_CommandAhs, TheLongestFitsTheLimit) {
  const std::vector<std::byte> cdb(kMaxCdbSize - kHeaderCdbSize);
  EXPECT_EQ((CommandAhs{.extended_cdb = cdb, .bidirectional_read_length = 1}).size(), kMaxAhsSize);
}

TEST(Rfc7143_11_2_2_1_CommandAhs, ReservedCodesAreRefused) {
  EXPECT_EQ(broken_ahs("00 01 00 00"), "11.2.2.1");
  EXPECT_EQ(broken_ahs("00 01 03 00"), "11.2.2.1");
  EXPECT_EQ(broken_ahs("00 01 3f 00"), "11.2.2.1");
}

TEST(Rfc7143_11_2_2_1_CommandAhs, TheReservedBitsOfTheTypeAreIgnored) {
  EXPECT_EQ(broken_ahs("00 05 c2 ff 00 00 00 01"), "");
}

TEST(Rfc7143_11_2_2_2_CommandAhs, AnAhsEndsWithinTheSegment) {
  EXPECT_EQ(broken_ahs("00 05 02 00"), "11.2.2.2");
  EXPECT_EQ(broken_ahs("ff ff 01 00 00 00 00 00"), "11.2.2.2");
}

TEST(Rfc7143_11_2_2_3_CommandAhs, AnExtendedCdbHasAtLeast17Bytes) {
  EXPECT_EQ(broken_ahs("00 00 01 00"), "11.2.2.3");
  EXPECT_EQ(broken_ahs("00 01 01 00"), "11.2.2.3");
  EXPECT_EQ(broken_ahs("00 02 01 00 aa 00 00 00"), "");
}

TEST(Rfc7143_11_2_2_4_CommandAhs, AReadLengthHasFiveBytes) {
  EXPECT_EQ(broken_ahs("00 04 02 00 00 00 00 00"), "11.2.2.4");
  EXPECT_EQ(broken_ahs("00 05 02 00 00 00 00 01 00 05 02 00 00 00 00 01"), "11.2.2.4");
}

TEST(Rfc7143_11_2_2_AhsReader, GivesUnknownTypesToWhoeverWantsThem) {
  const auto bytes = bytes_from_hex("00 02 2a 00 aa 00 00 00 00 01 03 07");
  AhsReader reader(bytes);
  const auto first = reader.next();
  EXPECT_EQ(static_cast<int>((*first)->type), 0x2a);
  EXPECT_EQ((*first)->specific.size(), 2U);
  const auto second = reader.next();
  EXPECT_EQ(load_u8((*second)->specific.data()), 7);
  EXPECT_FALSE(reader.next()->has_value());
}

}  // namespace
}  // namespace lunway::wire
