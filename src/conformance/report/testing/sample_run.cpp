// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/testing/sample_run.h"

#include <algorithm>
#include <utility>

namespace lunway::conformance {
namespace {

constexpr Test kTests[] = {
    {.id = "6.3.1/passes",
     .title = "The target answers",
     .proves = "R7143-6.3.1-01",
     .about = "Says something and looks at the answer.",
     .script = [](TargetScript&) {}},
    {.id = "10.1/fails",
     .title = "The target keeps quiet",
     .proves = "R7143-4.2.1-01 R7143-6.3.1-01",
     .about = "Says nothing.",
     .script = [](TargetScript&) {}},
    {.id = "6.3/warns", .title = "C", .proves = {}, .about = "Third.", .script = [](TargetScript&) {}},
    {.id = "6.3/does-not-apply",
     .title = "D",
     .proves = {},
     .needs = {Need::chap, Need::writes},
     .about = "Fourth.",
     .script = [](TargetScript&) {}},
    {.id = "6.3/stays-open", .title = "E", .proves = {}, .about = "Fifth.", .script = [](TargetScript&) {}},
    {.id = "6.3/is-known", .title = "F", .proves = {}, .about = "Sixth.", .script = [](TargetScript&) {}},
    {.id = "6.3/surprises", .title = "G", .proves = {}, .about = "Seventh.", .script = [](TargetScript&) {}},
};

Instant at(int ms) { return Instant() + std::chrono::milliseconds(ms); }

Event pdu_event(Pdu pdu, int ms, wire::Role sender, bool by_script) {
  std::vector<std::byte> bytes = encode(pdu, {});
  return {.kind = Event::Kind::pdu,
          .when = at(ms),
          .sender = sender,
          .pdu = std::move(pdu),
          .bytes = std::move(bytes),
          .by_script = by_script};
}

std::vector<Event> exchange() {
  std::vector<Event> events;
  events.push_back({.kind = Event::Kind::opened, .when = at(1000), .by_script = true});
  events.push_back({.kind = Event::Kind::note, .when = at(1000), .text = "a login with a key of <b>ours</b>"});
  events.push_back(pdu_event(
      Pdu(wire::Opcode::login_request, true).set(field::kIsid, 0x800000000001).with_text({{"InitiatorName", "iqn.a"}}),
      1001, wire::Role::initiator, true));
  events.push_back(pdu_event(
      Pdu(wire::Opcode::login_response).set(field::kStatSn, 7).with_text({{"TargetAlias", std::string(kHostile)}}),
      1003, wire::Role::target, false));
  events.push_back({.kind = Event::Kind::finding, .when = at(1003), .text = "expected silence; got an answer"});
  events.push_back({.kind = Event::Kind::bytes,
                    .when = at(1004),
                    .sender = wire::Role::initiator,
                    .bytes = {std::byte{0xde}, std::byte{0xad}},
                    .by_script = true});
  events.push_back({.kind = Event::Kind::closed, .when = at(1005), .sender = wire::Role::target});
  return events;
}

}  // namespace

RunResult sample_run() {
  RunResult run{.subject = "iscsi://127.0.0.1/iqn.2026-11.io.example:db/0",
                .label = "example 1.2",
                .date = "2026-11-23",
                .suite = "0.1.0",
                .seed = 7,
                .took = std::chrono::milliseconds(2500)};
  for (const Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::warn, Verdict::inapplicable,
                                Verdict::inconclusive, Verdict::known_failure, Verdict::unexpected_pass}) {
    Outcome outcome;
    outcome.test = &kTests[run.outcomes.size()];
    outcome.verdict = verdict;
    outcome.took = std::chrono::microseconds(4200);
    if (verdict == Verdict::fail || verdict == Verdict::warn || verdict == Verdict::known_failure) {
      const bool fails = verdict != Verdict::warn;
      outcome.findings.push_back({.weight = fails ? Finding::Weight::failure : Finding::Weight::warning,
                                  .expected = "silence",
                                  .got = std::string(kHostile),
                                  .section = fails ? "11.3.4" : "",
                                  .at = 4});
    }
    if (verdict != Verdict::pass && outcome.findings.empty()) outcome.reason = "reason of " + std::string(kHostile);
    if (verdict != Verdict::inapplicable) outcome.events = exchange();
    run.outcomes.push_back(std::move(outcome));
  }
  return run;
}

const Outcome& outcome_with(const RunResult& run, Verdict verdict) {
  return *std::ranges::find(run.outcomes, verdict, &Outcome::verdict);
}

}  // namespace lunway::conformance
