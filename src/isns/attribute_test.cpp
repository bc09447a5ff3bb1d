// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/attribute.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "isns/testing/hex.h"

namespace lunway::isns {
namespace {

using testing::from_hex;
using testing::hex_of;
using testing::ipv4;

constexpr IpAddress kLoopback = ipv4(127, 0, 0, 1);

Attribute attribute(const std::vector<std::byte>& value) { return {.tag = Tag::iscsi_name, .value = value}; }

TEST(Rfc4171_5_3_Attribute, NumberIsTagLengthAndFourBytes) {
  AttributeWriter out;
  out.number(Tag::iscsi_node_type, 1);
  EXPECT_EQ(hex_of(out.bytes()), "00000021 00000004 00000001");
}

TEST(Rfc4171_5_3_1_Alignment, TextIsEndedAndPaddedWithZeros) {
  AttributeWriter out;
  out.text(Tag::iscsi_name, "iqn.a").text(Tag::iscsi_alias, "abc").text(Tag::entity_identifier, "abcd");
  EXPECT_EQ(hex_of(out.bytes()),
            "00000020 00000008 69716e2e 61000000 "
            "00000022 00000004 61626300 "
            "00000001 00000008 61626364 00000000");
}

TEST(Rfc4171_6_3_1_PortalIpAddress, Ipv4IsMappedIntoIpv6) {
  AttributeWriter out;
  out.ip_address(Tag::portal_ip_address, kLoopback);
  EXPECT_EQ(hex_of(out.bytes()), "00000010 00000010 00000000 00000000 0000ffff 7f000001");
}

TEST(Rfc4171_5_6_3_Delimiter, IsEightZeroBytes) {
  AttributeWriter out;
  out.delimiter();
  EXPECT_EQ(hex_of(out.bytes()), "00000000 00000000");
}

TEST(Rfc4171_5_3_AttributeReader, ReadsWhatTheFigureShows) {
  const auto bytes = from_hex("00000006 00000004 00000258  00000033 00000000  00000001 00000004 61626300");
  AttributeReader reader(bytes);
  const auto period = reader.next();
  ASSERT_TRUE(period);
  EXPECT_EQ(period->tag, Tag::registration_period);
  EXPECT_EQ(period->number(), 600U);
  const auto null = reader.next();
  ASSERT_TRUE(null);
  EXPECT_EQ(null->tag, Tag::pg_tag);
  EXPECT_TRUE(null->value.empty());
  const auto entity = reader.next();
  ASSERT_TRUE(entity);
  EXPECT_EQ(entity->text(), "abc");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.violation());
}

TEST(Rfc4171_5_3_AttributeReader, LengthOverTheEndIsAViolation) {
  for (const char* text : {
           "00000006 00000004 000002",          // a value cut short
           "00000006 00000008 00000258",        // longer than the message
           "00000006 fffffffc 00000258",        // would wrap if it were added to
           "00000006 000000",                   // no whole length
           "00000022 00000003 616263",          // no multiple of four
           "00000006 00000004 00000258 00 00",  // bytes behind the last attribute
       }) {
    const auto bytes = from_hex(text);
    AttributeReader reader(bytes);
    while (reader.next()) {
    }
    EXPECT_EQ(reader.violation(), Violation::attribute) << text;
    EXPECT_FALSE(reader.next()) << text;
  }
}

TEST(Rfc4171_6_1_Text, NeedsItsNulAndNothingBehindIt) {
  EXPECT_EQ(attribute(from_hex("61626300")).text(), "abc");
  EXPECT_EQ(attribute(from_hex("00000000")).text(), "");
  EXPECT_FALSE(attribute(from_hex("61626364")).text()) << "no NUL";
  EXPECT_FALSE(attribute(from_hex("61006200")).text()) << "a NUL inside";
  EXPECT_FALSE(attribute(from_hex("61626300 00000000")).text()) << "more padding than four bytes need";
  EXPECT_FALSE(attribute({}).text()) << "nothing";
}

TEST(Rfc4171_6_1_Text, HasAtMost256BytesWithItsNul) {
  std::vector<std::byte> longest(256, std::byte{'x'});
  longest.back() = std::byte{0};
  EXPECT_EQ(attribute(longest).text()->size(), 255U);
  std::vector<std::byte> longer(260, std::byte{'x'});
  longer.back() = std::byte{0};
  EXPECT_FALSE(attribute(longer).text());
}

TEST(Rfc4171_6_1_Number, HasFourBytes) {
  EXPECT_EQ(attribute(from_hex("00000102")).number(), 0x102U);
  EXPECT_FALSE(attribute(from_hex("00000102 00000000")).number());
  EXPECT_FALSE(attribute({}).number());
}

TEST(Rfc4171_6_3_1_PortalIpAddress, HasSixteenBytes) {
  EXPECT_EQ(attribute(from_hex("00000000 00000000 0000ffff 7f000001")).ip_address(), kLoopback);
  EXPECT_FALSE(attribute(from_hex("7f000001")).ip_address());
}

RC_GTEST_PROP(Rfc4171_5_3_AttributeReader, ReadsEveryTextThatIsWritten, ()) {
  const std::string text = *rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::nonZero<char>()),
                                              [](const std::string& any) { return any.size() <= 255; });
  AttributeWriter out;
  out.text(Tag::iscsi_alias, text);
  RC_ASSERT(out.size() % 4 == 0);
  AttributeReader reader(out.bytes());
  const auto read = reader.next();
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->text() == text);
  RC_ASSERT(!reader.next());
  RC_ASSERT(!reader.violation());
}

}  // namespace
}  // namespace lunway::isns
