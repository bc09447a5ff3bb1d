// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_of_one.h"

#include "conformance/report/capture.h"
#include "conformance/report/html_ladder.h"
#include "conformance/report/html_page.h"
#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

// Tests that passed are many, and few will look at them.
constexpr LadderStyle kWholeLadder = {.most_rungs = 400, .decoded = true};
constexpr LadderStyle kShortLadder = {.most_rungs = 60, .decoded = false};
constexpr std::size_t kLargestCapture = std::size_t{256} << 10;
constexpr std::size_t kLargestCaptureOfAPass = std::size_t{16} << 10;

std::string needs_text(const Test& test) {
  std::string text;
  for (unsigned index = 0; index < kNeedCount; ++index) {
    const auto need = static_cast<Need>(index);
    if (test.needs.has(need)) text += (text.empty() ? "" : ", ") + std::string(to_string(need));
  }
  return text;
}

std::string rows_html(const Test& test) {
  if (test.proves.empty()) return {};
  std::string html =
      "<table class=\"rows\"><thead><tr><th>requirement</th><th>level</th><th>what it says</th></tr>"
      "</thead><tbody>";
  for (const Requirement& row : test.proves) {
    // R7143-6.3.1-01: the number of the RFC stands behind the R.
    html += "<tr><td><a href=\"" + rfc_address(row.id.substr(1, 4), row.section) + "\">" + element("code", "", row.id) +
            "</a></td>" + element("td", "", to_string(row.level)) + element("td", "", row.statement) + "</tr>";
  }
  return html + "</tbody></table>\n";
}

std::string capture_html(const Outcome& outcome, std::size_t most, std::size_t& budget) {
  const capture::PcapngFile file = capture_of(outcome.events);
  const std::size_t size = file.bytes().size();
  if (size > most || size > budget) {
    return element("span", "soft", "The capture is too large for this page: --pcap writes it to a file.");
  }
  budget -= size;
  return "<a download=\"" + escaped(capture_name(outcome.test->id)) +
         "\" href=\"data:application/octet-stream;base64," + base64(file.bytes()) + "\">capture for Wireshark</a>";
}

std::string exchange_html(const Outcome& outcome, std::size_t& budget) {
  if (outcome.events.empty()) return {};
  const bool whole = needs_a_look(outcome.verdict);
  std::string html =
      "<p>" + escaped(std::to_string(outcome.events.size()) + " events in " + duration_text(outcome.took) + ", ");
  html += capture_html(outcome, whole ? kLargestCapture : kLargestCaptureOfAPass, budget) + "</p>\n";
  return html + ladder_html(outcome.events, outcome.test->judged(), whole ? kWholeLadder : kShortLadder);
}

}  // namespace

std::string findings_html(const Outcome& outcome) {
  std::string html;
  const std::string kind = "found " + slug_of(outcome.verdict);
  if (!outcome.reason.empty()) html += element("p", kind, outcome.reason);
  for (const Finding& finding : outcome.findings) {
    const bool failure = finding.weight == Finding::Weight::failure;
    html += "<div class=\"" + kind + "\"><dl>" + element("dt", "", failure ? "expected" : "should") +
            element("dd", "", finding.expected);
    if (!finding.got.empty()) html += element("dt", "", "came") + element("dd", "", finding.got);
    html += element("dt", "", "section") +
            element("dd", "", finding.section.empty() ? outcome.test->section() : finding.section) + "</dl></div>\n";
  }
  return html;
}

std::string test_html(const Outcome& outcome, std::size_t& capture_budget) {
  const Test& test = *outcome.test;
  const std::string slug = slug_of(outcome.verdict);
  std::string html = "<details class=\"test " + slug + "\" id=\"" + escaped(anchor_of(test.id)) + "\" data-section=\"" +
                     escaped(chapter_of(test.section())) + "\"><summary>" +
                     element("span", "mark", mark_of(outcome.verdict)) + " " + element("code", "", test.id) + " " +
                     element("span", "title", test.title) + "</summary><div class=\"body\">\n";
  html += findings_html(outcome) + element("p", "", test.about) + "\n";
  const std::string needs = needs_text(test);
  if (!needs.empty()) html += element("p", "soft", "Needs " + needs + ".") + "\n";
  html += rows_html(test) + exchange_html(outcome, capture_budget);
  return html + "</div></details>\n";
}

}  // namespace lunway::conformance
