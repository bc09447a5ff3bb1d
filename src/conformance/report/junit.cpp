// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/junit.h"

#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

std::string counts(const Tally& tally) {
  return attribute("tests", std::to_string(tally.all())) +
         attribute("failures", std::to_string(tally.of(Verdict::fail) + tally.of(Verdict::unexpected_pass))) +
         attribute("errors", std::to_string(tally.of(Verdict::inconclusive))) +
         attribute("skipped", std::to_string(tally.of(Verdict::inapplicable) + tally.of(Verdict::known_failure)));
}

/// What stands in the element of the verdict: a line for each part of each finding.
std::string findings_text(const Outcome& outcome) {
  std::string text;
  for (const Finding& finding : outcome.findings) {
    text += "expected: " + escaped(finding.expected) + "\n";
    if (!finding.got.empty()) text += "got: " + escaped(finding.got) + "\n";
    text += "section: " + escaped(finding.section.empty() ? outcome.test->section() : finding.section) + "\n";
  }
  return text;
}

std::string message_of(const Outcome& outcome) {
  if (!outcome.reason.empty() || outcome.findings.empty()) return outcome.reason;
  const Finding& first = outcome.findings.front();
  return first.got.empty() ? first.expected : first.expected + "; got " + first.got;
}

/// The name of the element that says how the test ended; empty for a test that passed.
std::string_view element_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::fail:
    case Verdict::unexpected_pass:
      return "failure";
    case Verdict::inconclusive:
      return "error";
    case Verdict::inapplicable:
    case Verdict::known_failure:
      return "skipped";
    case Verdict::pass:
    case Verdict::warn:
      break;
  }
  return {};
}

std::string test_case(const RunResult& run, const Outcome& outcome) {
  const std::string_view id = outcome.test->id;
  std::string xml =
      "    <testcase" + attribute("name", id.substr(id.find('/') + 1)) +
      attribute("classname", std::string(to_string(run.judged)) + "." + std::string(outcome.test->section())) +
      attribute("time", seconds_text(outcome.took));
  const std::string_view element = element_of(outcome.verdict);
  const std::string text = findings_text(outcome);
  if (element.empty() && text.empty()) return xml + "/>\n";
  xml += ">\n";
  if (element.empty()) {
    xml += "      <system-out>" + text + "</system-out>\n";
  } else {
    xml += "      <" + std::string(element);
    // Readers of JUnit expect no type where nothing went wrong.
    if (element != "skipped") xml += attribute("type", to_string(outcome.verdict));
    xml += attribute("message", message_of(outcome)) + ">" + text + "</" + std::string(element) + ">\n";
  }
  return xml + "    </testcase>\n";
}

std::string property(std::string_view name, std::string_view value) {
  return "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

}  // namespace

std::string junit_report(const RunResult& run) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", "lunway conform") +
                    counts(tally_of(run.outcomes)) + attribute("time", seconds_text(run.took)) + ">\n";
  for (const SectionOutcomes& section : by_section(run.outcomes)) {
    xml += "  <testsuite" + attribute("name", std::string(to_string(run.judged)) + " " + std::string(section.section)) +
           counts(section.tally);
    if (!run.date.empty()) xml += attribute("timestamp", run.date);
    xml += ">\n    <properties>\n" + property("subject", run.subject) + property("label", run.label) +
           property("suite", run.suite) + property("seed", std::to_string(run.seed)) + "    </properties>\n";
    for (const Outcome* outcome : section.outcomes) xml += test_case(run, *outcome);
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace lunway::conformance
