// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/size.h"

#include <gtest/gtest.h>

namespace lunway::admin {
namespace {

TEST(Size, PlainNumbersAreBytes) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("18446744073709551615"), UINT64_MAX);
}

TEST(Size, BinaryUnits) {
  EXPECT_EQ(parse_size("4k"), 4096U);
  EXPECT_EQ(parse_size("4K"), 4096U);
  EXPECT_EQ(parse_size("512MiB"), 512U << 20);
  EXPECT_EQ(parse_size("20GiB"), std::uint64_t{20} << 30);
  EXPECT_EQ(parse_size("5t"), std::uint64_t{5} << 40);
}

TEST(Size, DecimalUnits) {
  EXPECT_EQ(parse_size("4kB"), 4000U);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000U);
}

TEST(Size, WhatIsNoSizeIsNamed) {
  for (const char* text : {"", "lots", "-1", "+1", "1.5G", "1 GiB", "4kk", "4Ki", "k", "0x10"}) {
    const auto size = parse_size(text);
    ASSERT_FALSE(size.has_value()) << text;
    EXPECT_NE(size.error().message.find(std::string("\"") + text + "\""), std::string::npos);
  }
}

TEST(Size, MoreThanCanBeCountedIsRefused) {
  EXPECT_EQ(parse_size("16383P"), std::uint64_t{16383} << 50);
  EXPECT_FALSE(parse_size("16384P").has_value());
  EXPECT_FALSE(parse_size("18446744073709551616").has_value());
}

TEST(Size, PeopleReadOneDigitAfterThePoint) {
  EXPECT_EQ(format_size(512), "512 bytes");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(300U << 20), "300.0 MiB");
  EXPECT_EQ(format_size(std::uint64_t{5} << 40), "5.0 TiB");
}

}  // namespace
}  // namespace lunway::admin
