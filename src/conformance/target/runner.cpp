// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/target/runner.h"

#include <algorithm>

#include "conformance/check/checker.h"
#include "conformance/run/judgement.h"
#include "conformance/run/work_queue.h"
#include "conformance/target/survival.h"
#include "conformance/target/target_script.h"
#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

constexpr std::uint64_t kRandomIsid = std::uint64_t{2} << 46;  // T is 10b
//= rfc7143#11.12.5
constexpr std::uint32_t kMostWindowBlocks = 4096;

/// Characters of an iSCSI name only.
//= rfc7143#4.2.7.2
std::string name_part(std::string_view id) {
  std::string part;
  for (const char letter : id) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.';
    part += plain ? letter : '-';
  }
  return part;
}

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return hash;
}

class TargetRun {
 public:
  TargetRun(const TargetUnderTest& target, const TargetFacts& facts, const RunOptions& options, RunObserver* observer)
      : target_(target), facts_(facts), options_(options), survival_(target, observer) {}

  Outcome run(const Test& test, unsigned worker) {
    if (const std::optional<Need> need = unmet(test, facts_.abilities)) {
      return not_run(test, Verdict::inapplicable, "needs " + std::string(to_string(*need)));
    }
    if (survival_.is_lost()) return not_run(test, Verdict::inconclusive, "the target is gone");
    const unsigned deaths = survival_.deaths();
    Outcome outcome = run_script(test, worker);
    survival_.check();
    // Somebody ended the target meanwhile: it is not known who, until each runs by itself.
    if (survival_.deaths() != deaths) outcome = not_run(test, Verdict::inconclusive, std::string(kWitnessedDeath));
    return outcome;
  }

  /// Once nothing else runs: the outcome of a test during which the target went away.
  Outcome run_alone(const Test& test) {
    if (survival_.is_lost()) return not_run(test, Verdict::inconclusive, "the target is gone");
    const unsigned deaths = survival_.deaths();
    Outcome outcome = run_script(test, 0);
    survival_.check();
    if (survival_.deaths() == deaths) return outcome;
    outcome.verdict = Verdict::fail;
    outcome.findings.push_back(
        {.expected = "the target survives", .got = "it no longer takes connections", .at = outcome.events.size()});
    return outcome;
  }

  static bool witnessed_death(const Outcome& outcome) { return outcome.reason == kWitnessedDeath; }

 private:
  static constexpr std::string_view kWitnessedDeath = "the target went away during this test";

  Outcome run_script(const Test& test, unsigned worker) {
    const Instant begin = runtime::read_clock();
    InvariantChecker checker(wire::Role::target);
    Exchange exchange(&checker);
    TargetScript script(test, exchange, options_.patience, hash_of(test.id, options_.seed), target_, facts_,
                        identity_of(test, worker));
    try {
      test.script.run(script);
    } catch (const ScriptEnded&) {
      script.note("the script ends here");
    }
    Outcome outcome = judge(test, script, exchange, checker.violations(), options_.strict);
    outcome.took = runtime::read_clock() - begin;
    return outcome;
  }

  Identity identity_of(const Test& test, unsigned worker) const {
    const std::uint64_t hash = hash_of(test.id, options_.seed);
    const std::uint64_t share = facts_.blocks / worker_count(options_);
    return {.initiator_name = target_.initiator_name_stem + "." + name_part(test.id),
            .isid = kRandomIsid | (hash & 0xffffff) << 16 | (hash >> 24 & 0xffff),
            .window = {.first = share * worker,
                       .blocks = static_cast<std::uint32_t>(std::min<std::uint64_t>(share, kMostWindowBlocks))}};
  }

  const TargetUnderTest& target_;
  const TargetFacts& facts_;
  const RunOptions& options_;
  Survival survival_;
};

}  // namespace

std::vector<Outcome> run_target_tests(std::span<const Test* const> tests, const TargetUnderTest& target,
                                      const TargetFacts& facts, const RunOptions& options, RunObserver* observer) {
  TargetRun run(target, facts, options, observer);
  std::vector<Outcome> outcomes =
      run_all(tests, options, [&](const Test& test, unsigned worker) { return run.run(test, worker); }, observer);
  for (Outcome& outcome : outcomes) {
    if (!TargetRun::witnessed_death(outcome)) continue;
    outcome = run.run_alone(*outcome.test);
    if (observer != nullptr) observer->on_finished(outcome);
  }
  return outcomes;
}

}  // namespace lunway::conformance
