// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/transfer/copier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/transfer/memory_side_testing.h"

namespace lunway::cli {
namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

void fill(MutableBytes bytes, unsigned seed) {
  std::mt19937 random(seed);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() | 1U);
}

Outcome<std::uint64_t> copy(Side& from, Side& to, unsigned depth = 8) {
  Progress progress("copy", from.size_bytes(), stderr);
  Copier copier(from, to, from.size_bytes(), depth, progress);
  const Outcome<> copied = copier.run();
  if (!copied) return std::unexpected(copied.error());
  return copier.zero_bytes();
}

Outcome<> compare(Side& from, Side& to) {
  Progress progress("verify", from.size_bytes(), stderr);
  return verify(from, to, from.size_bytes(), 8, progress);
}

TEST(Copier, EveryByteArrives) {
  MemorySide from(17 * kMib + 512 * 7, 512, 1), to(20 * kMib, 512, 2);
  fill(from.bytes, 3);
  fill(to.bytes, 4);
  const std::vector<std::byte> behind(to.bytes.begin() + static_cast<std::ptrdiff_t>(from.bytes.size()),
                                      to.bytes.end());
  ASSERT_EQ(copy(from, to), 0U);
  EXPECT_TRUE(std::ranges::equal(from.bytes, Bytes(to.bytes).first(from.bytes.size())));
  EXPECT_TRUE(std::ranges::equal(behind, Bytes(to.bytes).subspan(from.bytes.size()))) << "what lies behind must stay";
  EXPECT_FALSE(from.misuse || to.misuse);
}

TEST(Copier, KeepsThatManyPiecesUnderWay) {
  MemorySide from(32 * kMib, 512), to(32 * kMib, 512);
  fill(from.bytes, 3);
  ASSERT_TRUE(copy(from, to, 8).has_value());
  EXPECT_EQ(from.most_under_way, 8U);
}

TEST(Copier, HolesAreZeroedWhereverTheyBeginAndEnd) {
  MemorySide from(16 * kMib, 1, 1), to(16 * kMib, 4096, 2);
  from.data = {{100, 5000}, {3 * kMib - 1, 3 * kMib + 1}, {9 * kMib, 9 * kMib + 4096}};
  for (const auto& [first, last] : from.data) fill(MutableBytes(from.bytes).subspan(first, last - first), 5);
  fill(to.bytes, 6);
  const auto zeros = copy(from, to);
  ASSERT_TRUE(zeros.has_value());
  EXPECT_EQ(from.bytes, to.bytes);
  EXPECT_LT(to.written, 64U << 10) << "zeros must not be sent";
  EXPECT_GT(*zeros, 15 * kMib);
  EXPECT_FALSE(from.misuse || to.misuse);
}

TEST(Copier, ZerosThatAreNoHolesAreNotSentEither) {
  MemorySide from(8 * kMib, 512, 1), to(8 * kMib, 512, 2);
  fill(MutableBytes(from.bytes).first(kMib), 5);
  fill(to.bytes, 6);
  EXPECT_EQ(copy(from, to), 7 * kMib);
  EXPECT_EQ(from.bytes, to.bytes);
  EXPECT_EQ(to.written, kMib);
}

TEST(Copier, WhatIsLeftOfABlockIsWrittenToo) {
  MemorySide from(3 * kMib + 100, 1, 1), to(4 * kMib, 4096, 2);
  fill(from.bytes, 5);
  fill(to.bytes, 6);
  const std::vector<std::byte> before = to.bytes;
  ASSERT_TRUE(copy(from, to).has_value());
  EXPECT_TRUE(std::ranges::equal(from.bytes, Bytes(to.bytes).first(from.bytes.size())));
  EXPECT_TRUE(std::ranges::equal(Bytes(before).subspan(from.bytes.size()), Bytes(to.bytes).subspan(from.bytes.size())));
}

TEST(Copier, AFailureOfEitherSideEndsIt) {
  for (const bool reads : {true, false}) {
    MemorySide from(32 * kMib, 512), to(32 * kMib, 512);
    fill(from.bytes, 5);
    (reads ? from.fail_reads : to.fail_writes) = true;
    const auto copied = copy(from, to);
    ASSERT_FALSE(copied.has_value());
    EXPECT_EQ(copied.error().message, "the medium is broken");
    EXPECT_LE(to.written, 8 * kMib) << "nothing more may be started";
  }
}

TEST(Verify, EqualSidesAreEqual) {
  MemorySide from(5 * kMib + 100, 1, 1), to(6 * kMib, 4096, 2);
  fill(from.bytes, 5);
  copy_bytes(to.bytes, from.bytes);
  EXPECT_TRUE(compare(from, to).has_value());
}

TEST(Verify, OneByteMakesADifferenceAndIsNamed) {
  for (const std::uint64_t at : {std::uint64_t{0}, 2 * kMib + 77, 5 * kMib + 99}) {
    MemorySide from(5 * kMib + 100, 1, 1), to(6 * kMib, 4096, 2);
    fill(from.bytes, 5);
    copy_bytes(to.bytes, from.bytes);
    to.bytes[at] ^= std::byte{0x10};
    const auto same = compare(from, to);
    ASSERT_FALSE(same.has_value());
    EXPECT_THAT(same.error().message, testing::EndsWith("differ at offset " + std::to_string(at)));
  }
}

TEST(Verify, AReadThatFailsIsNoDifference) {
  MemorySide from(5 * kMib, 512), to(5 * kMib, 512);
  to.fail_reads = true;
  const auto same = compare(from, to);
  ASSERT_FALSE(same.has_value());
  EXPECT_EQ(same.error().message, "the medium is broken");
}

}  // namespace
}  // namespace lunway::cli
