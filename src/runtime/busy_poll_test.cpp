// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/busy_poll.h"

#include <gtest/gtest.h>

namespace lunway::runtime {
namespace {

/// How many of so many sleeps it tried to avoid by looking, in vain.
unsigned tries_in_vain(BusyPoll& poll, unsigned sleeps) {
  unsigned tries = 0;
  for (unsigned i = 0; i < sleeps; ++i) {
    bool looked = false;
    EXPECT_FALSE(poll([&looked] {
      looked = true;
      return false;
    }));
    tries += looked ? 1 : 0;
  }
  return tries;
}

TEST(BusyPoll, LooksUntilThereIsSomethingToDo) {
  BusyPoll poll(std::chrono::hours(1));
  int looks = 0;
  EXPECT_TRUE(poll([&looks] { return ++looks == 100; }));
  EXPECT_EQ(looks, 100);
  EXPECT_TRUE(poll([] { return true; })) << "it paid: the next time it looks again";
}

TEST(BusyPoll, GivesUpWhenItsTimeIsOver) {
  BusyPoll poll(std::chrono::milliseconds(5));
  const Instant begin = read_clock();
  EXPECT_EQ(tries_in_vain(poll, 1), 1U);
  EXPECT_GE(read_clock() - begin, std::chrono::milliseconds(5));
}

TEST(BusyPoll, SleepsManyTimesAfterATryInVain) {
  BusyPoll poll(std::chrono::microseconds(1));
  EXPECT_EQ(tries_in_vain(poll, 640), 10U);
}

TEST(BusyPoll, WithoutTimeItNeverLooks) {
  BusyPoll poll(Duration::zero());
  EXPECT_EQ(tries_in_vain(poll, 640), 0U);
}

}  // namespace
}  // namespace lunway::runtime
