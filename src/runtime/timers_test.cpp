// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/timers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace lunway::runtime {
namespace {

using namespace std::chrono_literals;

Instant at(int time) { return Instant(std::chrono::milliseconds(time)); }

struct Alarm {
  explicit Alarm(Timers& timers) : timer(Timer::calling<&Alarm::rang>(timers, this)) {}
  void rang(Instant now) {
    rings.push_back(now);
    if (then) then();
  }
  std::vector<Instant> rings;
  std::function<void()> then;
  Timer timer;
};

TEST(Timers, NothingArmedNeverFires) {
  Timers timers;
  Alarm alarm(timers);
  EXPECT_EQ(timers.next_deadline(), kNever);
  EXPECT_EQ(timers.expire(at(1000)), 0U);
  alarm.timer.arm(kNever);
  EXPECT_FALSE(alarm.timer.is_armed());
}

TEST(Timers, FiresOnceWhenTheDeadlineHasCome) {
  Timers timers;
  Alarm alarm(timers);
  alarm.timer.arm(at(10));
  EXPECT_EQ(timers.next_deadline(), at(10));
  EXPECT_EQ(timers.expire(at(9)), 0U);
  EXPECT_EQ(timers.expire(at(10)), 1U);
  EXPECT_EQ(timers.expire(at(20)), 0U);
  EXPECT_EQ(alarm.rings, std::vector{at(10)});
}

TEST(Timers, ArmingAgainReplacesTheDeadline) {
  Timers timers;
  Alarm alarm(timers);
  alarm.timer.arm(at(10));
  alarm.timer.arm(at(30));
  EXPECT_EQ(timers.armed_count(), 1U);
  EXPECT_EQ(timers.expire(at(20)), 0U);
  EXPECT_EQ(timers.expire(at(30)), 1U);
}

TEST(Timers, DestroyedInTheSameTurnDoesNotFire) {
  Timers timers;
  Alarm first(timers);
  auto second = std::make_unique<Alarm>(timers);
  auto third = std::make_unique<Alarm>(timers);
  first.timer.arm(at(1));
  second->timer.arm(at(2));
  third->timer.arm(at(3));
  first.then = [&] {
    second.reset();
    third->timer.disarm();
  };
  EXPECT_EQ(timers.expire(at(5)), 1U);
  EXPECT_TRUE(third->rings.empty());
}

TEST(Timers, HandlerMayDestroyItsOwnTimer) {
  Timers timers;
  auto alarm = std::make_unique<Alarm>(timers);
  alarm->then = [&] { auto gone = std::move(alarm); };
  alarm->timer.arm(at(1));
  EXPECT_EQ(timers.expire(at(1)), 1U);
  EXPECT_EQ(alarm, nullptr);
}

TEST(Timers, ArmedInAHandlerWaitsForTheNextTurn) {
  Timers timers;
  Alarm alarm(timers);
  Alarm other(timers);
  alarm.then = [&] { alarm.timer.arm(at(0)); };
  alarm.timer.arm(at(1));
  other.timer.arm(at(2));
  EXPECT_EQ(timers.expire(at(5)), 2U);
  EXPECT_EQ(timers.next_deadline(), at(0));
  EXPECT_EQ(timers.expire(at(5)), 1U);
}

TEST(Timers, DueTimerThatIsArmedAnewByAnEarlierOneDoesNotFireNow) {
  Timers timers;
  Alarm first(timers);
  Alarm second(timers);
  first.then = [&] { second.timer.arm(at(100)); };
  first.timer.arm(at(1));
  second.timer.arm(at(2));
  EXPECT_EQ(timers.expire(at(5)), 1U);
  EXPECT_EQ(timers.next_deadline(), at(100));
}

/// Against a multimap: arm, disarm, destroy and expire in any order fire the same timers in the same order.
RC_GTEST_PROP(TimersModel, FiresAsASortedMapWould, ()) {
  constexpr std::size_t kAlarms = 20;
  Timers timers;
  std::vector<std::size_t> fired;
  std::vector<std::unique_ptr<Alarm>> alarms(kAlarms);
  std::multimap<Instant, std::size_t> model;
  const auto forget = [&](std::size_t which) {
    std::erase_if(model, [&](const auto& entry) { return entry.second == which; });
  };

  const auto steps = *rc::gen::container<std::vector<std::tuple<int, std::size_t, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 8), rc::gen::inRange<std::size_t>(0, kAlarms), rc::gen::inRange(0, 60)));
  for (const auto& [action, which, time] : steps) {
    if (!alarms[which]) {
      alarms[which] = std::make_unique<Alarm>(timers);
      alarms[which]->then = [&fired, which] { fired.push_back(which); };
    }
    if (action < 5) {
      alarms[which]->timer.arm(at(time));
      forget(which);
      model.emplace(at(time), which);
    } else if (action == 5) {
      alarms[which]->timer.disarm();
      forget(which);
    } else if (action == 6) {
      alarms[which].reset();
      forget(which);
    } else {
      std::vector<std::size_t> expected;
      while (!model.empty() && model.begin()->first <= at(time)) {
        expected.push_back(model.begin()->second);
        model.erase(model.begin());
      }
      fired.clear();
      RC_ASSERT(timers.expire(at(time)) == expected.size());
      RC_ASSERT(fired == expected);
    }
    RC_ASSERT(timers.armed_count() == model.size());
    RC_ASSERT(timers.next_deadline() == (model.empty() ? kNever : model.begin()->first));
  }
}

}  // namespace
}  // namespace lunway::runtime
