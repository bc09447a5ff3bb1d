// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The line of the test with that verdict.
std::string line_of(Verdict verdict) {
  const RunResult run = sample_run();
  const std::string id(outcome_with(run, verdict).test->id);
  for (const std::string& line : lines_of(tap_report(run))) {
    if (line.find(id) != std::string::npos) return line;
  }
  return {};
}

TEST(TapReport, HasAsManyLinesOfTestsAsItsPlanSays) {
  const std::vector<std::string> lines = lines_of(tap_report(sample_run()));
  EXPECT_EQ(lines[0], "TAP version 13");
  EXPECT_EQ(lines[1], "1..7");
  EXPECT_EQ(std::ranges::count_if(
                lines, [](const std::string& line) { return line.starts_with("ok ") || line.starts_with("not ok "); }),
            7);
}

TEST(TapReport, SaysOkAsTheVerdictHasIt) {
  EXPECT_EQ(line_of(Verdict::pass), "ok 1 - 6.3.1/passes The target answers");
  EXPECT_THAT(line_of(Verdict::warn), StartsWith("ok 3"));
  EXPECT_THAT(line_of(Verdict::inapplicable), AllOf(StartsWith("ok 4"), HasSubstr(" # SKIP reason of")));
  EXPECT_THAT(line_of(Verdict::fail), AllOf(StartsWith("not ok 2"), Not(HasSubstr("#"))));
  EXPECT_THAT(line_of(Verdict::inconclusive), AllOf(StartsWith("not ok 5"), Not(HasSubstr("#"))));
  EXPECT_THAT(line_of(Verdict::known_failure), AllOf(StartsWith("not ok 6"), HasSubstr(" # ")));
  EXPECT_THAT(line_of(Verdict::unexpected_pass), AllOf(StartsWith("not ok 7"), Not(HasSubstr("#"))));
}

TEST(TapReport, BlockOfYamlHoldsTheFindings) {
  EXPECT_THAT(lines_of(tap_report(sample_run())),
              AllOf(Contains("  verdict: 'fail'"), Contains("    - expected: 'silence'"),
                    Contains("      section: '11.3.4'"), Contains(StartsWith("      got: '<script>alert(''1'')"))));
}

TEST(TapReport, ReasonOfAPeerBeginsNoDirective) {
  RunResult run = sample_run();
  std::erase_if(run.outcomes, [](const Outcome& outcome) { return outcome.verdict != Verdict::inapplicable; });
  run.outcomes[0].reason = "a # b\nok 2 - forged";
  const std::string report = tap_report(run);
  EXPECT_THAT(report, HasSubstr("# SKIP a \\# b\\x0aok 2"));
  EXPECT_EQ(std::ranges::count(report, '\n'), 5);
}

}  // namespace
}  // namespace lunway::conformance
