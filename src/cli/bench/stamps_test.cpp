// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/stamps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::cli {
namespace {

using testing::HasSubstr;

constexpr Stamps::Shape kShape{.seed = 7, .first_lba = 100, .slots = 4, .blocks_in_slot = 2, .block_bytes = 512};

class StampsTest : public testing::Test {
 protected:
  std::vector<std::byte> begin(std::uint64_t slot) {
    std::vector<std::byte> data(1024);
    stamps_.begin_write(slot, data);
    return data;
  }
  std::vector<std::byte> write(std::uint64_t slot) {
    auto data = begin(slot);
    stamps_.wrote(slot);
    return data;
  }

  Stamps stamps_{kShape};
};

TEST_F(StampsTest, NothingIsKnownOfASlotThatWasNeverWritten) {
  EXPECT_FALSE(stamps_.is_known(1));
  EXPECT_FALSE(stamps_.judge(1, std::vector<std::byte>(1024)).has_value());
}

TEST_F(StampsTest, AnAnsweredWriteIsAllThatTheSlotMayHold) {
  const auto older = write(1);
  const auto newer = write(1);
  EXPECT_FALSE(stamps_.judge(1, newer).has_value());
  ASSERT_TRUE(stamps_.judge(1, older).has_value());
  EXPECT_THAT(*stamps_.judge(1, older), HasSubstr("block 102 should hold write 2"));
}

TEST_F(StampsTest, EveryByteCounts) {
  const auto data = write(3);
  for (std::size_t at = 0; at < data.size(); ++at) {
    auto changed = data;
    changed[at] ^= std::byte{0x10};
    EXPECT_TRUE(stamps_.judge(3, changed).has_value()) << at;
  }
}

TEST_F(StampsTest, DataOfAnotherSlotIsWrong) {
  const auto other = write(0);
  write(2);
  EXPECT_TRUE(stamps_.judge(2, other).has_value());
}

TEST_F(StampsTest, AnotherSeedMakesOtherData) {
  Stamps::Shape shape = kShape;
  shape.seed = 8;
  Stamps others(shape);
  std::vector<std::byte> data(1024);
  others.begin_write(1, data);
  write(1);
  EXPECT_TRUE(stamps_.judge(1, data).has_value());
}

TEST_F(StampsTest, AWriteWithoutAnAnswerMayHaveHappenedBlockByBlock) {
  const auto old = write(1);
  const auto lost = begin(1);
  auto torn = old;
  copy_bytes(MutableBytes(torn).subspan(512), Bytes(lost).subspan(512));
  EXPECT_FALSE(stamps_.judge(1, old).has_value());
  EXPECT_FALSE(stamps_.judge(1, lost).has_value());
  EXPECT_FALSE(stamps_.judge(1, torn).has_value());
  auto within_a_block = old;
  copy_bytes(MutableBytes(within_a_block).subspan(256, 256), Bytes(lost).subspan(256, 256));
  EXPECT_TRUE(stamps_.judge(1, within_a_block).has_value());
}

TEST_F(StampsTest, AnAnsweredWriteEndsTheDoubt) {
  const auto old = write(1);
  const auto lost = begin(1);
  write(1);
  EXPECT_TRUE(stamps_.judge(1, lost).has_value());
  EXPECT_TRUE(stamps_.judge(1, old).has_value());
}

TEST_F(StampsTest, AWriteThatWasNeverAnsweredMakesNothingKnown) {
  begin(1);
  EXPECT_FALSE(stamps_.is_known(1));
}

}  // namespace
}  // namespace lunway::cli
