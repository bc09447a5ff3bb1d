// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// COMPARE AND WRITE, WRITE SAME, UNMAP and GET LBA STATUS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::byte> joined(std::vector<std::byte> a, const std::vector<std::byte>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(CompareAndWrite, WritesWhenTheMediumIsAsExpected) {
  Bench bench;
  const Reply reply =
      bench.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}, joined(bench.blocks_of(0, 2), bench.blocks_of(7, 2)));
  EXPECT_TRUE(reply.is_good());
  EXPECT_EQ(reply.data_out_length, 2048U);
  EXPECT_THAT(bench.steps, ElementsAre("parameters 2048", "read 512+1024", "write 512+1024"));
  EXPECT_TRUE(std::ranges::equal(bench.range(512, 1024), bench.blocks_of(7, 2)));
}

TEST(CompareAndWrite, MiscompareTellsWhereAndWritesNothing) {
  Bench bench;
  bench.range(512 + 100, 1)[0] = std::byte{1};
  const Reply reply =
      bench.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, joined(bench.blocks_of(0, 2), bench.blocks_of(7, 2)));
  EXPECT_EQ(reply.key(), SenseKey::miscompare);
  EXPECT_EQ(reply.code(), SenseCode::miscompare_during_verify_operation);
  EXPECT_EQ(load_u8(reply.sense.data()), 0xf0) << "INFORMATION is valid";
  EXPECT_EQ(load_be32(reply.sense.data() + 3), 612U);
  EXPECT_THAT(bench.steps, ElementsAre("parameters 2048", "read 0+1024"));
}

TEST(CompareAndWrite, DataOfAnotherSizeIsRefused) {
  Bench bench;
  for (const unsigned blocks : {0U, 1U, 3U}) {
    const Reply reply = bench.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, blocks}, bench.blocks_of(0, 4));
    EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
    EXPECT_EQ(reply.field(), "cdb 13");
  }
}

TEST(CompareAndWrite, MoreBlocksThanTheLimitAreRefused) {
  Bench bench;
  const Reply reply = bench.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 129}, bench.blocks_of(0, 258));
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(reply.field(), "cdb 13");
}

TEST(CompareAndWrite, ZeroBlocksAreDoneAtOnce) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
}

TEST(CompareAndWrite, ForcedUnitAccessFlushes) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x89, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, bench.blocks_of(0, 2)).is_good());
  EXPECT_EQ(bench.steps.back(), "flush 0+512");
}

LogicalUnitOptions atomic_options() {
  LogicalUnitOptions options = Bench::default_options();
  options.max_atomic_bytes = 8 * 512;
  return options;
}

