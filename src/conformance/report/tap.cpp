// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/tap.h"

#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

// TAP's directive for what is known not to work.
constexpr std::string_view kKnown =
    "TO"
    "DO";

/// A '#' would begin a directive.
std::string plain(std::string_view text) {
  std::string out;
  for (const char character : visible(text)) {
    if (character == '#') out += '\\';
    out += character;
  }
  return out;
}

/// In single quotes nothing has a meaning but the quote.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char character : visible(text)) {
    if (character == '\'') out += '\'';
    out += character;
  }
  return out + "'";
}

bool is_ok(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::warn || verdict == Verdict::inapplicable;
}

std::string block(const Outcome& outcome) {
  std::string yaml = "  ---\n  verdict: " + quoted(to_string(outcome.verdict)) + "\n";
  if (!outcome.reason.empty()) yaml += "  reason: " + quoted(outcome.reason) + "\n";
  if (!outcome.findings.empty()) yaml += "  findings:\n";
  for (const Finding& finding : outcome.findings) {
    yaml += "    - expected: " + quoted(finding.expected) + "\n      got: " + quoted(finding.got) +
            "\n      section: " + quoted(finding.section.empty() ? outcome.test->section() : finding.section) + "\n";
  }
  return yaml + "  ...\n";
}

std::string line(std::size_t number, const Outcome& outcome) {
  std::string text = is_ok(outcome.verdict) ? "ok " : "not ok ";
  text += std::to_string(number) + " - " + plain(outcome.test->id) + " " + plain(outcome.test->title);
  if (outcome.verdict == Verdict::inapplicable) text += " # SKIP " + plain(outcome.reason);
  if (outcome.verdict == Verdict::known_failure) text += " # " + std::string(kKnown) + " " + plain(outcome.reason);
  return text + "\n";
}

}  // namespace

std::string tap_report(const RunResult& run) {
  std::string tap = "TAP version 13\n1.." + std::to_string(run.outcomes.size()) + "\n# " +
                    std::string(to_string(run.judged)) + " " + plain(run.label) + " " + plain(run.subject) + "\n";
  std::size_t number = 0;
  for (const Outcome& outcome : run.outcomes) {
    tap += line(++number, outcome);
    if (needs_a_look(outcome.verdict)) tap += block(outcome);
  }
  return tap + "# " + tally_of(run.outcomes).text() + "\n";
}

}  // namespace lunway::conformance
