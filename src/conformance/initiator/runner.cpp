// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/runner.h"

#include "conformance/check/checker.h"
#include "conformance/initiator/initiator_script.h"
#include "conformance/run/judgement.h"
#include "conformance/run/work_queue.h"
#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

constexpr std::string_view kNameStem = "iqn.2026-11.io.lunway:conform.";

/// Characters of an iSCSI name only.
//= rfc7143#4.2.7.2
std::string target_name(std::string_view id) {
  std::string name(kNameStem);
  for (const char letter : id) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.';
    name += plain ? letter : '-';
  }
  return name;
}

std::uint64_t seed_of(std::string_view id, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char letter : id) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return hash;
}

Outcome run_one(const Test& test, const InitiatorUnderTest& initiator, const InitiatorFacts& facts,
                const RunOptions& options) {
  if (const std::optional<Need> need = unmet(test, facts.abilities)) {
    return not_run(test, Verdict::inapplicable, "needs " + std::string(to_string(*need)));
  }
  const Instant begin = runtime::read_clock();
  auto listener = runtime::BlockingListener::open(initiator.listen);
  if (!listener) return not_run(test, Verdict::inconclusive, listener.error().message);
  InvariantChecker checker(wire::Role::initiator);
  Exchange exchange(&checker);
  InitiatorScript script(test, exchange, options.patience, seed_of(test.id, options.seed), initiator, facts,
                         std::move(*listener), target_name(test.id));
  try {
    test.script.run(script);
  } catch (const ScriptEnded&) {
    script.note("the script ends here");
  }
  Outcome outcome = judge(test, script, exchange, checker.violations(), options.strict);
  outcome.took = runtime::read_clock() - begin;
  return outcome;
}

}  // namespace

std::vector<Outcome> run_initiator_tests(std::span<const Test* const> tests, const InitiatorUnderTest& initiator,
                                         const InitiatorFacts& facts, const RunOptions& options,
                                         RunObserver* observer) {
  if (observer != nullptr) {
    for (const std::string& remark : facts.remarks) observer->on_remark(remark);
  }
  return run_all(
      tests, options, [&](const Test& test, unsigned /*worker*/) { return run_one(test, initiator, facts, options); },
      observer);
}

}  // namespace lunway::conformance
