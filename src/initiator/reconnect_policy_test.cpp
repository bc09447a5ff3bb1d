// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/reconnect_policy.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

TEST(ReconnectPolicy, NoTimeIsNoAttempt) {
  ReconnectPolicy policy(Duration::zero(), 0);
  EXPECT_FALSE(policy.is_wanted());
  EXPECT_FALSE(policy.next(kStart, Duration::zero()));
}

TEST(ReconnectPolicy, TheFirstAttemptWaitsForTheTargetOnly) {
  ReconnectPolicy policy(seconds(60), 0);
  EXPECT_EQ(policy.next(kStart, Duration::zero()), kStart);
  ReconnectPolicy patient(seconds(60), 0);
  EXPECT_EQ(patient.next(kStart, seconds(2)), kStart + seconds(2));
}

TEST(ReconnectPolicy, PausesGrowAndEnd) {
  ReconnectPolicy policy(seconds(60), 0);
  Instant now = *policy.next(kStart, Duration::zero());
  Duration last{};
  unsigned attempts = 1;
  while (const auto at = policy.next(now, Duration::zero())) {
    EXPECT_GE(*at - now, last);
    EXPECT_LE(*at - now, seconds(5));
    last = *at - now;
    now = *at;
    ++attempts;
  }
  EXPECT_LE(now, kStart + seconds(60));
  EXPECT_EQ(policy.tries(), attempts);
  EXPECT_GT(attempts, 10U);
}

TEST(ReconnectPolicy, TriesAreCounted) {
  ReconnectPolicy policy(seconds(60), 2);
  EXPECT_TRUE(policy.next(kStart, Duration::zero()));
  EXPECT_TRUE(policy.next(kStart, Duration::zero()));
  EXPECT_FALSE(policy.next(kStart, Duration::zero()));
}

TEST(ReconnectPolicy, ATargetThatWantsToBeLeftAloneForLongerIsGivenUp) {
  ReconnectPolicy policy(seconds(1), 0);
  EXPECT_FALSE(policy.next(kStart, seconds(2)));
}

TEST(ReconnectPolicy, SuccessBeginsAnew) {
  ReconnectPolicy policy(seconds(60), 1);
  EXPECT_TRUE(policy.next(kStart, Duration::zero()));
  policy.succeeded();
  EXPECT_EQ(policy.next(kStart + seconds(3600), Duration::zero()), kStart + seconds(3600));
}

}  // namespace
}  // namespace lunway::initiator
