// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/json_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(JsonResult, ComesBackAsItWas) {
  const RunResult run = sample_run();
  const auto record = parse_json(write_json(record_of(run)));
  ASSERT_TRUE(record.has_value()) << record.error().message;
  EXPECT_EQ(record->judged, run.judged);
  EXPECT_EQ(record->subject, run.subject);
  EXPECT_EQ(record->label, run.label);
  EXPECT_EQ(record->date, run.date);
  EXPECT_EQ(record->seed, 7u);
  EXPECT_DOUBLE_EQ(record->took_ms, 2500);
  ASSERT_EQ(record->tests.size(), run.outcomes.size());
  for (std::size_t place = 0; place < run.outcomes.size(); ++place) {
    EXPECT_EQ(record->tests[place].id, run.outcomes[place].test->id);
    EXPECT_EQ(record->tests[place].verdict, run.outcomes[place].verdict);
    EXPECT_EQ(record->tests[place].findings.size(), run.outcomes[place].findings.size());
  }
  EXPECT_THAT(record->tests[1].rows, ElementsAre("R7143-4.2.1-01", "R7143-6.3.1-01"));
  EXPECT_EQ(record->tests[1].level, "MUST");
  EXPECT_EQ(record->tests[1].findings[0].section, "11.3.4");
  EXPECT_EQ(record->tests[2].findings[0].section, "6.3");
  EXPECT_EQ(record->tests[2].findings[0].weight, Finding::Weight::warning);
}

TEST(JsonResult, WhatIsWrittenAgainIsTheSame) {
  const std::string json = write_json(record_of(sample_run()));
  EXPECT_EQ(write_json(parse_json(json).value()), json);
}

TEST(JsonResult, IsPrintable) {
  const std::string json = write_json(record_of(sample_run()));
  EXPECT_TRUE(std::ranges::all_of(json, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

TEST(JsonResult, CountsEachVerdict) {
  EXPECT_THAT(write_json(record_of(sample_run())),
              AllOf(HasSubstr("\"known failure\": 1"), HasSubstr("\"unexpected pass\": 1"), Not(HasSubstr("\": 2,"))));
}

TEST(JsonResult, OtherTextIsRefused) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"format":"other","version":1})", R"({"format":"lunway-conformance","version":2})",
        R"({"format":"lunway-conformance","version":1,"tests":[7]})",
        R"({"format":"lunway-conformance","version":1,"tests":[{"id":"a"}]})",
        R"({"format":"lunway-conformance","version":1,"tests":[{"id":"a","verdict":"perhaps"}]})",
        R"({"format":"lunway-conformance","version":1,"tests":[{"verdict":"pass"}]})"}) {
    EXPECT_FALSE(parse_json(text).has_value()) << text;
  }
}

TEST(JsonResult, MembersOfAnotherTypeAreAsIfTheyWereMissing) {
  const auto record = parse_json(
      R"({"format":"lunway-conformance","version":1,"seed":-1,"label":7,"remarks":{},
          "tests":[{"id":"a","verdict":"pass","rows":[1,"R"],"findings":[3]}]})");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->label, "");
  EXPECT_EQ(record->seed, 0u);
  EXPECT_THAT(record->tests[0].rows, ElementsAre("R"));
  EXPECT_TRUE(record->tests[0].findings.empty());
}

}  // namespace
}  // namespace lunway::conformance
