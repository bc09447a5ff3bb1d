// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/report/progress.h"
#include "conformance/report/tally.h"
#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ConsoleReport, ShowsEachVerdictOnALineOfItsOwn) {
  const RunResult run = sample_run();
  const std::string report = console_report(run, {});
  for (const Outcome& outcome : run.outcomes) {
    EXPECT_THAT(console_lines(outcome, {}), StartsWith("  " + std::string(mark_of(outcome.verdict)) + " "));
    EXPECT_THAT(report, HasSubstr(console_lines(outcome, {})));
  }
  EXPECT_THAT(report, HasSubstr("7 tests in 2.5 s: 1 pass, 1 fail"));
}

TEST(ConsoleReport, GroupsBySectionInTheOrderOfTheRfc) {
  const std::string report = console_report(sample_run(), {});
  EXPECT_LT(report.find("Section 6.3\n"), report.find("Section 6.3.1\n"));
  EXPECT_LT(report.find("Section 6.3.1\n"), report.find("Section 10.1\n"));
}

TEST(ConsoleReport, SaysWhatWasExpectedAndWhatCame) {
  const RunResult run = sample_run();
  EXPECT_THAT(
      console_lines(outcome_with(run, Verdict::fail), {}),
      AllOf(HasSubstr("expected  silence\n"), HasSubstr("got       <script>"), HasSubstr("section   11.3.4\n")));
  EXPECT_THAT(console_lines(outcome_with(run, Verdict::warn), {}),
              AllOf(HasSubstr("should    silence\n"), HasSubstr("section   6.3\n")))
      << "a finding without a section has that of its test";
}

TEST(ConsoleReport, BriefLeavesOutWhatNeedsNoLook) {
  const std::string report = console_report(sample_run(), {.brief = true});
  EXPECT_THAT(report, AllOf(Not(HasSubstr("6.3.1/passes")), Not(HasSubstr("6.3/does-not-apply"))));
  EXPECT_THAT(report, AllOf(HasSubstr("10.1/fails"), HasSubstr("6.3/surprises"), HasSubstr("1 inapplicable")));
}

TEST(ConsoleReport, PeerCannotMoveTheCursor) {
  const std::string plain = console_report(sample_run(), {});
  EXPECT_TRUE(std::ranges::all_of(plain, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
  EXPECT_THAT(console_report(sample_run(), {.painted = true}),
              AllOf(HasSubstr("\x1b[1;31m"), Not(HasSubstr("\x1b[2J"))));
}

TEST(ProgressLine, SaysHowFarItIsAndWhatRuns) {
  const std::string_view running[] = {"6.3/a", "6.3/b"};
  const std::string line = progress_line({.done = 5, .total = 10, .remarkable = 2, .running = running}, 120);
  EXPECT_THAT(line, AllOf(HasSubstr(" 5/10"), HasSubstr("2 to look at"), HasSubstr("6.3/a, 6.3/b")));
}

TEST(ProgressLine, FitsItsWidth) {
  const std::vector<std::string_view> running(50, "6.3/some-test-with-a-long-name");
  for (const std::size_t width : {0U, 10U, 40U, 80U}) {
    EXPECT_LE(progress_line({.done = 1, .total = 0, .running = running}, width).size(), width);
  }
}

}  // namespace
}  // namespace lunway::conformance