TEST(WriteAtomic, WritesInOnePiece) {
  Bench bench(atomic_options());
  EXPECT_TRUE(bench.run({0x9c, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 8}, bench.blocks_of(4, 8)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 4096", "write 1024+4096", "flush 1024+4096"));
  EXPECT_EQ(bench.run({0x12, 1, 0xb0, 0, 64, 0}).be32(44), 8U);
}

TEST(WriteAtomic, RefusesWhatCannotBeWhole) {
  Bench bench(atomic_options());
  EXPECT_EQ(bench.run({0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, bench.blocks_of(0, 9)).field(), "cdb 12");
  EXPECT_EQ(bench.run({0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 8}, bench.blocks_of(0, 8)).field(), "cdb 10");
  EXPECT_EQ(bench.run({0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, bench.blocks_of(0, 1)).code(),
            SenseCode::invalid_field_in_command_information_unit);
  bench.most_parameters = 512;
  EXPECT_EQ(bench.run({0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, bench.blocks_of(0, 2)).key(),
            SenseKey::aborted_command);
  EXPECT_THAT(bench.steps, ElementsAre("parameters 1024"));
}

TEST(WriteAtomic, IsNotOfferedWithoutPromise) {
  Bench bench;
  EXPECT_EQ(bench.run({0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).code(), SenseCode::invalid_command_operation_code);
}

constexpr Bench::CdbBytes kSameTen = {0x41, 0, 0, 0, 0, 1, 0, 0, 4};

TEST(WriteSame, RepeatsTheBlock) {
  Bench bench;
  EXPECT_TRUE(bench.run(kSameTen, bench.blocks_of(3)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "write 512+2048"));
  EXPECT_TRUE(std::ranges::equal(bench.range(512, 2048), bench.blocks_of(3, 4)));
}

TEST(WriteSame, LongRangesAreWrittenInPieces) {
  LogicalUnitOptions options = Bench::default_options();
  options.capacity_blocks = 1200;
  Bench bench(options);
  EXPECT_TRUE(bench.run({0x41, 0, 0, 0, 0, 0, 0, 0x4, 0xb0}, bench.blocks_of(3)).is_good());
  EXPECT_THAT(bench.steps,
              ElementsAre("parameters 512", "write 0+262144", "write 262144+262144", "write 524288+90112"));
}

TEST(WriteSame, ZerosAreLeftToTheVolume) {
  Bench bench;
  EXPECT_TRUE(bench.run(kSameTen, bench.blocks_of(0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "zero 512+2048"));
}

TEST(WriteSame, ZerosAreWrittenWhereTheVolumeCannotMakeThem) {
  LogicalUnitOptions options = Bench::default_options();
  options.can_zero = false;
  Bench bench(options);
  EXPECT_TRUE(bench.run(kSameTen, bench.blocks_of(0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "write 512+2048"));
}

TEST(WriteSame, UnmapGivesSpaceBackOnlyForZeros) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x41, 8, 0, 0, 0, 1, 0, 0, 4}, bench.blocks_of(0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "discard 512+2048"));
  EXPECT_TRUE(bench.run({0x41, 8, 0, 0, 0, 1, 0, 0, 4}, bench.blocks_of(1)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "write 512+2048"));
}

TEST(WriteSame, WithoutDataOutThereAreZeros) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x93, 0x09, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4}).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("discard 512+2048"));
}

TEST(WriteSame, DataOfAnotherSizeIsRefused) {
  Bench bench;
  for (const std::size_t size : {256U, 1024U}) {
    const Reply reply = bench.run(kSameTen, std::vector<std::byte>(size));
    EXPECT_EQ(reply.status, Status::check_condition);
  }
}

TEST(WriteSame, RefusesWhatIsNotSupported) {
  Bench bench;
  EXPECT_EQ(bench.run({0x41, 0x10, 0, 0, 0, 0, 0, 0, 1}, bench.blocks_of(0)).field(), "cdb 1.4") << "ANCHOR";
  EXPECT_EQ(bench.run({0x41, 0, 0, 0, 0, 0, 0, 0, 0}, bench.blocks_of(0)).field(), "cdb 7") << "zero blocks";
  EXPECT_EQ(bench.run({0x41, 0x01, 0, 0, 0, 0, 0, 0, 1}, bench.blocks_of(0)).field(), "cdb 1.0") << "NDOB";
  LogicalUnitOptions options = Bench::default_options();
  options.can_discard = false;
  Bench thick(options);
  EXPECT_EQ(thick.run({0x41, 8, 0, 0, 0, 0, 0, 0, 1}, thick.blocks_of(0)).field(), "cdb 1.3") << "UNMAP";
}

struct Extent {
  std::uint64_t lba;
  std::uint32_t blocks;
};

std::vector<std::byte> unmap_list(const std::vector<Extent>& extents) {
  std::vector<std::byte> list(8 + 16 * extents.size());
  store_be16(list.data(), static_cast<std::uint16_t>(list.size() - 2));
  store_be16(list.data() + 2, static_cast<std::uint16_t>(list.size() - 8));
  for (std::size_t index = 0; index < extents.size(); ++index) {
    store_be64(list.data() + 8 + 16 * index, extents[index].lba);
    store_be32(list.data() + 16 + 16 * index, extents[index].blocks);
  }
  return list;
}

Reply unmap(Bench& bench, const std::vector<Extent>& extents) {
  const auto list = unmap_list(extents);
  return bench.run(
      {0x42, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(list.size() >> 8), static_cast<unsigned>(list.size() & 0xff)},
      list);
}

TEST(Unmap, DiscardsEveryExtent) {
  Bench bench;
  EXPECT_TRUE(unmap(bench, {{4, 2}, {9, 0}, {0, 1}}).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 56", "discard 2048+1024", "discard 0+512"));
}

TEST(Unmap, NothingToDoIsGood) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x42, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(unmap(bench, {}).is_good());
  EXPECT_TRUE(unmap(bench, {{0, 0}}).is_good());
}

TEST(Unmap, OneWrongExtentKeepsAllMapped) {
  Bench bench;
  const Reply reply = unmap(bench, {{0, 1}, {Bench::kBlocks - 1, 2}});
  EXPECT_EQ(reply.code(), SenseCode::logical_block_address_out_of_range);
  EXPECT_EQ(reply.field(), "parameter 24");
  EXPECT_THAT(bench.steps, ElementsAre("parameters 40"));
  EXPECT_EQ(unmap(bench, {{UINT64_MAX, 2}}).code(), SenseCode::logical_block_address_out_of_range);
}

TEST(Unmap, MoreThanTheLimitsIsRefused) {
  LogicalUnitOptions options = Bench::default_options();
  EXPECT_EQ(unmap(*std::make_unique<Bench>(options), std::vector<Extent>(257, {0, 0})).code(),
            SenseCode::invalid_field_in_parameter_list);
}

TEST(Unmap, ShortListIsALengthError) {
  Bench bench;
  EXPECT_EQ(bench.run({0x42, 0, 0, 0, 0, 0, 0, 0, 7}, std::vector<std::byte>(7)).code(),
            SenseCode::parameter_list_length_error);
  EXPECT_EQ(bench.run({0x42, 0, 0, 0, 0, 0, 0, 0, 24}, std::vector<std::byte>(8)).code(),
            SenseCode::parameter_list_length_error);
}

TEST(Unmap, IsNotOfferedWithoutDiscard) {
  LogicalUnitOptions options = Bench::default_options();
  options.can_discard = false;
  Bench bench(options);
  EXPECT_EQ(unmap(bench, {{0, 1}}).code(), SenseCode::invalid_command_operation_code);
}

TEST(GetLbaStatus, AnswersFromTheLbaToTheEnd) {
  Bench bench;
  const Reply reply = bench.run({0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 24});
  ASSERT_EQ(reply.data_in.size(), 24U);
  EXPECT_EQ(reply.be32(0), 20U);
  EXPECT_EQ(reply.be64(8), 10U);
  EXPECT_EQ(reply.be32(16), 246U);
  EXPECT_EQ(reply.u8(20), 0U);
  EXPECT_EQ(bench.run({0x9e, 0x12, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 24}).code(),
            SenseCode::logical_block_address_out_of_range);
  EXPECT_THAT(bench.steps, IsEmpty());
}

/// "10+5-241": from the first descriptor's LBA on, blocks that are mapped (+) and deallocated (-).
std::string lba_status(Bench& bench, std::uint8_t lba, std::uint8_t allocation_length) {
  const Reply reply = bench.run({0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, lba, 0, 0, 0, allocation_length});
  EXPECT_EQ(reply.be32(0) + 4, reply.data_in.size());
  std::string text = std::to_string(reply.be64(8));
  std::uint64_t next = reply.be64(8);
  for (std::size_t at = 8; at < reply.data_in.size(); at += 16) {
    EXPECT_EQ(reply.be64(at), next) << "no gaps";
    next += reply.be32(at + 8);
    text += (reply.u8(at + 12) == 0 ? "+" : "-") + std::to_string(reply.be32(at + 8));
  }
  return text;
}

TEST(GetLbaStatus, TellsWhichBlocksHaveSpace) {
  Bench bench;
  bench.holes = {{.offset = 512 * 4, .length = 512 * 8}, {.offset = 512 * 100, .length = 512 * 156}};
  EXPECT_EQ(lba_status(bench, 0, 255), "0+4-8+88-156");
  EXPECT_EQ(lba_status(bench, 4, 255), "4-8+88-156") << "the first descriptor begins where the CDB says";
  EXPECT_EQ(lba_status(bench, 6, 255), "6-6+88-156");
  EXPECT_EQ(lba_status(bench, 0, 40), "0+4-8") << "no more than there is room for";
}

TEST(GetLbaStatus, ABlockWithSomeSpaceIsMapped) {
  Bench bench;
  bench.holes = {
      {.offset = 100, .length = 412}, {.offset = 600, .length = 1448}, {.offset = 4096 + 256, .length = 256}};
  EXPECT_EQ(lba_status(bench, 0, 255), "0+2-2+252");
}

}  // namespace
}  // namespace lunway::scsi
