// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/block_history.h"

#include <gtest/gtest.h>

namespace lunway::simulator {
namespace {

constexpr BlockHistory::Place kBlock{0, 7};

class BlockHistoryTest : public ::testing::Test {
 protected:
  void write(BlockHistory::Value value, bool durable = false) {
    history.write_begins(kBlock, value);
    history.write_acknowledged(kBlock, value, durable);
  }
  void read(BlockHistory::Value value) { history.read(kBlock, value, history.tick()); }
  bool is_fine() const { return !history.complaint(); }

  BlockHistory history;
};

TEST_F(BlockHistoryTest, AReadReturnsTheLastWrite) {
  read(BlockHistory::kBlank);
  write(1);
  read(1);
  write(2);
  read(2);
  EXPECT_TRUE(is_fine());
}

TEST_F(BlockHistoryTest, AReadOfAnOverwrittenValueIsWrong) {
  write(1);
  write(2);
  read(1);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, AValueThatNobodyWroteIsWrong) {
  read(5);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, AConcurrentWriteMayBeSeenOrNot) {
  write(1);
  history.write_begins(kBlock, 2);
  read(1);
  read(2);
  EXPECT_TRUE(is_fine());
  read(1);
  EXPECT_FALSE(is_fine()) << "seen in turns";
}

TEST_F(BlockHistoryTest, AWriteThatIsOverTakesEffectNoMore) {
  write(1);
  history.write_begins(kBlock, 2);
  history.write_over(kBlock, 2);
  read(1);
  EXPECT_TRUE(is_fine());
  write(3);
  read(3);
  read(2);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, OnlyOneComparisonFindsAValue) {
  write(1);
  for (const BlockHistory::Value value : {2U, 3U}) history.write_begins(kBlock, value, 1);
  history.write_acknowledged(kBlock, 2, false);
  EXPECT_TRUE(is_fine());
  history.write_acknowledged(kBlock, 3, false);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, AComparisonWithWhatIsThereDoesNotFail) {
  write(1);
  read(1);
  history.comparison_failed(kBlock, 1, history.tick());
  EXPECT_TRUE(is_fine()) << "1 may have been overwritten by then";
  read(1);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, ALossOfPowerTakesWhatWasNotDurable) {
  write(1);
  write(2);
  history.restarted(true);
  read(1);
  EXPECT_TRUE(is_fine());
  read(2);
  EXPECT_FALSE(is_fine()) << "only one of them can have survived";
}

TEST_F(BlockHistoryTest, ALossOfPowerLeavesWhatWasFlushed) {
  write(1);
  write(2);
  history.flushed(kBlock.unit, history.tick());
  history.restarted(true);
  read(1);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, ALossOfPowerLeavesADurableWrite) {
  write(1);
  write(2, true);
  history.restarted(true);
  history.restarted(true);
  read(BlockHistory::kBlank);
  EXPECT_FALSE(is_fine());
}

TEST_F(BlockHistoryTest, AFlushThatBeganBeforeTheWriteEndedPromisesNothing) {
  write(1);
  const BlockHistory::Tick begin = history.tick();
  write(2);
  history.flushed(kBlock.unit, begin);
  history.restarted(true);
  read(1);
  EXPECT_TRUE(is_fine());
}

TEST_F(BlockHistoryTest, ARestartWithPowerTakesNothing) {
  write(1);
  write(2);
  history.restarted(false);
  read(1);
  EXPECT_FALSE(is_fine());
}

}  // namespace
}  // namespace lunway::simulator
