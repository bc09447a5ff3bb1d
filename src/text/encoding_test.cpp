// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <vector>

namespace lunway::text {
namespace {

std::optional<std::string> decode(std::string_view value, std::size_t room = 64) {
  std::vector<std::byte> out(room);
  const auto size = decode_binary(value, out);
  if (!size) return std::nullopt;
  return std::string(text_of(Bytes(out).first(*size)));
}

TEST(Rfc7143_6_1_HexConstant, DecodesTwoDigitsToAByte) {
  EXPECT_EQ(decode("0x6162"), "ab");
  EXPECT_EQ(decode("0X4a4B"), "JK");
  EXPECT_EQ(decode("0x0061"), std::string("\0a", 2)) << "leading zeros count";
}

TEST(Rfc7143_6_1_HexConstant, AnOddNumberOfDigitsHasHalfAByteInFront) {
  EXPECT_EQ(decode("0x1"), "\x01");
  EXPECT_EQ(decode("0x123"), "\x01\x23") << "byte-length is (n + 1) / 2";
}

TEST(Rfc7143_6_1_HexConstant, NeedsADigitAndOnlyDigits) {
  for (const char* text : {"0x", "0X", "x61", "61", "0x6g", "0x 61", "0x61 ", "0x-1", "0x0x61", "", "0"}) {
    EXPECT_EQ(decode(text), std::nullopt) << text;
  }
}

// The vectors of RFC 4648, section 10.
TEST(Rfc4648_10_Base64, Vectors) {
  EXPECT_EQ(decode("0bZg=="), "f");
  EXPECT_EQ(decode("0bZm8="), "fo");
  EXPECT_EQ(decode("0bZm9v"), "foo");
  EXPECT_EQ(decode("0BZm9vYg=="), "foob");
  EXPECT_EQ(decode("0bZm9vYmE="), "fooba");
  EXPECT_EQ(decode("0bZm9vYmFy"), "foobar");
  EXPECT_EQ(base64_constant(bytes_of("fooba")), "0bZm9vYmE=");
  EXPECT_EQ(base64_constant(bytes_of("foobar")), "0bZm9vYmFy");
  EXPECT_EQ(base64_constant(bytes_of("f")), "0bZg==");
}

TEST(Rfc7143_6_1_Base64Constant, IsCanonical) {
  for (const char* text : {"0b", "0bZg", "0bZg=", "0bZ", "0bZ===", "0b====", "0bZg===", "0bZm9v====", "0bZ=g=",
                           "0bZg==Zg==", "0bZh==", "0bZm9=", "0bZm 9", "0bZm-_", "0bZg==\n", "Zg=="}) {
    EXPECT_EQ(decode(text), std::nullopt) << text;
  }
}

TEST(Rfc7143_6_1_BinaryValue, NeverWritesBeyondItsRoom) {
  EXPECT_EQ(decode("0x6162", 2), "ab");
  EXPECT_EQ(decode("0x6162", 1), std::nullopt);
  EXPECT_EQ(decode("0x616", 1), std::nullopt);
  EXPECT_EQ(decode("0bZm9v", 3), "foo");
  EXPECT_EQ(decode("0bZm9v", 2), std::nullopt);
  EXPECT_EQ(decode("0bZm8=", 2), "fo");
  EXPECT_EQ(decode("0x61", 0), std::nullopt);
}

TEST(Rfc7143_6_1_BinaryValue, ExactMeansExact) {
  std::array<std::byte, 3> out;
  EXPECT_TRUE(decode_binary_exactly("0x616263", out));
  EXPECT_EQ(text_of(out), "abc");
  EXPECT_TRUE(decode_binary_exactly("0x01234", out));
  EXPECT_FALSE(decode_binary_exactly("0x6162", out));
  EXPECT_FALSE(decode_binary_exactly("0x61626364", out));
  EXPECT_FALSE(decode_binary_exactly("0bZm8=", out));
}

RC_GTEST_PROP(Rfc7143_6_1_BinaryValue, EncodingsAreReadBack, (const std::string& text)) {
  RC_PRE(!text.empty());
  RC_ASSERT(decode(hex_constant(bytes_of(text)), text.size()) == text);
  RC_ASSERT(decode(base64_constant(bytes_of(text)), text.size()) == text);
  RC_ASSERT(decode(hex_constant(bytes_of(text)), text.size() - 1) == std::nullopt);
  RC_ASSERT(decode(base64_constant(bytes_of(text)), text.size() - 1) == std::nullopt);
}

}  // namespace
}  // namespace lunway::text
