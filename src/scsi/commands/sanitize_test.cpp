// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SANITIZE, the operation that it orders, and what other commands meet meanwhile (SBC-3, 4.11 and 5.21).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr Bench::CdbBytes kBlockErase = {0x48, 0x02, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kBlockEraseLater = {0x48, 0x82, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kBlockEraseWithExit = {0x48, 0x22, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kExitFailureMode = {0x48, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kTestUnitReady = {0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kWriteOneBlock = {0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0};

Reply overwrite(Bench& bench, std::vector<unsigned> list, unsigned flags = 0) {
  std::vector<std::byte> bytes;
  for (const unsigned byte : list) bytes.push_back(static_cast<std::byte>(byte));
  const auto length = static_cast<unsigned>(bytes.size());
  return bench.run({0x48, 0x01U | flags, 0, 0, 0, 0, 0, 0, length, 0}, bytes);
}

TEST(Sanitize, OverwriteRepeatsThePatternInEachBlock) {
  Bench bench;
  EXPECT_TRUE(overwrite(bench, {1, 0, 0, 3, 'a', 'b', 'c'}).is_good());
  EXPECT_EQ(text_of(bench.range(0, 4)), "abca");
  EXPECT_EQ(text_of(bench.range(512, 4)), "abca");
  EXPECT_EQ(text_of(bench.range(511, 1)), "b");
  EXPECT_EQ(text_of(bench.range((Bench::kBlocks - 1) * 512, 4)), "abca");
  EXPECT_THAT(bench.steps, Contains("flush 0+131072"));
}

TEST(Sanitize, InvertTurnsEverySecondPass) {
  Bench bench;
  EXPECT_TRUE(overwrite(bench, {0x82, 0, 0, 1, 0x0f}).is_good());
  EXPECT_THAT(bench.medium, Each(std::byte{0xf0}));
  EXPECT_TRUE(overwrite(bench, {0x83, 0, 0, 1, 0x0f}).is_good());
  EXPECT_THAT(bench.medium, Each(std::byte{0x0f}));
  EXPECT_TRUE(overwrite(bench, {0x02, 0, 0, 1, 0x33}).is_good());
  EXPECT_THAT(bench.medium, Each(std::byte{0x33}));
}

TEST(Sanitize, BlockEraseLeavesZeros) {
  Bench bench;
  bench.medium.assign(bench.medium.size(), std::byte{1});
  EXPECT_TRUE(bench.run(kBlockErase).is_good());
  EXPECT_THAT(bench.medium, Each(std::byte{0}));
  EXPECT_THAT(bench.steps, ElementsAre("sanitize", "discard 0+131072", "flush 0+131072"));
}

TEST(Sanitize, ABadOrderIsRefused) {
  struct Case {
    std::vector<unsigned> list;
    const char* field;
  };
  const Case cases[] = {
      {{1, 0, 0, 0}, "cdb 7"},
      {{0x21, 0, 0, 1, 0}, "parameter 0.6"},
      {{0x80, 0, 0, 1, 0}, "parameter 0.4"},
      {{1, 8, 0, 1, 0}, "parameter 1.7"},
      {{1, 0, 0, 0, 0}, "parameter 2"},
      {{1, 0, 0, 2, 0}, "parameter 2"},
  };
  for (const Case& bad : cases) {
    Bench bench;
    EXPECT_EQ(overwrite(bench, bad.list).field(), bad.field);
    EXPECT_TRUE(bench.run(kTestUnitReady).is_good()) << "nothing was ordered";
  }
  Bench bench;
  EXPECT_EQ(bench.run({0x48, 0x02, 0, 0, 0, 0, 0, 0, 8, 0}, std::vector<std::byte>(8)).field(), "cdb 7");
  EXPECT_EQ(bench.run({0x48, 0x42, 0, 0, 0, 0, 0, 0, 0, 0}).field(), "cdb 1.6");
  EXPECT_EQ(bench.run({0x48, 0x02, 1, 0, 0, 0, 0, 0, 0, 0}).field(), "cdb 2.0");
  EXPECT_EQ(bench.run({0x48, 0x03, 0, 0, 0, 0, 0, 0, 0, 0}).field(), "cdb 1.4") << "CRYPTOGRAPHIC ERASE";
  EXPECT_EQ(bench.run({0x48, 0x01, 0, 0, 0, 0, 0, 2, 5, 0}, std::vector<std::byte>(517)).field(), "cdb 7");
}

TEST(Sanitize, OthersMeetItsProgress) {
  Bench bench;
  std::vector<std::uint16_t> progress;
  bench.while_sanitizing = [&] {
    // The operation's own steps are under way: these commands run beside it.
    const auto steps = bench.steps;
    const Reply reply = bench.run_as(bench.second, kTestUnitReady);
    EXPECT_EQ(reply.key(), SenseKey::not_ready);
    EXPECT_EQ(reply.code(), SenseCode::logical_unit_not_ready_sanitize_in_progress);
    progress.push_back(load_be16(reply.sense.data() + 16));
    EXPECT_EQ(bench.run_as(bench.second, kWriteOneBlock, bench.blocks_of(1)).key(), SenseKey::not_ready);
    EXPECT_EQ(bench.run_as(bench.second, kBlockErase).key(), SenseKey::not_ready);
    EXPECT_TRUE(bench.run_as(bench.second, {0x12, 0, 0, 0, 36, 0}).is_good());
    EXPECT_TRUE(bench.run_as(bench.second, {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0}).is_good());
    const Reply asked = bench.run_as(bench.second, {0x03, 0, 0, 0, 252, 0});
    EXPECT_EQ(asked.be16(12), 0x041b);
    bench.unit.reset();
    bench.first.clear(UnitAttention::logical_unit_reset);
    bench.second.clear(UnitAttention::logical_unit_reset);
    bench.steps = steps;
  };
  EXPECT_TRUE(overwrite(bench, {4, 0, 0, 1, 0x55}).is_good());
  EXPECT_THAT(progress, ElementsAre(0, 16384, 32768, 49152, 49152));
  EXPECT_TRUE(bench.run_as(bench.second, kTestUnitReady).is_good());
  EXPECT_THAT(bench.medium, Each(std::byte{0x55})) << "the resets have not stopped it";
}

