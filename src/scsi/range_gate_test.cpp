// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "scsi/range_gate.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using Use = RangeGate::Use;

class Woken final : public Waker {
 public:
  void wake(Task& task) override { tasks.push_back(&task); }
  std::vector<Task*> tasks;
};

class RangeGateTest : public ::testing::Test {
 protected:
  bool claim(int index, std::uint64_t offset, std::uint64_t length, Use use = Use::shared) {
    const auto at = static_cast<std::size_t>(index);
    return gate.claim(holds[at], {.offset = offset,
                                  .length = length,
                                  .use = use,
                                  .shard = static_cast<unsigned>(index),
                                  .task = &tasks[at],
                                  .waker = &woken});
  }
  bool has(int index) { return gate.has(holds[static_cast<std::size_t>(index)]); }
  void release(int index) { gate.release(holds[static_cast<std::size_t>(index)]); }

  RangeGate gate;
  std::array<RangeHold, 8> holds;
  std::array<Task, 8> tasks;
  Woken woken;
};

TEST_F(RangeGateTest, SharersDoNotMindEachOther) {
  EXPECT_TRUE(claim(0, 0, 512));
  EXPECT_TRUE(claim(1, 0, 512));
  release(0);
  release(1);
  EXPECT_TRUE(woken.tasks.empty());
}

TEST_F(RangeGateTest, AloneWaitsForThoseWhoCameBefore) {
  EXPECT_TRUE(claim(0, 0, 512));
  EXPECT_TRUE(claim(1, 4096, 512));
  EXPECT_FALSE(claim(2, 0, 512, Use::alone));
  release(0);
  EXPECT_FALSE(has(2)) << "while the gate was open nobody told his range";
  release(1);
  EXPECT_TRUE(has(2));
  EXPECT_EQ(woken.tasks, std::vector{&tasks[2]});
  release(2);
}

TEST_F(RangeGateTest, OthersWaitOnlyForTheSameBlocks) {
  EXPECT_TRUE(claim(0, 1024, 512, Use::alone));
  EXPECT_FALSE(claim(1, 1535, 1));
  EXPECT_TRUE(claim(2, 1536, 512));
  EXPECT_TRUE(claim(3, 0, 1024));
  EXPECT_TRUE(claim(4, 4096, 512, Use::alone));
  release(0);
  EXPECT_TRUE(has(1));
  for (const int index : {1, 2, 3, 4}) release(index);
}

TEST_F(RangeGateTest, NobodyOvertakesWhoWaitsToBeAlone) {
  EXPECT_TRUE(claim(0, 0, 512));
  EXPECT_FALSE(claim(1, 0, 512, Use::alone));
  EXPECT_FALSE(claim(2, 0, 512));
  EXPECT_FALSE(claim(3, 0, 512, Use::alone));
  release(0);
  EXPECT_TRUE(has(1));
  EXPECT_FALSE(has(2));
  release(1);
  EXPECT_TRUE(has(2));
  EXPECT_FALSE(has(3));
  release(2);
  EXPECT_TRUE(has(3));
  release(3);
  EXPECT_EQ(woken.tasks, (std::vector{&tasks[1], &tasks[2], &tasks[3]}));
}

TEST_F(RangeGateTest, WhoGivesUpIsNotWoken) {
  EXPECT_TRUE(claim(0, 0, 512, Use::alone));
  EXPECT_FALSE(claim(1, 0, 512));
  EXPECT_FALSE(claim(2, 0, 512));
  release(1);
  release(0);
  EXPECT_EQ(woken.tasks, std::vector{&tasks[2]});
  release(2);
}

TEST_F(RangeGateTest, GateOpensAgain) {
  EXPECT_TRUE(claim(0, 0, 512, Use::alone));
  release(0);
  EXPECT_TRUE(claim(1, 0, 512));
  EXPECT_FALSE(claim(2, 1 << 20, 512, Use::alone)) << "so 1 was counted, not queued";
  release(1);
  EXPECT_TRUE(has(2));
  release(2);
}

TEST_F(RangeGateTest, EmptyRangeIsInNobodysWay) {
  EXPECT_TRUE(claim(0, 0, 512, Use::alone));
  EXPECT_TRUE(claim(1, 0, 0));
  EXPECT_TRUE(claim(2, 0, 0, Use::alone));
  EXPECT_TRUE(holds[1].is_idle());
  release(0);
}

TEST_F(RangeGateTest, RangeToTheEndOfAllNumbersDoesNotWrap) {
  EXPECT_TRUE(claim(0, 0, UINT64_MAX, Use::alone));
  EXPECT_FALSE(claim(1, UINT64_MAX - 2, 1));
  release(0);
  release(1);
}

/// A thread waits by looking.
class Looking final : public Waker {
 public:
  void wake(Task&) override {}
};

