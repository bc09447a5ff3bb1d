// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/memory/page_map.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace lunway::volume {
namespace {

constexpr std::uint64_t kPages = 200;

class PageMapTest : public ::testing::Test {
 protected:
  /// Runs in pages: "-3 +2" are three pages without and two with something.
  std::string runs(std::uint64_t offset, std::uint64_t length) {
    std::array<Extent, 8> extents{};
    map_.fill(offset, length, extents);
    std::string text;
    for (const Extent& extent : extents) {
      if (extent.length == 0) break;
      text += (text.empty() ? "" : " ") + std::string(extent.has_space ? "+" : "-");
      text += std::to_string(extent.length / PageMap::kPage);
      if (extent.length % PageMap::kPage != 0) text += "." + std::to_string(extent.length % PageMap::kPage);
    }
    return text;
  }
  std::string all() { return runs(0, kPages * PageMap::kPage); }

  std::array<PageMap::Word, PageMap::words_for(kPages* PageMap::kPage)> words_{};
  PageMap map_{words_};
};

TEST_F(PageMapTest, HoldsNothingAtFirst) { EXPECT_EQ(all(), "-200"); }

TEST_F(PageMapTest, AWriteMarksEveryPageThatItTouches) {
  map_.mark(PageMap::kPage - 1, 2);
  EXPECT_EQ(all(), "+2 -198");
  map_.mark(60 * PageMap::kPage, 100 * PageMap::kPage);
  EXPECT_EQ(all(), "+2 -58 +100 -40");
}

TEST_F(PageMapTest, OnlyWholePagesAreCleared) {
  map_.mark(0, kPages * PageMap::kPage);
  map_.clear(PageMap::kPage - 1, PageMap::kPage + 1);
  EXPECT_EQ(all(), "+1 -1 +198");
  map_.clear(10 * PageMap::kPage + 1, PageMap::kPage);
  EXPECT_EQ(all(), "+1 -1 +198");
  map_.clear(63 * PageMap::kPage, 66 * PageMap::kPage);
  EXPECT_EQ(all(), "+1 -1 +61 -66 +71");
}

TEST_F(PageMapTest, ARangeIsCutWhereItBeginsAndEnds) {
  map_.mark(2 * PageMap::kPage, PageMap::kPage);
  EXPECT_EQ(runs(PageMap::kPage + 512, PageMap::kPage), "-0.3584 +0.512");
}

}  // namespace
}  // namespace lunway::volume
