// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Answers of a unit, whole and cut, and the parameter list of UNMAP.

#include "initiator/unit.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/big_endian.h"
#include "initiator/unmap.h"

namespace lunway::initiator {
namespace {

TEST(CapacityAnswer, SixteenByteForm) {
  std::array<std::byte, 32> data{};
  store_be64(data.data(), 999);
  store_be32(data.data() + 8, 512);
  data[13] = std::byte{3};
  data[14] = std::byte{0x80};
  const auto capacity = parse_capacity_16(data);
  ASSERT_TRUE(capacity);
  EXPECT_EQ(capacity->blocks, 1000U);
  EXPECT_EQ(capacity->bytes(), 512'000U);
  EXPECT_EQ(capacity->physical_block_size, 4096U);
  EXPECT_TRUE(capacity->thin);
  EXPECT_TRUE(parse_capacity_16(Bytes(data).first(12)));
  EXPECT_FALSE(parse_capacity_16(Bytes(data).first(11)));
}

TEST(CapacityAnswer, NonsenseIsRefused) {
  std::array<std::byte, 32> data{};
  EXPECT_FALSE(parse_capacity_16(data)) << "blocks of no size";
  store_be32(data.data() + 8, 512);
  store_be64(data.data(), 0xffffffffffffffff);
  EXPECT_FALSE(parse_capacity_16(data)) << "a number of blocks that wraps";
  store_be64(data.data(), 0x7fffffffffffffff);
  EXPECT_FALSE(parse_capacity_16(data)) << "more bytes than can be counted";
}

TEST(InquiryAnswer, TextsAreTrimmedAndCutOnesAreEmpty) {
  std::vector<std::byte> data(36, std::byte{' '});
  data[0] = std::byte{0x05};
  data[8] = std::byte{'L'};
  const auto inquiry = parse_inquiry(data);
  ASSERT_TRUE(inquiry);
  EXPECT_EQ(inquiry->peripheral_type, 5);
  EXPECT_EQ(inquiry->vendor, "L");
  EXPECT_EQ(inquiry->product, "");
  EXPECT_EQ(parse_inquiry(Bytes(data).first(5))->vendor, "");
  EXPECT_FALSE(parse_inquiry(Bytes(data).first(4)));
}

TEST(BlockLimits, ZeroIsNoLimitAndShortPagesLeaveTheRest) {
  std::array<std::byte, 64> page{};
  UnitFacts facts;
  parse_block_limits(page, facts);
  EXPECT_EQ(facts.max_transfer_blocks, 0xffffffffU);
  store_be32(page.data() + 8, 128);
  store_be32(page.data() + 20, 1000);
  parse_block_limits(Bytes(page).first(12), facts);
  EXPECT_EQ(facts.max_transfer_blocks, 128U);
  EXPECT_EQ(facts.max_unmap_blocks, 0xffffffffU);
}

TEST(LunList, ALengthThatLiesStaysInside) {
  std::array<std::byte, 24> data{};
  store_be32(data.data(), 0xfffffff8);
  store_be16(data.data() + 8, 5);
  store_be16(data.data() + 16, 0x4000 | 300);
  EXPECT_EQ(parse_luns(data), (std::vector<std::uint16_t>{5, 300}));
  EXPECT_TRUE(parse_luns(Bytes(data).first(7)).empty());
}

TEST(UnmapList, HasItsLengthsAndExtents) {
  const std::array<Extent, 2> extents{{{.lba = 1, .blocks = 2}, {.lba = 0x1'0000'0000, .blocks = 4}}};
  const std::vector<std::byte> list = unmap_parameter_list(extents);
  ASSERT_EQ(list.size(), 40U);
  EXPECT_EQ(load_be16(list.data()), 38);
  EXPECT_EQ(load_be16(list.data() + 2), 32);
  EXPECT_EQ(load_be64(list.data() + 8), 1U);
  EXPECT_EQ(load_be32(list.data() + 16), 2U);
  EXPECT_EQ(load_be64(list.data() + 24), 0x1'0000'0000U);
}

TEST(Session, NobodyListensIsUnreachable) {
  const auto session = Session::connect("iscsi://127.0.0.1:1/iqn.2026-11.io.lunway:disk/0");
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::unreachable);
}

TEST(Session, DiscoveryUrlCannotBeConnectedTo) {
  const auto session = Session::connect("iscsi://127.0.0.1:1");
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace lunway::initiator
