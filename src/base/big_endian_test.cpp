// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "base/big_endian.h"

#include <gtest/gtest.h>

#include <array>

namespace lunway {
namespace {

TEST(BigEndian, TheMostSignificantByteComesFirst) {
  std::array<std::byte, 8> buffer{};
  store_be64(buffer.data(), 0x0102030405060708);
  for (std::size_t i = 0; i < buffer.size(); ++i) EXPECT_EQ(load_u8(&buffer[i]), i + 1);
  EXPECT_EQ(load_be16(buffer.data()), 0x0102);
  EXPECT_EQ(load_be24(buffer.data()), 0x010203U);
  EXPECT_EQ(load_be32(buffer.data() + 1), 0x02030405U);
}

TEST(BigEndian, A24BitStoreTouchesThreeBytes) {
  std::array<std::byte, 5> buffer{};
  store_be24(buffer.data() + 1, 0xabcdef);
  EXPECT_EQ(load_u8(buffer.data()), 0);
  EXPECT_EQ(load_be24(buffer.data() + 1), 0xabcdefU);
  EXPECT_EQ(load_u8(&buffer[4]), 0);
}

}  // namespace
}  // namespace lunway
