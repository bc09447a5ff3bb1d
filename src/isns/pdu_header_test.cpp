// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/pdu_header.h"

#include <gtest/gtest.h>

#include "isns/testing/hex.h"

namespace lunway::isns {
namespace {

using testing::from_hex;
using testing::hex_of;

std::expected<PduHeader, Violation> parsed(std::string_view hex) {
  const auto bytes = from_hex(hex);
  return PduHeader::parse(std::span<const std::byte, kHeaderBytes>(bytes.data(), kHeaderBytes));
}

TEST(Rfc4171_5_PduHeader, IsTwelveBytesInTheOrderOfTheFigure) {
  const PduHeader header{.function = 0x0001,
                         .length = 0x0150,
                         .flags = flag::kFromClient | flag::kReplace | flag::kLastPdu | flag::kFirstPdu,
                         .transaction_id = 0x1234,
                         .sequence_id = 0x0005};
  EXPECT_EQ(hex_of(header.encode()), "00010001 01509c00 12340005");
  EXPECT_EQ(parsed("00010001 01509c00 12340005"), header);
}

TEST(Rfc4171_5_1_1_Version, OthersThanOneAreRefused) {
  EXPECT_EQ(parsed("00028001 00044c00 00010000").error(), Violation::version);
  EXPECT_EQ(parsed("00008001 00044c00 00010000").error(), Violation::version);
}

TEST(Rfc4171_5_1_3_PduLength, IsAMultipleOfFour) {
  for (const char* hex : {"00018001 00054c00 00010000", "00018001 00064c00 00010000", "00018001 ffff4c00 00010000"}) {
    EXPECT_EQ(parsed(hex).error(), Violation::length) << hex;
  }
}

TEST(Rfc4171_5_1_4_Flags, AuthenticationBlockIsRefused) {
  EXPECT_EQ(parsed("00018001 00046c00 00010000").error(), Violation::authentication);
}

TEST(Rfc4171_5_1_4_Flags, ReservedBitsAreIgnored) {
  const auto header = parsed("00018001 00044fff 00010000");
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_first());
  EXPECT_TRUE(header->is_last());
}

}  // namespace
}  // namespace lunway::isns
