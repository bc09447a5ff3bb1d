// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/report/paragraph.h"
#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const conformance::Test& test_with(Verdict verdict) {
  static const RunResult kRun = sample_run();
  return *outcome_with(kRun, verdict).test;
}

TEST(Explain, SaysWhatTheHeaderSays) {
  const conformance::Test& test = test_with(Verdict::fail);
  for (const Markup markup : {Markup::text, Markup::markdown}) {
    const std::string page = explain(test, markup);
    EXPECT_THAT(page, AllOf(HasSubstr("10.1/fails"), HasSubstr("The target keeps quiet"), HasSubstr("Says nothing.")));
    for (const Requirement& row : test.proves) {
      EXPECT_THAT(page, AllOf(HasSubstr(std::string(row.id)), HasSubstr("MUST")));
    }
  }
  EXPECT_THAT(explain(test, Markup::text), HasSubstr("    Support at least one TCP connection in a session.\n"));
}

TEST(Explain, SaysWhatTheTestNeeds) {
  EXPECT_THAT(explain(test_with(Verdict::inapplicable), Markup::text),
              HasSubstr("Needs a CHAP account, leave to overwrite data (--dataloss)."));
  EXPECT_THAT(explain(test_with(Verdict::pass), Markup::text), Not(HasSubstr("Needs")));
}

TEST(TestList, AlignsTheTitles) {
  const conformance::Test* tests[] = {&test_with(Verdict::pass), &test_with(Verdict::fail)};
  EXPECT_EQ(test_list(tests), "6.3.1/passes  The target answers\n10.1/fails    The target keeps quiet\n");
}

TEST(TestPages, HaveOneFileForEachChapterAndAnIndex) {
  const conformance::Test* tests[] = {&test_with(Verdict::fail), &test_with(Verdict::pass), &test_with(Verdict::warn)};
  std::vector<std::string> names;
  const std::vector<DocumentPage> pages = test_pages(tests, {});
  for (const DocumentPage& page : pages) names.push_back(page.name);
  EXPECT_THAT(names, ElementsAre("target-6.3.md", "target-10.1.md", "README.md"));
  EXPECT_LT(pages[0].text.find("## 6.3/warns"), pages[0].text.find("## 6.3.1/passes")) << "in the order of the RFC";
  EXPECT_THAT(pages[2].text, HasSubstr("| [6.3](target-6.3.md) | 2 |"));
}

TEST(Paragraph, BreaksAtBlanks) {
  EXPECT_EQ(paragraph("one two three", 7), "one two\nthree\n");
  EXPECT_EQ(paragraph("one two", 7, "  "), "  one\n  two\n");
  EXPECT_EQ(paragraph("", 7), "");
  EXPECT_EQ(paragraph("extraordinary", 7), "extraordinary\n") << "a word is not broken";
}

TEST(Paragraph, LineBeginsWithNoMark) {
  EXPECT_EQ(paragraph("one two - three", 7), "one two -\nthree\n");
  EXPECT_EQ(paragraph("one two 11. three", 7), "one two 11.\nthree\n");
  EXPECT_EQ(paragraph("one two 11.3 three", 7), "one two\n11.3\nthree\n");
}

}  // namespace
}  // namespace lunway::conformance
