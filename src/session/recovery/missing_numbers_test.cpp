// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/missing_numbers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace lunway::session {
namespace {

TEST(Rfc7143_7_9_MissingNumbers, ARunEndsWhenAllOfItHasCome) {
  MissingNumbers missing;
  ASSERT_TRUE(missing.add(3, 6));
  EXPECT_TRUE(missing.remove(4));
  EXPECT_TRUE(missing.contains(3));
  EXPECT_FALSE(missing.contains(4));
  EXPECT_TRUE(missing.contains(5));
  EXPECT_TRUE(missing.remove(3));
  EXPECT_TRUE(missing.remove(5));
  EXPECT_TRUE(missing.empty());
}

TEST(Rfc7143_7_9_MissingNumbers, NeighboursAreOneRun) {
  MissingNumbers missing;
  ASSERT_TRUE(missing.add(3, 4));
  ASSERT_TRUE(missing.add(4, 5));
  EXPECT_EQ(missing.runs().size(), 1U);
}

TEST(Rfc7143_7_9_MissingNumbers, ThereIsALimit) {
  MissingNumbers missing;
  for (std::uint32_t i = 0; i < MissingNumbers::kMaxRuns; ++i) ASSERT_TRUE(missing.add(4 * i, 4 * i + 3));
  EXPECT_FALSE(missing.add(4000, 4001));
  EXPECT_FALSE(missing.remove(1));
  EXPECT_TRUE(missing.contains(1));
}

RC_GTEST_PROP(Rfc7143_7_9_MissingNumbers, AgreesWithASet, ()) {
  MissingNumbers missing;
  std::set<std::uint32_t> model;
  std::uint32_t next = 0;
  const auto steps = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
  for (const std::uint8_t step : steps) {
    if (step % 2 == 0) {
      const std::uint32_t first = next + step % 3U;
      const std::uint32_t end = first + 1 + step % 5U;
      next = end;
      if (missing.add(first, end))
        for (std::uint32_t i = first; i < end; ++i) model.insert(i);
    } else {
      const std::uint32_t number = next == 0 ? 0 : step * 7U % next;
      if (missing.remove(number)) model.erase(number);
    }
    for (std::uint32_t i = 0; i < next + 2; ++i) RC_ASSERT(missing.contains(i) == model.contains(i));
    RC_ASSERT(missing.empty() == model.empty());
  }
}

}  // namespace
}  // namespace lunway::session
