// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/data_coverage.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

namespace lunway::session {
namespace {

TEST(Rfc7143_13_18_DataCoverage, InOrderItIsOneNumber) {
  DataCoverage here;
  here.begin(100);
  EXPECT_TRUE(here.add(100, 50));
  EXPECT_TRUE(here.add(150, 10));
  EXPECT_EQ(here.contiguous_end(), 160U);
  EXPECT_EQ(here.highest_end(), 160U);
  EXPECT_EQ(here.count(), 160U);
}

TEST(Rfc7143_13_18_DataCoverage, AGapThatFillsJoinsWhatIsAroundIt) {
  DataCoverage here;
  here.begin(0);
  EXPECT_TRUE(here.add(20, 10));
  EXPECT_TRUE(here.add(40, 10));
  EXPECT_EQ(here.contiguous_end(), 0U);
  EXPECT_EQ(here.highest_end(), 50U);
  EXPECT_FALSE(here.overlaps(30, 10));
  EXPECT_TRUE(here.overlaps(30, 11));
  EXPECT_TRUE(here.overlaps(29, 1));
  EXPECT_FALSE(here.overlaps(25, 0));
  EXPECT_TRUE(here.add(30, 10));
  EXPECT_TRUE(here.add(0, 20));
  EXPECT_EQ(here.contiguous_end(), 50U);
  EXPECT_EQ(here.count(), 50U);
}

TEST(Rfc7143_13_18_DataCoverage, IslandsAreBounded) {
  DataCoverage here;
  here.begin(0);
  for (std::uint32_t i = 1; i <= DataCoverage::kMaxIslands; ++i) ASSERT_TRUE(here.add(i * 10, 5));
  EXPECT_FALSE(here.has_room_for(8, 1));
  EXPECT_FALSE(here.add(8, 1));
  EXPECT_FALSE(here.overlaps(8, 1)) << "what did not fit did not come";
  EXPECT_TRUE(here.add(8, 2)) << "it grows an island, and makes none";
  EXPECT_TRUE(here.add(0, 8));
  EXPECT_TRUE(here.add(0xfffffff0, 15)) << "one island is gone";
  EXPECT_EQ(here.contiguous_end(), 15U);
}

RC_GTEST_PROP(Rfc7143_13_18_DataCoverage, IsASetOfBytes, ()) {
  constexpr std::uint32_t kBytes = 60;
  const auto from = *rc::gen::inRange<std::uint32_t>(0, kBytes);
  std::array<bool, kBytes> model{};
  std::fill_n(model.begin(), from, true);
  DataCoverage here;
  here.begin(from);
  const auto pieces = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint32_t>>>(
      rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, kBytes), rc::gen::inRange<std::uint32_t>(0, 12)));
  for (const auto& [offset, wanted] : pieces) {
    const std::uint32_t length = std::min(wanted, kBytes - offset);
    const auto first = model.begin() + offset;
    RC_ASSERT(here.overlaps(offset, length) == std::any_of(first, first + length, std::identity()));
    RC_ASSERT(here.add(offset, length));
    std::fill_n(first, length, true);
    RC_ASSERT(here.count() == static_cast<std::uint32_t>(std::ranges::count(model, true)));
    const auto gap = static_cast<std::uint32_t>(std::ranges::find(model, false) - model.begin());
    RC_ASSERT(here.contiguous_end() == gap);
    const auto behind_last = std::find(model.rbegin(), model.rend(), true).base();
    RC_ASSERT(here.highest_end() == static_cast<std::uint32_t>(behind_last - model.begin()));
  }
}

}  // namespace
}  // namespace lunway::session
