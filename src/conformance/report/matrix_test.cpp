// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/report/matrix_table.h"
#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Two targets: the second lacks the first test and passes all others.
std::vector<RunRecord> two_targets() {
  std::vector<RunRecord> runs(2, record_of(sample_run()));
  runs[1].label = "other | 3";
  runs[1].tests.erase(runs[1].tests.begin());
  for (TestRecord& test : runs[1].tests) {
    test.verdict = Verdict::pass;
    test.findings.clear();
    test.reason.clear();
  }
  return runs;
}

TEST(MatrixTable, HasTheTestsOfAllRunsInTheOrderOfTheRfc) {
  const std::vector<RunRecord> runs = two_targets();
  const MatrixTable table = matrix_table(runs, Judged::target);
  ASSERT_EQ(table.rows.size(), 7u);
  EXPECT_TRUE(std::ranges::is_sorted(table.rows, stands_before, &MatrixRow::section));
  const auto row = std::ranges::find(table.rows, "6.3.1/passes", &MatrixRow::id);
  ASSERT_NE(row, table.rows.end());
  EXPECT_NE(row->tests[0], nullptr);
  EXPECT_EQ(row->tests[1], nullptr);
  EXPECT_FALSE(row->is_remarkable());
  EXPECT_TRUE(table.rows.back().is_remarkable()) << table.rows.back().id;
  EXPECT_EQ(table.chapters().size(), 2u);
}

TEST(MatrixTable, RolesStandApart) {
  std::vector<RunRecord> runs = two_targets();
  runs[1].judged = Judged::initiator;
  EXPECT_EQ(matrix_table(runs, Judged::target).runs.size(), 1u);
  EXPECT_EQ(matrix_table(runs, Judged::initiator).rows.size(), 6u);
  EXPECT_THAT(matrix_markdown(runs), AllOf(HasSubstr("## Targets\n"), HasSubstr("## Initiators\n")));
}

TEST(MatrixShare, CountsWhatCouldBeJudged) {
  Tally tally;
  EXPECT_EQ(share(tally), "-");
  tally.add(Verdict::inapplicable);
  EXPECT_EQ(share(tally), "-");
  for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::unexpected_pass}) tally.add(verdict);
  EXPECT_EQ(share(tally), "3 of 3");
  for (const Verdict verdict : {Verdict::fail, Verdict::inconclusive, Verdict::known_failure}) tally.add(verdict);
  EXPECT_EQ(share(tally), "3 of 6");
}

TEST(MatrixMarkdown, HasAColumnForEachImplementation) {
  const std::string page = matrix_markdown(two_targets());
  EXPECT_THAT(page, AllOf(HasSubstr("| test | example 1.2 | other \\| 3 |\n"),
                          HasSubstr("| `10.1/fails` The target keeps quiet | FAIL | pass |\n"),
                          HasSubstr("| `6.3.1/passes` The target answers | pass |  |\n"),
                          HasSubstr("| 10.1 | 0 of 1 | 1 of 1 |")));
}

TEST(MatrixMarkdown, FindingsStayInTheirCells) {
  const std::string page = matrix_markdown(two_targets());
  EXPECT_THAT(page, HasSubstr("| `10.1/fails` | example 1.2 | FAIL | silence | &lt;script>"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST(MatrixHtml, ShowsEachVerdictAndHoldsNoMarkupOfAPeer) {
  std::vector<RunRecord> runs = two_targets();
  runs[0].label = kHostile;
  const std::string page = matrix_html(runs);
  for (const Verdict verdict : kVerdicts) EXPECT_THAT(page, HasSubstr("<td class=\"" + slug_of(verdict) + "\">"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("alert('1')")), HasSubstr("&lt;script&gt;")));
  EXPECT_TRUE(std::ranges::all_of(page, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

}  // namespace
}  // namespace lunway::conformance
