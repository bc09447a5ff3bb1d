// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::ElementsAre;

TEST(SectionOrder, IsThatOfTheRfc) {
  EXPECT_TRUE(stands_before("6.3", "6.3.1"));
  EXPECT_TRUE(stands_before("6.3.1", "6.10"));
  EXPECT_TRUE(stands_before("9", "10.1"));
  EXPECT_TRUE(stands_before("13.2", "C"));
  EXPECT_FALSE(stands_before("6.10", "6.3.1"));
  EXPECT_FALSE(stands_before("6.3", "6.3"));
}

TEST(ChapterOf, IsTheSectionWithTwoNumbers) {
  EXPECT_EQ(chapter_of("6.3.1"), "6.3");
  EXPECT_EQ(chapter_of("6.3"), "6.3");
  EXPECT_EQ(chapter_of("6"), "6");
  EXPECT_EQ(chapter_of("C.2"), "C");
}

TEST(Tally, CountsEachVerdict) {
  const RunResult run = sample_run();
  const Tally tally = tally_of(run.outcomes);
  EXPECT_EQ(tally.all(), kVerdictCount);
  for (const Verdict verdict : kVerdicts) EXPECT_EQ(tally.of(verdict), 1u) << to_string(verdict);
  EXPECT_EQ(tally.text(), "1 pass, 1 fail, 1 warn, 1 inapplicable, 1 inconclusive, 1 known failure, 1 unexpected pass");
}

TEST(BySection, KeepsTheOrderOfTheRfcAndOfTheTests) {
  const RunResult run = sample_run();
  std::vector<std::string_view> names;
  for (const SectionOutcomes& section : by_section(run.outcomes)) names.push_back(section.section);
  EXPECT_THAT(names, ElementsAre("6.3", "6.3.1", "10.1"));
  EXPECT_EQ(by_section(run.outcomes)[0].outcomes.size(), 5u);
  EXPECT_EQ(by_section(run.outcomes)[0].outcomes[0]->test->id, "6.3/warns");
}

}  // namespace
}  // namespace lunway::conformance
