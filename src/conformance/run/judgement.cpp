// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/run/judgement.h"

#include <algorithm>
#include <optional>

namespace lunway::conformance {
namespace {

Verdict verdict_of(const Test& test, const ScriptBase& script, bool strict) {
  const auto weighs = [](Finding::Weight weight) {
    return [weight](const Finding& finding) { return finding.weight == weight; };
  };
  const bool failed = std::ranges::any_of(script.findings(), weighs(Finding::Weight::failure));
  const bool warned = std::ranges::any_of(script.findings(), weighs(Finding::Weight::warning));
  // What is only recommended cannot be broken.
  const bool duty = is_duty(level_of(test));
  if (failed) return duty || strict ? Verdict::fail : Verdict::warn;
  if (script.is_inapplicable()) return Verdict::inapplicable;
  if (script.is_inconclusive()) return Verdict::inconclusive;
  if (warned) return strict ? Verdict::fail : Verdict::warn;
  return Verdict::pass;
}

}  // namespace

Outcome judge(const Test& test, const ScriptBase& script, const Exchange& exchange,
              std::span<const Violation> violations, bool strict) {
  Outcome outcome{.test = &test,
                  .verdict = verdict_of(test, script, strict),
                  .reason = script.reason(),
                  .findings = script.findings(),
                  .events = exchange.events()};
  for (const Violation& violation : violations) {
    outcome.findings.push_back(violation.finding);
    const bool fails = strict || violation.finding.weight == Finding::Weight::failure;
    if (fails) {
      outcome.verdict = Verdict::fail;
    } else if (outcome.verdict == Verdict::pass) {
      outcome.verdict = Verdict::warn;
    }
  }
  return outcome;
}

Outcome not_run(const Test& test, Verdict verdict, std::string reason) {
  return {.test = &test, .verdict = verdict, .reason = std::move(reason)};
}

std::optional<Need> unmet(const Test& test, Needs abilities) {
  for (unsigned index = 0; index < kNeedCount; ++index) {
    const auto need = static_cast<Need>(index);
    if (test.needs.has(need) && !abilities.has(need)) return need;
  }
  return std::nullopt;
}

}  // namespace lunway::conformance
