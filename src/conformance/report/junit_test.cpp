// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The report of the one test with that verdict.
std::string report_of(Verdict verdict) {
  RunResult run = sample_run();
  std::erase_if(run.outcomes, [&](const Outcome& outcome) { return outcome.verdict != verdict; });
  return junit_report(run);
}

TEST(JunitReport, FailuresAndSurprisesAreFailures) {
  EXPECT_THAT(report_of(Verdict::fail), AllOf(HasSubstr("failures=\"1\""), HasSubstr("<failure type=\"fail\"")));
  EXPECT_THAT(report_of(Verdict::unexpected_pass),
              AllOf(HasSubstr("failures=\"1\""), HasSubstr("<failure type=\"unexpected pass\"")));
}

TEST(JunitReport, WhatCouldNotBeJudgedIsAnError) {
  EXPECT_THAT(report_of(Verdict::inconclusive), AllOf(HasSubstr("errors=\"1\""), HasSubstr("<error ")));
}

TEST(JunitReport, WhatIsKnownOrDoesNotApplyIsSkipped) {
  EXPECT_THAT(report_of(Verdict::inapplicable), AllOf(HasSubstr("skipped=\"1\""), HasSubstr("<skipped ")));
  EXPECT_THAT(report_of(Verdict::known_failure), AllOf(HasSubstr("skipped=\"1\""), HasSubstr("<skipped ")));
}

TEST(JunitReport, WarningPassesAndSpeaks) {
  EXPECT_THAT(report_of(Verdict::warn), AllOf(HasSubstr("failures=\"0\""), HasSubstr("<system-out>expected: silence")));
}

TEST(JunitReport, PassSaysNothing) {
  EXPECT_THAT(report_of(Verdict::pass),
              HasSubstr("<testcase name=\"passes\" classname=\"target.6.3.1\" time=\"0.004\"/>"));
}

TEST(JunitReport, HoldsWhatXmlAllows) {
  const std::string report = junit_report(sample_run());
  EXPECT_THAT(report, AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("]]>")), HasSubstr("&lt;script&gt;")));
  EXPECT_TRUE(std::ranges::all_of(report, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

}  // namespace
}  // namespace lunway::conformance
