// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands that move or check blocks: their ranges, their flags and their steps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A command with an LBA and a number of blocks, in each of its CDB formats.
struct Form {
  unsigned opcode;
  unsigned length;
  bool sends_data;

  std::vector<std::byte> cdb(std::uint64_t lba, std::uint32_t blocks, unsigned flags = 0) const {
    std::vector<std::byte> bytes(length);
    store_u8(bytes.data(), static_cast<std::uint8_t>(opcode));
    switch (length) {
      case 6:
        store_be24(bytes.data() + 1, static_cast<std::uint32_t>(lba));
        store_u8(bytes.data() + 4, static_cast<std::uint8_t>(blocks));
        break;
      case 10:
        store_be32(bytes.data() + 2, static_cast<std::uint32_t>(lba));
        store_be16(bytes.data() + 7, static_cast<std::uint16_t>(blocks));
        break;
      case 12:
        store_be32(bytes.data() + 2, static_cast<std::uint32_t>(lba));
        store_be32(bytes.data() + 6, blocks);
        break;
      default:
        store_be64(bytes.data() + 2, lba);
        store_be32(bytes.data() + 10, blocks);
    }
    if (flags != 0) store_u8(bytes.data() + 1, static_cast<std::uint8_t>(flags));
    return bytes;
  }

  /// Byte of the CDB where the LBA begins.
  std::string lba_field() const { return length == 6 ? "cdb 1" : "cdb 2"; }
};

Reply run(Bench& bench, const Form& form, std::uint64_t lba, std::uint32_t blocks, unsigned flags = 0) {
  const auto data = bench.blocks_of(0x5a, form.sends_data ? blocks : 0);
  return bench.run_bytes(bench.first, form.cdb(lba, blocks, flags), data, Bench::kPlenty);
}

std::string name_of(const ::testing::TestParamInfo<Form>& info) {
  constexpr const char* kDigits = "0123456789abcdef";
  return std::string("Opcode") + kDigits[info.param.opcode >> 4] + kDigits[info.param.opcode & 15];
}

class EveryBlockCommand : public ::testing::TestWithParam<Form> {};
/// Those of ten bytes and more: a flag byte, and zero blocks that mean none.
class FlaggedBlockCommand : public ::testing::TestWithParam<Form> {};
class SixteenByteCommand : public ::testing::TestWithParam<Form> {};

TEST_P(EveryBlockCommand, WorksOnOneBlock) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 3, 1).is_good());
}

TEST_P(EveryBlockCommand, WorksOnTheLastBlock) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), Bench::kBlocks - 1, 1).is_good());
}

TEST_P(EveryBlockCommand, RangeBehindTheEndIsRefused) {
  Bench bench;
  for (const auto& [lba, blocks] : std::vector<std::pair<std::uint64_t, std::uint32_t>>{
           {Bench::kBlocks, 1}, {Bench::kBlocks - 1, 2}, {0x1fffff, 2}, {1, 256}}) {
    if (GetParam().length == 6 && blocks == 256) continue;
    const Reply reply = run(bench, GetParam(), lba, blocks);
    EXPECT_EQ(reply.key(), SenseKey::illegal_request) << lba;
    EXPECT_EQ(reply.code(), SenseCode::logical_block_address_out_of_range) << lba;
    EXPECT_EQ(reply.field(), GetParam().lba_field());
    EXPECT_THAT(bench.steps, IsEmpty());
  }
}

TEST_P(FlaggedBlockCommand, ZeroBlocksMoveNothingButTheirLbaCounts) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 0, 0).is_good());
  EXPECT_THAT(bench.steps, IsEmpty());
  EXPECT_EQ(run(bench, GetParam(), Bench::kBlocks + 1, 0).code(), SenseCode::logical_block_address_out_of_range);
  EXPECT_EQ(run(bench, GetParam(), 0xffffffff, 0).code(), SenseCode::logical_block_address_out_of_range);
}

TEST_P(SixteenByteCommand, SumThatWrapsIsOutOfRange) {
  Bench bench;
  EXPECT_EQ(run(bench, GetParam(), UINT64_MAX, 2).code(), SenseCode::logical_block_address_out_of_range);
}

