// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/command_window.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace lunway::session {
namespace {

using Place = CommandWindow::Place;
using wire::CmdSN;

TEST(Rfc7143_4_2_2_1_TargetCommandWindow, TakesWhatLiesBetweenExpectedAndMax) {
  const CommandWindow window(CmdSN(100), 4);
  EXPECT_EQ(window.max(), CmdSN(103));
  EXPECT_EQ(window.place_of(CmdSN(99)), Place::ignored);
  EXPECT_EQ(window.place_of(CmdSN(100)), Place::next);
  EXPECT_EQ(window.place_of(CmdSN(103)), Place::early);
  EXPECT_EQ(window.place_of(CmdSN(104)), Place::ignored);
}

TEST(Rfc7143_4_2_2_1_TargetCommandWindow, IsClosedWhenAllCommandsRun) {
  CommandWindow window(CmdSN(0xffffffff), 1);
  window.deliver(CmdSN(0xffffffff));
  EXPECT_EQ(window.expected(), CmdSN(0));
  EXPECT_EQ(window.max(), CmdSN(0xffffffff)) << "MaxCmdSN = ExpCmdSN - 1";
  EXPECT_EQ(window.place_of(CmdSN(0)), Place::ignored);
  window.finish();
  EXPECT_EQ(window.place_of(CmdSN(0)), Place::next);
}

TEST(Rfc7143_4_2_2_1_TargetCommandWindow, ADuplicateOfAnEarlyNumberIsIgnored) {
  CommandWindow window(CmdSN(0), 4);
  window.keep(CmdSN(2), 7);
  EXPECT_EQ(window.place_of(CmdSN(2)), Place::ignored);
  EXPECT_TRUE(window.has_come(CmdSN(2)));
}

TEST(Rfc7143_11_6_1_TargetCommandWindow, APluggedNumberIsDeliveredAsNothing) {
  CommandWindow window(CmdSN(0), 4);
  window.keep(CmdSN(1), 7);
  window.plug(CmdSN(0));
  EXPECT_EQ(window.turn(), 7U);
  EXPECT_EQ(window.expected(), CmdSN(2));
  EXPECT_EQ(window.max(), CmdSN(4)) << "one place is free again, the other runs";
  EXPECT_FALSE(window.turn());
}

TEST(Rfc7143_7_3_TargetCommandWindow, ANumberThatIsTakenBackCanComeAgain) {
  CommandWindow window(CmdSN(0xffffffff), 2);
  window.keep(CmdSN(0), 7);
  window.deliver(CmdSN(0xffffffff));
  window.finish();
  window.take_back(CmdSN(0xffffffff));
  EXPECT_EQ(window.expected(), CmdSN(0xffffffff));
  EXPECT_EQ(window.max(), CmdSN(0));
  EXPECT_FALSE(window.turn()) << "what waits behind the gap waits on";
  EXPECT_EQ(window.place_of(CmdSN(0xffffffff)), Place::next);
  EXPECT_TRUE(window.is_consistent());
}

TEST(Rfc7143_4_2_2_1_TargetCommandWindow, DeliversEveryOrderOfArrivalInOrder) {
  rc::check([](std::uint32_t first) {
    constexpr std::uint32_t kDepth = 8;
    std::vector<std::uint32_t> arrivals(kDepth);
    for (std::uint32_t i = 0; i < kDepth; ++i) arrivals[i] = i;
    const auto keys = *rc::gen::container<std::vector<std::uint32_t>>(kDepth, rc::gen::arbitrary<std::uint32_t>());
    std::ranges::stable_sort(arrivals, {}, [&](std::uint32_t i) { return keys[i]; });

    CommandWindow window(CmdSN(first), kDepth);
    std::vector<std::uint32_t> delivered;
    for (const std::uint32_t step : arrivals) {
      const CmdSN number = CmdSN(first).advanced_by(step);
      if (window.place_of(number) == Place::early) {
        window.keep(number, step);
        continue;
      }
      RC_ASSERT(window.place_of(number) == Place::next);
      window.deliver(number);
      delivered.push_back(step);
      while (const auto slot = window.turn()) delivered.push_back(*slot);
      RC_ASSERT(window.is_consistent());
    }
    RC_ASSERT(delivered.size() == kDepth && std::ranges::is_sorted(delivered));
  });
}

/// What a window does with random numbers, told by a model that never wraps.
//= ledger(target) R7143-4.2.2.1-10 R7143-4.2.2.1-11 R7143-4.2.2.1-12
TEST(Rfc7143_4_2_2_1_TargetCommandWindow, AgreesWithAModelThatNeverWraps) {
  rc::check([](std::uint32_t first) {
    const auto depth = *rc::gen::inRange<std::uint32_t>(1, 10);
    CommandWindow window(CmdSN(first), depth);
    std::uint64_t expected = 0, end = depth;  // counted from `first`
    std::vector<std::uint64_t> early;
    std::uint32_t running = 0;
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-3, 13));
    for (const int step : steps) {
      if (step < 0) {
        if (running == 0) continue;
        --running, ++end;
        window.finish();
        continue;
      }
      const std::uint64_t number = expected + static_cast<std::uint64_t>(step);
      const CmdSN sn = CmdSN(first).advanced_by(static_cast<std::uint32_t>(number));
      const bool here = std::ranges::find(early, number) != early.end();
      const Place place = number >= end || here ? Place::ignored : number == expected ? Place::next : Place::early;
      RC_ASSERT(window.place_of(sn) == place);
      if (place == Place::early) {
        window.keep(sn, static_cast<std::uint32_t>(number));
        early.push_back(number);
      }
      if (place != Place::next) continue;
      window.deliver(sn);
      ++expected, ++running;
      for (auto at = std::ranges::find(early, expected); at != early.end(); at = std::ranges::find(early, expected)) {
        early.erase(at);
        RC_ASSERT(window.turn() == static_cast<std::uint32_t>(expected));
        ++expected, ++running;
      }
      RC_ASSERT(!window.turn());
      RC_ASSERT(window.is_consistent());
      RC_ASSERT(window.expected() == CmdSN(first).advanced_by(static_cast<std::uint32_t>(expected)));
      RC_ASSERT(window.max() == CmdSN(first).advanced_by(static_cast<std::uint32_t>(end)).previous());
    }
  });
}

}  // namespace
}  // namespace lunway::session