TEST(Sanitize, ImmedAnswersWhenTheOrderIsKept) {
  Bench bench;
  EXPECT_TRUE(bench.run(kBlockEraseLater).is_good());
  EXPECT_EQ(bench.sanitize_record, "sanitize-1 block-erase 0 1 0 \n");
  EXPECT_EQ(bench.run(kTestUnitReady).code(), SenseCode::logical_unit_not_ready_sanitize_in_progress);
  EXPECT_TRUE(bench.sanitize().is_good());
  EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
  EXPECT_EQ(bench.unit.sanitize_record(), "");
}

TEST(Sanitize, AFailureLastsUntilItIsLeft) {
  Bench bench;
  bench.while_sanitizing = [&] { bench.fail_next = Outcome::Failure::write_failed; };
  const Reply reply = bench.run(kBlockEraseWithExit);
  EXPECT_EQ(reply.key(), SenseKey::medium_error);
  EXPECT_EQ(reply.code(), SenseCode::sanitize_command_failed);
  EXPECT_EQ(bench.run(kWriteOneBlock, bench.blocks_of(1)).code(), SenseCode::sanitize_command_failed);
  EXPECT_NE(bench.unit.sanitize_record(), "") << "a restart tries again";
  EXPECT_TRUE(bench.run(kExitFailureMode).is_good());
  EXPECT_EQ(bench.sanitize_record, "");
  EXPECT_TRUE(bench.run(kWriteOneBlock, bench.blocks_of(1)).is_good());
  EXPECT_TRUE(bench.run(kExitFailureMode).is_good()) << "there is nothing to leave";
}

TEST(Sanitize, WithoutAuseOnlySuccessLeavesAFailure) {
  Bench bench;
  bench.while_sanitizing = [&] { bench.fail_next = Outcome::Failure::write_failed; };
  EXPECT_EQ(bench.run(kBlockErase).code(), SenseCode::sanitize_command_failed);
  EXPECT_EQ(bench.run(kExitFailureMode).field(), "cdb 1.4");
  bench.while_sanitizing = nullptr;
  EXPECT_TRUE(bench.run(kBlockErase).is_good());
  EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
}

TEST(Sanitize, AnAbortedCommandLeavesTheOperationToItself) {
  Bench bench;
  Task task;
  const std::vector<std::byte> cdb = {std::byte{0x48}, std::byte{0x02}};
  Step step = bench.unit.begin(task, bench.first, {.cdb = cdb, .waker = &bench});
  ASSERT_TRUE(std::holds_alternative<SanitizeOrdered>(step));
  EXPECT_TRUE(std::holds_alternative<Wait>(bench.unit.resume(task, Outcome::done())));
  bench.unit.abandon(task);
  bench.sanitize_is_due = true;
  EXPECT_TRUE(bench.sanitize().is_good());
  EXPECT_THAT(bench.woken, testing::IsEmpty());
}

TEST(Sanitize, ARestartTakesItUpAgain) {
  Bench before;
  EXPECT_TRUE(overwrite(before, {0x82, 0, 0, 2, 0xab, 0xcd}, 0xa0).is_good());
  EXPECT_EQ(before.sanitize_record, "sanitize-1 overwrite 1 2 1 abcd\n");
  Bench after;
  ASSERT_TRUE(after.unit.restore_sanitize(bytes_of(before.sanitize_record)));
  EXPECT_EQ(after.run(kTestUnitReady).code(), SenseCode::logical_unit_not_ready_sanitize_in_progress);
  after.sanitize_is_due = true;
  EXPECT_TRUE(after.sanitize().is_good());
  EXPECT_EQ(load_be32(after.medium.data()), 0x54325432U);
}

TEST(Sanitize, ADamagedRecordIsNotTaken) {
  for (const char* record :
       {"", "sanitize-2 block-erase 0 1 0 \n", "sanitize-1 crypto 0 1 0 \n", "sanitize-1 overwrite 0 1 0 \n",
        "sanitize-1 overwrite 0 0 0 ab\n", "sanitize-1 overwrite 0 32 0 ab\n", "sanitize-1 overwrite 0 1 0 abc\n",
        "sanitize-1 overwrite 0 1 0 xy\n", "sanitize-1 block-erase 0 1\n", "sanitize-1 block-erase 0 1 0 ab\n"}) {
    Bench bench;
    EXPECT_FALSE(bench.unit.restore_sanitize(bytes_of(std::string_view(record)))) << record;
  }
}

TEST(Sanitize, IsBarredAsAWriteIs) {
  Bench bench;
  EXPECT_TRUE(bench.run_as(bench.second, {0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.run(kBlockErase).status, Status::reservation_conflict);
  Bench read_only;
  read_only.unit.set_write_protected(true);
  read_only.first.clear(UnitAttention::mode_parameters_changed);
  EXPECT_EQ(read_only.run(kBlockErase).code(), SenseCode::write_protected);
}

}  // namespace
}  // namespace lunway::scsi
