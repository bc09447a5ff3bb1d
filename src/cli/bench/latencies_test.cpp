// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/latencies.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lunway::cli {
namespace {

using std::chrono::nanoseconds;

TEST(Latencies, NothingIsSaidOfNoCommands) {
  const Latencies none;
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.mean(), Duration::zero());
  EXPECT_EQ(none.within(0.99), Duration::zero());
  EXPECT_EQ(none.most(), Duration::zero());
}

TEST(Latencies, ShortTimesAreExact) {
  Latencies latencies;
  for (int ns = 1; ns <= 60; ++ns) latencies.add(nanoseconds(ns));
  EXPECT_EQ(latencies.within(0.5), nanoseconds(30));
  EXPECT_EQ(latencies.within(1), nanoseconds(60));
  EXPECT_EQ(latencies.most(), nanoseconds(60));
}

TEST(Latencies, AClockThatWentBackwardsCountsAsZero) {
  Latencies latencies;
  latencies.add(nanoseconds(-5));
  EXPECT_EQ(latencies.within(1), Duration::zero());
}

RC_GTEST_PROP(Latencies, APercentileIsNeverBelowTheTruthAndAtMostOneClassAbove, ()) {
  const auto times = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40)));
  const auto share = static_cast<double>(*rc::gen::inRange(1, 1001)) / 1000;
  Latencies latencies;
  for (const std::int64_t ns : times) latencies.add(nanoseconds(ns));

  std::vector<std::int64_t> sorted = times;
  std::ranges::sort(sorted);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  const auto truth = static_cast<double>(sorted[rank - 1]);
  const auto said = static_cast<double>(nanoseconds(latencies.within(share)).count());
  RC_ASSERT(said >= truth);
  RC_ASSERT(said <= truth * (1 + 1.0 / 64) + 1);
  RC_ASSERT(latencies.most() == nanoseconds(sorted.back()));
}

RC_GTEST_PROP(Latencies, TwoHalvesMakeTheWhole, ()) {
  const auto times =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 34));
  Latencies whole, one, other;
  for (std::size_t i = 0; i < times.size(); ++i) {
    whole.add(nanoseconds(times[i]));
    (i % 2 == 0 ? one : other).add(nanoseconds(times[i]));
  }
  one.add(other);
  RC_ASSERT(one.count() == whole.count());
  RC_ASSERT(one.mean() == whole.mean());
  RC_ASSERT(one.most() == whole.most());
  for (const double share : {0.5, 0.99, 1.0}) RC_ASSERT(one.within(share) == whole.within(share));
}

}  // namespace
}  // namespace lunway::cli