// Two plain counters that only claims guard: one is changed alone, the other shows that sharers meet nobody alone.
TEST(RangeGateThreads, AloneIsAlone) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 3000;
  RangeGate gate;
  Looking looking;
  std::uint64_t guarded = 0;
  std::atomic<int> alone = 0;
  std::atomic<int> sharers = 0;
  std::atomic<int> violations = 0;
  const auto work = [&](unsigned shard) {
    Task task;
    RangeHold hold;
    for (int round = 0; round < kRounds; ++round) {
      const bool exclusive = round % 7 == static_cast<int>(shard);
      const bool at_once = gate.claim(hold, {.offset = 0,
                                             .length = 512,
                                             .use = exclusive ? Use::alone : Use::shared,
                                             .shard = shard,
                                             .task = &task,
                                             .waker = &looking});
      while (!at_once && !gate.has(hold)) std::this_thread::yield();
      if (exclusive) {
        if (alone.fetch_add(1) != 0 || sharers.load() != 0) ++violations;
        ++guarded;
        alone.fetch_sub(1);
      } else {
        sharers.fetch_add(1);
        if (alone.load() != 0) ++violations;
        sharers.fetch_sub(1);
      }
      gate.release(hold);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned shard = 0; shard < kThreads; ++shard) threads.emplace_back(work, shard);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(violations, 0);
  EXPECT_GT(guarded, 1000U);
}

constexpr std::array kReadOneBlock = {std::byte{0x28}, std::byte{}, std::byte{}, std::byte{},  std::byte{},
                                      std::byte{},     std::byte{}, std::byte{}, std::byte{1}, std::byte{}};

std::array<std::byte, 16> compare_and_write_one_block() {
  std::array<std::byte, 16> cdb{};
  cdb[0] = std::byte{0x89};
  cdb[13] = std::byte{1};
  return cdb;
}

TEST(CompareAndWriteAlone, WaitsForAReadAndMakesTheNextOneWait) {
  Bench bench;
  Task read;
  Task compare;
  Task late;
  const Command reads{.cdb = kReadOneBlock, .expected_data_in = 512, .waker = &bench};
  Step step = bench.unit.begin(read, bench.first, reads);
  ASSERT_TRUE(std::holds_alternative<ReadBlocks>(step));

  const auto cdb = compare_and_write_one_block();
  step = bench.unit.begin(compare, bench.second, {.cdb = cdb, .expected_data_out = 1024, .waker = &bench});
  ASSERT_TRUE(std::holds_alternative<ReceiveParameters>(step)) << "data may come meanwhile";
  step = bench.unit.resume(compare, Outcome::with_parameters(1024));
  ASSERT_TRUE(std::holds_alternative<Wait>(step));
  EXPECT_TRUE(std::holds_alternative<Wait>(bench.unit.resume(compare, Outcome::done()))) << "a call too early";

  ASSERT_TRUE(std::holds_alternative<Wait>(bench.unit.begin(late, bench.first, reads)));
  ASSERT_TRUE(std::holds_alternative<Finish>(bench.unit.resume(read, Outcome::done())));
  EXPECT_EQ(bench.woken, std::vector{&compare});

  step = bench.unit.resume(compare, Outcome::done());
  ASSERT_EQ(std::get<Access>(step).verb, Access::Verb::read);
  step = bench.unit.resume(compare, Outcome::done());
  ASSERT_EQ(std::get<Access>(step).verb, Access::Verb::write);
  ASSERT_TRUE(std::holds_alternative<Finish>(bench.unit.resume(compare, Outcome::done())));
  EXPECT_EQ(bench.woken, (std::vector{&compare, &late}));
  ASSERT_TRUE(std::holds_alternative<ReadBlocks>(bench.unit.resume(late, Outcome::done())));
  bench.unit.abandon(late);
}

TEST(CompareAndWriteAlone, AbandonedTaskLetsTheOthersGoOn) {
  Bench bench;
  Task compare;
  Task read;
  const auto cdb = compare_and_write_one_block();
  bench.unit.begin(compare, bench.first, {.cdb = cdb, .expected_data_out = 1024, .waker = &bench});
  bench.unit.resume(compare, Outcome::with_parameters(1024));
  const Command reads{.cdb = kReadOneBlock, .expected_data_in = 512, .waker = &bench};
  ASSERT_TRUE(std::holds_alternative<Wait>(bench.unit.begin(read, bench.second, reads)));
  bench.unit.abandon(compare);
  EXPECT_EQ(bench.woken, std::vector{&read});
  bench.unit.abandon(read);
}

TEST(OrderedTask, WaitsForEarlierOnesAndHoldsBackLaterOnes) {
  Bench bench;
  Task before;
  Task ordered;
  Task after;
  const Command simple{.cdb = kReadOneBlock, .expected_data_in = 512, .waker = &bench};
  Command in_order = simple;
  in_order.attribute = TaskAttribute::ordered;
  bench.unit.begin(before, bench.first, simple);
  EXPECT_TRUE(std::holds_alternative<Wait>(bench.unit.begin(ordered, bench.first, in_order)));
  EXPECT_TRUE(std::holds_alternative<Wait>(bench.unit.begin(after, bench.first, simple)));
  bench.unit.resume(before, Outcome::done());
  EXPECT_TRUE(std::holds_alternative<ReadBlocks>(bench.unit.resume(ordered, Outcome::done())));
  EXPECT_TRUE(std::holds_alternative<Finish>(bench.unit.resume(ordered, Outcome::done())));
  EXPECT_TRUE(std::holds_alternative<ReadBlocks>(bench.unit.resume(after, Outcome::done())));
  bench.unit.abandon(after);
}

}  // namespace
}  // namespace lunway::scsi