TEST_P(FlaggedBlockCommand, ProtectionIsNotSupported) {
  Bench bench;
  for (unsigned protect = 1; protect < 8; ++protect) {
    const Reply reply = run(bench, GetParam(), 0, 1, protect << 5);
    EXPECT_EQ(reply.key(), SenseKey::illegal_request);
    EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
    EXPECT_EQ(reply.field(), "cdb 1." + std::to_string(protect >= 4 ? 7 : (protect >= 2 ? 6 : 5)));
  }
}

TEST_P(FlaggedBlockCommand, DpoIsAccepted) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 0, 1, 0x10).is_good());
}

TEST_P(EveryBlockCommand, AutoContingentAllegianceIsNotSupported) {
  Bench bench;
  auto cdb = GetParam().cdb(0, 1);
  cdb.back() = std::byte{0x04};
  const Reply reply =
      bench.run_bytes(bench.first, cdb, bench.blocks_of(0, GetParam().sends_data ? 1 : 0), Bench::kPlenty);
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(reply.field(), "cdb " + std::to_string(GetParam().length - 1) + ".2");
}

constexpr Form kReads[] = {{0x08, 6, false}, {0x28, 10, false}, {0xa8, 12, false}, {0x88, 16, false}};
constexpr Form kWrites[] = {{0x0a, 6, true}, {0x2a, 10, true}, {0xaa, 12, true}, {0x8a, 16, true}};
constexpr Form kVerifies[] = {{0x2f, 10, false}, {0xaf, 12, false}, {0x8f, 16, false}};
constexpr Form kWriteVerifies[] = {{0x2e, 10, true}, {0xae, 12, true}, {0x8e, 16, true}};
constexpr Form kOrWrite = {0x8b, 16, true};

std::vector<Form> forms_of_at_least(unsigned length) {
  std::vector<Form> forms = {kOrWrite};
  for (const auto& family : {std::span<const Form>(kReads), std::span<const Form>(kWrites),
                             std::span<const Form>(kVerifies), std::span<const Form>(kWriteVerifies)}) {
    std::ranges::copy_if(family, std::back_inserter(forms), [&](const Form& form) { return form.length >= length; });
  }
  return forms;
}

INSTANTIATE_TEST_SUITE_P(All, EveryBlockCommand, ::testing::ValuesIn(forms_of_at_least(6)), name_of);
INSTANTIATE_TEST_SUITE_P(All, FlaggedBlockCommand, ::testing::ValuesIn(forms_of_at_least(10)), name_of);
INSTANTIATE_TEST_SUITE_P(All, SixteenByteCommand, ::testing::ValuesIn(forms_of_at_least(16)), name_of);

class Reading : public ::testing::TestWithParam<Form> {};

TEST_P(Reading, SendsWhatTheMediumHas) {
  Bench bench;
  std::ranges::fill(bench.range(512 * 4, 1024), std::byte{0x77});
  const Reply reply = run(bench, GetParam(), 4, 2);
  EXPECT_EQ(reply.data_in, bench.blocks_of(0x77, 2));
  EXPECT_EQ(reply.data_in_length, 1024U);
  EXPECT_THAT(bench.steps, ElementsAre("send 2048+1024"));
}

TEST_P(Reading, GoesNoFurtherThanTheInitiatorExpects) {
  Bench bench;
  const Reply reply = bench.run_bytes(bench.first, GetParam().cdb(0, 4), {}, 700);
  EXPECT_THAT(bench.steps, ElementsAre("send 0+1024"));
  EXPECT_EQ(reply.data_in_length, 2048U) << "the residual counts from what the CDB says";
}

TEST_P(Reading, FailureOfTheMediumIsAMediumError) {
  Bench bench;
  bench.fail_next = Outcome::Failure::read_failed;
  const Reply reply = run(bench, GetParam(), 0, 1);
  EXPECT_EQ(reply.key(), SenseKey::medium_error);
  EXPECT_EQ(reply.code(), SenseCode::unrecovered_read_error);
}

INSTANTIATE_TEST_SUITE_P(All, Reading, ::testing::ValuesIn(kReads), name_of);

class Writing : public ::testing::TestWithParam<Form> {};
class FlaggedWriting : public ::testing::TestWithParam<Form> {};

TEST_P(Writing, PutsTheDataOnTheMedium) {
  Bench bench;
  const Reply reply = run(bench, GetParam(), 4, 2);
  EXPECT_EQ(reply.data_out_length, 1024U);
  EXPECT_THAT(bench.steps, ElementsAre("solicit 2048+1024"));
  EXPECT_TRUE(std::ranges::equal(bench.range(2048, 1024), bench.blocks_of(0x5a, 2)));
  EXPECT_EQ(bench.range(2048 + 1024, 1)[0], std::byte{0});
}

