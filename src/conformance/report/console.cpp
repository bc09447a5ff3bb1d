// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/console.h"

#include <algorithm>

#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kMarkWidth = 7;
constexpr std::string_view kIndent = "         ";
constexpr std::size_t kLabelWidth = 10;
// Of the table of sections.
constexpr std::size_t kNameWidth = 10;
constexpr std::size_t kColumnWidth = 8;

std::string padded(std::string_view text, std::size_t width) {
  std::string line(text);
  line.resize(std::max(width, line.size()), ' ');
  return line;
}

std::string painted(std::string_view colour, std::string_view text, bool on) {
  if (!on) return std::string(text);
  return "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m";
}

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "32";
    case Verdict::fail:
      return "1;31";
    case Verdict::warn:
      return "33";
    case Verdict::inapplicable:
      return "2";
    case Verdict::inconclusive:
      return "35";
    case Verdict::known_failure:
      return "36";
    case Verdict::unexpected_pass:
      break;
  }
  return "1;32";
}

void add_detail(std::string& lines, std::string_view label, std::string_view text, bool paint) {
  if (text.empty()) return;
  lines += std::string(kIndent) + painted("2", padded(label, kLabelWidth), paint) + visible(text) + "\n";
}

/// Left out of a brief report.
bool is_shown(Verdict verdict, const ConsoleStyle& style) { return !style.brief || needs_a_look(verdict); }

std::string heading_of(const RunResult& run, bool paint) {
  std::string line = "lunway conform: " + std::string(to_string(run.judged));
  if (!run.label.empty()) line += " " + visible(run.label);
  if (!run.subject.empty()) line += ", " + visible(run.subject);
  return painted("1", line, paint) + "\n";
}

std::string cell(std::string_view text) {
  return std::string(kColumnWidth - std::min(kColumnWidth, text.size()), ' ') + std::string(text);
}

std::string section_table(const RunResult& run) {
  std::string table = "\n" + padded("section", kNameWidth);
  for (const Verdict verdict : kVerdicts) table += cell(mark_of(verdict));
  table += "\n";
  const std::vector<SectionOutcomes> sections = by_section(run.outcomes);
  for (std::size_t place = 0; place < sections.size();) {
    const std::string_view chapter = chapter_of(sections[place].section);
    Tally tally;
    for (; place < sections.size() && chapter_of(sections[place].section) == chapter; ++place) {
      for (const Outcome* outcome : sections[place].outcomes) tally.add(outcome->verdict);
    }
    table += padded(chapter, kNameWidth);
    for (const Verdict verdict : kVerdicts) table += cell(std::to_string(tally.of(verdict)));
    table += "\n";
  }
  return table;
}

}  // namespace

std::string console_lines(const Outcome& outcome, const ConsoleStyle& style) {
  const bool paint = style.painted;
  std::string lines = "  " + painted(colour_of(outcome.verdict), padded(mark_of(outcome.verdict), kMarkWidth), paint);
  lines += std::string(outcome.test->id) + "  " + painted("2", outcome.test->title, paint) + "\n";
  add_detail(lines, "because", outcome.reason, paint);
  for (const Finding& finding : outcome.findings) {
    add_detail(lines, finding.weight == Finding::Weight::failure ? "expected" : "should", finding.expected, paint);
    add_detail(lines, "got", finding.got, paint);
    add_detail(lines, "section", finding.section.empty() ? outcome.test->section() : finding.section, paint);
  }
  return lines;
}

std::string console_report(const RunResult& run, const ConsoleStyle& style) {
  std::string text = heading_of(run, style.painted);
  for (const SectionOutcomes& section : by_section(run.outcomes)) {
    std::string lines;
    for (const Outcome* outcome : section.outcomes) {
      if (is_shown(outcome->verdict, style)) lines += console_lines(*outcome, style);
    }
    if (lines.empty()) continue;
    text += "\n" + painted("1", "Section " + std::string(section.section), style.painted) + "\n" + lines;
  }
  text += section_table(run) + "\n";
  for (const std::string& remark : run.remarks) text += "Note: " + visible(remark) + "\n";
  const Tally tally = tally_of(run.outcomes);
  text += painted("1", std::to_string(tally.all()) + " tests in " + duration_text(run.took), style.painted);
  return text + (tally.all() == 0 ? "" : ": " + tally.text()) + "\n";
}

}  // namespace lunway::conformance
