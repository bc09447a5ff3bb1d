// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "conformance/run/selection.h"

namespace lunway::conformance {
namespace {

constexpr Judged kRoles[] = {Judged::target, Judged::initiator};

TEST(Catalogue, IdsAreUniqueSlugs) {
  for (const Judged role : kRoles) {
    std::set<std::string_view> ids;
    for (const conformance::Test* test : all_tests(role)) {
      EXPECT_TRUE(ids.insert(test->id).second) << test->id;
      EXPECT_EQ(test->id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDE0123456789.-/"), std::string_view::npos)
          << test->id;
      EXPECT_EQ(std::ranges::count(test->id, '/'), 1) << test->id;
      EXPECT_EQ(test->judged(), role) << test->id;
    }
  }
}

TEST(Catalogue, EveryTestSaysWhatItProvesAndHow) {
  for (const Judged role : kRoles) {
    for (const conformance::Test* test : all_tests(role)) {
      EXPECT_FALSE(test->proves.empty()) << test->id;
      EXPECT_FALSE(test->title.empty() || test->title.ends_with('.')) << test->id;
      EXPECT_GE(test->about.size(), 40U) << test->id;
    }
  }
}

/// The other role cannot prove what binds only one.
TEST(Catalogue, RowsBindTheJudgedRole) {
  for (const Judged role : kRoles) {
    const Side other = role == Judged::target ? Side::initiator : Side::target;
    for (const conformance::Test* test : all_tests(role)) {
      for (const Requirement& row : test->proves) EXPECT_NE(row.side, other) << test->id << " proves " << row.id;
    }
  }
}

/// The section of a test is that of one of its rows, or around or within it.
TEST(Catalogue, TestsStandInTheSectionOfTheirRows) {
  for (const Judged role : kRoles) {
    for (const conformance::Test* test : all_tests(role)) {
      bool fits = false;
      for (const Requirement& row : test->proves) {
        fits = fits || is_within(row.section, test->section()) || is_within(test->section(), row.section);
      }
      EXPECT_TRUE(fits) << test->id;
    }
  }
}

}  // namespace
}  // namespace lunway::conformance
