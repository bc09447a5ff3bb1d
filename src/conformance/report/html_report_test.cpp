// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/report/html_ladder.h"
#include "conformance/report/html_page.h"
#include "conformance/report/tally.h"
#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string sample_page() { return html_report(sample_run(), Coverage({}, {}, {})); }

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HtmlReport, ShowsEachVerdict) {
  const std::string page = sample_page();
  for (const Verdict verdict : kVerdicts) {
    EXPECT_EQ(count_of(page, "<details class=\"test " + slug_of(verdict) + "\""), 1u) << to_string(verdict);
    EXPECT_EQ(count_of(page, "id=\"f-" + slug_of(verdict) + "\""), 1u) << to_string(verdict);
  }
}

TEST(HtmlReport, WhatOpensIsClosed) {
  const std::string page = sample_page();
  for (const char* name :
       {"details", "summary", "div", "section", "table",  "tbody",  "tr",    "td",   "dl",   "dt",     "dd",   "p",
        "span",    "code",    "pre", "a",       "select", "option", "label", "body", "html", "script", "style"}) {
    const std::string opening = std::string("<") + name;
    EXPECT_EQ(count_of(page, opening + " ") + count_of(page, opening + ">"),
              count_of(page, std::string("</") + name + ">"))
        << name;
  }
}

TEST(HtmlReport, HoldsNoMarkupOfAPeer) {
  RunResult run = sample_run();
  run.label = run.subject = run.date = kHostile;
  run.remarks.emplace_back(kHostile);
  const std::string page = html_report(run, Coverage({}, {}, {}));
  EXPECT_EQ(count_of(page, "<script>"), 1u) << "that of the page itself";
  EXPECT_THAT(page, AllOf(Not(HasSubstr("alert('1')")), HasSubstr("&lt;script&gt;alert(&#39;1&#39;)")));
  EXPECT_THAT(page, Not(HasSubstr("<b>ours</b>")));
  EXPECT_TRUE(std::ranges::all_of(page, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

TEST(HtmlReport, LoadsNothing) {
  const std::string page = sample_page();
  EXPECT_THAT(page, AllOf(Not(HasSubstr("src=")), Not(HasSubstr("url(")), Not(HasSubstr("<link")),
                          HasSubstr("default-src 'none'")));
}

TEST(HtmlReport, HasRequirementsFindingsAndCaptureOfATest) {
  const std::string page = sample_page();
  const std::size_t begin = page.find("id=\"t-10.1/fails\"");
  ASSERT_NE(begin, std::string::npos);
  const std::string test = page.substr(begin, page.find("<details class=\"test ", begin) - begin);
  EXPECT_THAT(test, AllOf(HasSubstr("R7143-4.2.1-01"), HasSubstr("R7143-6.3.1-01"), HasSubstr("Says nothing."),
                          HasSubstr("silence"), HasSubstr("11.3.4"), HasSubstr("download=\"10.1-fails.pcapng\""),
                          HasSubstr("class=\"ladder\"")));
}

TEST(HtmlReport, NeedsOfATestAreNamed) {
  EXPECT_THAT(sample_page(), HasSubstr("Needs a CHAP account, leave to overwrite data"));
}

TEST(HtmlReport, HugeCaptureStaysOut) {
  RunResult run = sample_run();
  std::erase_if(run.outcomes, [](const Outcome& outcome) { return outcome.verdict != Verdict::fail; });
  run.outcomes[0].events.push_back({.kind = Event::Kind::bytes,
                                    .when = run.outcomes[0].events.back().when,
                                    .bytes = std::vector<std::byte>(std::size_t{1} << 20)});
  const std::string page = html_report(run, Coverage({}, {}, {}));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("base64")), HasSubstr("--pcap")));
  EXPECT_LT(page.size(), 100000u);
}

TEST(HtmlLadder, DecodedPduShowsItsFieldsAndItsText) {
  const RunResult run = sample_run();
  const std::vector<Event>& events = outcome_with(run, Verdict::fail).events;
  const std::string whole = ladder_html(events, Judged::target, {});
  EXPECT_THAT(whole,
              AllOf(HasSubstr("<dt>StatSN</dt><dd>0x00000007</dd>"), HasSubstr("InitiatorName=iqn.a"),
                    HasSubstr("<dt>DataSegmentLength</dt><dd>0x000014</dd>"), HasSubstr("2 bytes that are no PDU"),
                    HasSubstr("de ad"), HasSubstr("target closed connection")));
  EXPECT_THAT(ladder_html(events, Judged::target, {.decoded = false}), Not(HasSubstr("<dt>")));
}

TEST(HtmlLadder, PolesSayWhoIsJudged) {
  const RunResult run = sample_run();
  const std::vector<Event>& events = outcome_with(run, Verdict::fail).events;
  EXPECT_THAT(ladder_html(events, Judged::target, {}), HasSubstr("initiator (the suite)"));
  EXPECT_THAT(ladder_html(events, Judged::initiator, {}), HasSubstr("target (the suite)"));
}

TEST(HtmlLadder, WhatIsTooMuchIsLeftOutInTheMiddle) {
  std::vector<Event> events(1001);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].kind = Event::Kind::note;
    events[i].text = "note " + std::to_string(i) + ".";
  }
  const std::string html = ladder_html(events, Judged::target, {.most_rungs = 10});
  EXPECT_EQ(count_of(html, "class=\"said note\""), 10u);
  EXPECT_THAT(html, AllOf(HasSubstr("note 4."), Not(HasSubstr("note 5.")), HasSubstr("note 996."),
                          HasSubstr("991 events are left out")));
}

TEST(HtmlLadder, EmptyExchangeHasNone) { EXPECT_EQ(ladder_html({}, Judged::target, {}), ""); }

TEST(RfcAddress, KnowsSectionsAndAppendices) {
  EXPECT_EQ(rfc_address("7143", "6.3.1"), "https://www.rfc-editor.org/rfc/rfc7143#section-6.3.1");
  EXPECT_EQ(rfc_address("7143", "C"), "https://www.rfc-editor.org/rfc/rfc7143#appendix-C");
}

}  // namespace
}  // namespace lunway::conformance
