// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_spread.h"

#include <gtest/gtest.h>

namespace lunway::session {
namespace {

constexpr wire::Cid kA{0}, kB{1};
constexpr std::uint64_t kMiB = 1 << 20;

struct Spread : ::testing::Test {
  Spread() {
    spread.join(kA);
    spread.join(kB);
  }
  InitiatorSpread spread;
};

TEST_F(Spread, OneConnectionIsNoChoice) {
  spread.leave(kB);
  spread.begin(kA, 100 * kMiB);
  EXPECT_TRUE(spread.may_take(kA));
}

TEST_F(Spread, AnIdleConnectionTakesWhatComes) {
  EXPECT_TRUE(spread.may_take(kA));
  EXPECT_TRUE(spread.may_take(kB));
}

TEST_F(Spread, ALoadedConnectionLeavesTheNextToTheOther) {
  spread.begin(kA, kMiB);
  EXPECT_FALSE(spread.may_take(kA));
  EXPECT_TRUE(spread.may_take(kB));
  spread.begin(kB, 2 * kMiB);
  EXPECT_TRUE(spread.may_take(kA));
  EXPECT_FALSE(spread.may_take(kB));
  spread.end(kB, 2 * kMiB);
  EXPECT_FALSE(spread.may_take(kA));
}

TEST_F(Spread, CommandsWithoutDataAreSpreadToo) {
  int taken = 0;
  while (spread.may_take(kA) && taken < 100) {
    spread.begin(kA, 0);
    ++taken;
  }
  EXPECT_GE(taken, 2) << "several in one system call";
  EXPECT_LT(taken, 100);
}

TEST_F(Spread, NobodyWaitsForWhoHasLeft) {
  spread.begin(kA, kMiB);
  spread.leave(kB);
  EXPECT_TRUE(spread.may_take(kA));
}

TEST_F(Spread, OldEndsDoNotMakeAConnectionLookIdle) {
  spread.begin(kA, 4 * kMiB);
  spread.leave(kA);
  spread.join(kA);
  spread.begin(kA, 1000);
  spread.end(kA, 4 * kMiB);
  spread.begin(kA, kMiB);
  EXPECT_FALSE(spread.may_take(kA));
}

}  // namespace
}  // namespace lunway::session
