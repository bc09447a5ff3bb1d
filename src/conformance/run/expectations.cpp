// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/run/expectations.h"

#include <algorithm>

namespace lunway::conformance {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What was found first, for a line of the file.
std::string reason_of(const Outcome& outcome) {
  if (outcome.findings.empty()) return outcome.reason;
  const Finding& finding = outcome.findings.front();
  return "expected " + finding.expected + (finding.got.empty() ? "" : "; got " + finding.got);
}

}  // namespace

Result<Expectations> Expectations::parse(std::string_view text) {
  Expectations expectations;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t blank = line.find_first_of(kBlanks);
    const std::string_view reason = blank == std::string_view::npos ? std::string_view() : trimmed(line.substr(blank));
    if (reason.empty()) return failure(EINVAL, "line " + std::to_string(number) + ": a test without a reason");
    if (!expectations.reasons_.emplace(line.substr(0, blank), reason).second) {
      return failure(EINVAL, "line " + std::to_string(number) + ": this test has a line already");
    }
  }
  return expectations;
}

void Expectations::apply(Outcome& outcome) const {
  const auto known = reasons_.find(outcome.test->id);
  if (known == reasons_.end()) return;
  if (outcome.verdict == Verdict::fail || outcome.verdict == Verdict::inconclusive) {
    outcome.verdict = Verdict::known_failure;
    outcome.reason = known->second;
  } else if (outcome.verdict == Verdict::pass) {
    outcome.verdict = Verdict::unexpected_pass;
    outcome.reason = known->second;
  }
}

std::string write_expectations(std::span<const Outcome> outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    const bool fails = outcome.verdict == Verdict::fail || outcome.verdict == Verdict::known_failure ||
                       outcome.verdict == Verdict::inconclusive;
    if (!fails) continue;
    std::string reason = outcome.verdict == Verdict::known_failure ? outcome.reason : reason_of(outcome);
    std::ranges::replace(reason, '\n', ' ');
    text += std::string(outcome.test->id) + " " + reason + "\n";
  }
  return text;
}

bool has_news(std::span<const Outcome> outcomes) {
  return std::ranges::any_of(outcomes, [](const Outcome& outcome) {
    return outcome.verdict == Verdict::fail || outcome.verdict == Verdict::inconclusive ||
           outcome.verdict == Verdict::unexpected_pass;
  });
}

}  // namespace lunway::conformance