TEST_P(Writing, TakesAsManyWholeBlocksAsTheInitiatorSends) {
  Bench bench;
  const Reply reply = bench.run_bytes(bench.first, GetParam().cdb(0, 4), std::vector<std::byte>(700), 0);
  EXPECT_TRUE(reply.is_good());
  EXPECT_THAT(bench.steps, ElementsAre("solicit 0+512"));
  EXPECT_EQ(reply.data_out_length, 2048U);
}

TEST_P(FlaggedWriting, FlushesWhenTheUnitIsForced) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 0, 1, 0x08).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("solicit 0+512", "flush 0+512"));
}

TEST_P(Writing, FlushesWithoutWriteCache) {
  LogicalUnitOptions options = Bench::default_options();
  options.write_cache_enabled = false;
  Bench bench(options);
  EXPECT_TRUE(run(bench, GetParam(), 0, 1).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("solicit 0+512", "flush 0+512"));
}

TEST_P(Writing, ProtectedMediumIsNotWritten) {
  Bench bench;
  bench.unit.set_write_protected(true);
  bench.first.clear(UnitAttention::mode_parameters_changed);
  const Reply reply = run(bench, GetParam(), 0, 1);
  EXPECT_EQ(reply.key(), SenseKey::data_protect);
  EXPECT_EQ(reply.code(), SenseCode::write_protected);
  EXPECT_THAT(bench.steps, IsEmpty());
}

TEST_P(Writing, FailuresHaveTheirSense) {
  const std::vector<std::tuple<Outcome::Failure, SenseKey, SenseCode>> cases = {
      {Outcome::Failure::write_failed, SenseKey::medium_error, SenseCode::write_error},
      {Outcome::Failure::out_of_space, SenseKey::data_protect, SenseCode::space_allocation_failed_write_protect},
      {Outcome::Failure::unexpected_unsolicited_data, SenseKey::aborted_command,
       SenseCode::write_error_unexpected_unsolicited_data},
      {Outcome::Failure::incorrect_amount_of_data, SenseKey::aborted_command,
       SenseCode::write_error_not_enough_unsolicited_data},
      {Outcome::Failure::protocol_service_crc_error, SenseKey::aborted_command, SenseCode::protocol_service_crc_error},
  };
  for (const auto& [failure, key, code] : cases) {
    Bench bench;
    bench.fail_next = failure;
    const Reply reply = run(bench, GetParam(), 0, 1);
    EXPECT_EQ(reply.key(), key);
    EXPECT_EQ(reply.code(), code);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Writing, ::testing::ValuesIn(kWrites), name_of);
INSTANTIATE_TEST_SUITE_P(All, FlaggedWriting, ::testing::ValuesIn(std::span(kWrites).subspan(1)), name_of);

TEST(ReadSix, ZeroBlocksMean256) {
  Bench bench;
  EXPECT_EQ(bench.run({0x08, 0, 0, 0, 0, 0}).data_in_length, 256U * 512);
}

TEST(ReadTen, ForcedUnitAccessFlushesFirst) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x28, 0x08, 0, 0, 0, 0, 0, 0, 1, 0}).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("flush 0+512", "send 0+512"));
}

TEST(ReadTen, TransferAboveTheLimitIsRefused) {
  LogicalUnitOptions options = Bench::default_options();
  options.max_transfer_bytes = 8 * 512;
  Bench bench(options);
  EXPECT_TRUE(bench.run({0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0}).is_good());
  const Reply reply = bench.run({0x28, 0, 0, 0, 0, 0, 0, 0, 9, 0});
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(reply.field(), "cdb 7");
}

class Verifying : public ::testing::TestWithParam<Form> {};

TEST_P(Verifying, WithoutComparisonTheMediumIsRead) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 1, 2).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("read 512+1024"));
}

TEST_P(Verifying, ComparesBlockByBlock) {
  Bench bench;
  std::ranges::fill(bench.range(512, 1024), std::byte{9});
  auto data = bench.blocks_of(9, 2);
  EXPECT_TRUE(bench.run_bytes(bench.first, GetParam().cdb(1, 2, 0x02), data, 0).is_good());
  data.back() = std::byte{8};
  const Reply reply = bench.run_bytes(bench.first, GetParam().cdb(1, 2, 0x02), data, 0);
  EXPECT_EQ(reply.key(), SenseKey::miscompare);
  EXPECT_EQ(reply.code(), SenseCode::miscompare_during_verify_operation);
}

