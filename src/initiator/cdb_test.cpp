// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/cdb.h"

#include <gtest/gtest.h>

#include <string>

namespace lunway::initiator {
namespace {

std::string hex(const Cdb& cdb) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : cdb.bytes()) {
    const auto value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 0xf];
  }
  return text;
}

TEST(ReadWriteCdb, TenBytesReachTheFirst32BitsOfBlocks) {
  EXPECT_EQ(hex(read_cdb(0x01020304, 0xffff)), "28000102030400ffff00");
  EXPECT_EQ(hex(write_cdb(0xffffffff, 1)), "2a00ffffffff00000100");
}

TEST(ReadWriteCdb, SixteenBytesReachTheRest) {
  EXPECT_EQ(hex(read_cdb(0x0102030405060708, 9)), "88000102030405060708000000090000");
  EXPECT_EQ(hex(write_cdb(0, 0x10000)), "8a000000000000000000000100000000");
}

TEST(InquiryCdb, PageSetsEvpd) {
  EXPECT_EQ(hex(inquiry_cdb(0x0124)), "120000012400");
  EXPECT_EQ(hex(vital_product_data_cdb(0xb0, 64)), "1201b0004000");
}

TEST(OtherCdbs, HaveTheirLengthsInPlace) {
  EXPECT_EQ(hex(test_unit_ready_cdb()), "000000000000");
  EXPECT_EQ(hex(read_capacity_10_cdb()), "25000000000000000000");
  EXPECT_EQ(hex(read_capacity_16_cdb(32)), "9e100000000000000000000000200000");
  EXPECT_EQ(hex(report_luns_cdb(0x1000)), "a00000000000000010000000");
  EXPECT_EQ(hex(synchronize_cache_cdb()), "35000000000000000000");
  EXPECT_EQ(hex(unmap_cdb(24)), "42000000000000001800");
}

}  // namespace
}  // namespace lunway::initiator