TEST_P(Verifying, ComparesOneBlockWithEvery) {
  Bench bench;
  std::ranges::fill(bench.range(0, 1024), std::byte{9});
  EXPECT_TRUE(bench.run_bytes(bench.first, GetParam().cdb(0, 2, 0x06), bench.blocks_of(9), 0).is_good());
  EXPECT_EQ(bench.run_bytes(bench.first, GetParam().cdb(0, 3, 0x06), bench.blocks_of(9), 0).key(),
            SenseKey::miscompare);
}

TEST_P(Verifying, ReservedByteCheckIsRefused) {
  Bench bench;
  const Reply reply = run(bench, GetParam(), 0, 1, 0x04);
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(reply.field(), "cdb 1.2");
}

TEST_P(Verifying, LongRangesAreReadInPieces) {
  LogicalUnitOptions options = Bench::default_options();
  options.capacity_blocks = 1200;
  Bench bench(options);
  EXPECT_TRUE(run(bench, GetParam(), 0, 1200).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("read 0+262144", "read 262144+262144", "read 524288+90112"));
}

INSTANTIATE_TEST_SUITE_P(All, Verifying, ::testing::ValuesIn(kVerifies), name_of);

class WriteAndVerify : public ::testing::TestWithParam<Form> {};

TEST_P(WriteAndVerify, WritesFlushesAndReads) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 0, 1).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("solicit 0+512", "flush 0+512", "read 0+512"));
}

TEST_P(WriteAndVerify, ComparesWhatItWrote) {
  Bench bench;
  EXPECT_TRUE(run(bench, GetParam(), 0, 1, 0x02).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 512", "write 0+512", "flush 0+512", "read 0+512"));
  EXPECT_TRUE(std::ranges::equal(bench.range(0, 512), bench.blocks_of(0x5a)));
}

TEST_P(WriteAndVerify, TakesAsManyWholeBlocksAsTheInitiatorSends) {
  Bench bench;
  const auto reply = bench.run_bytes(bench.first, GetParam().cdb(0, 2, 0x02), std::vector<std::byte>(700), 0);
  EXPECT_TRUE(reply.is_good());
  EXPECT_EQ(reply.data_out_length, 1024U);
  EXPECT_EQ(bench.steps[0], "parameters 512");
  EXPECT_TRUE(bench.run_bytes(bench.first, GetParam().cdb(0, 2, 0x02), {}, 0).is_good());
  EXPECT_THAT(bench.steps, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, WriteAndVerify, ::testing::ValuesIn(kWriteVerifies), name_of);

TEST(SynchronizeCache, FlushesTheRange) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x35, 0, 0, 0, 0, 2, 0, 0, 3, 0}).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("flush 1024+1536"));
  EXPECT_TRUE(bench.run({0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("flush 0+131072"));
}

TEST(SynchronizeCache, RangeBehindTheEndIsRefused) {
  Bench bench;
  EXPECT_EQ(bench.run({0x35, 0, 0, 0, 1, 0, 0, 0, 1, 0}).code(), SenseCode::logical_block_address_out_of_range);
}

TEST(SynchronizeCache, DurableMediumHasNothingToFlush) {
  LogicalUnitOptions options = Bench::default_options();
  options.volatile_cache = false;
  Bench bench(options);
  EXPECT_TRUE(bench.run({0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_THAT(bench.steps, IsEmpty());
}

TEST(PreFetch, ChecksItsRange) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x34, 0, 0, 0, 0, 0, 0, 0, 1, 0}).is_good());
  EXPECT_TRUE(bench.run({0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.run({0x34, 0, 0, 0, 0, 255, 0, 0, 2, 0}).code(), SenseCode::logical_block_address_out_of_range);
  EXPECT_TRUE(bench.run({0x90, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}).is_good());
}

TEST(OrWrite, JoinsTheBits) {
  Bench bench;
  std::ranges::fill(bench.range(512, 512), std::byte{0xa0});
  EXPECT_TRUE(run(bench, kOrWrite, 1, 1).is_good());
  EXPECT_TRUE(std::ranges::equal(bench.range(512, 512), bench.blocks_of(0xfa)));
}

}  // namespace
}  // namespace lunway::scsi
