// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/initiator/runner.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

constexpr std::string_view kProbeName = "iqn.2026-11.io.lunway:conform.probe";

/// Only for its pace: a probe is no test of the catalogue.
constexpr Test kProbe{.id = "probe/driver",
                      .title = "What the driver makes the initiator do",
                      .proves = {},
                      .about = "",
                      .script = [](InitiatorScript&) {}};

/// What one run of a driver showed.
struct Sight {
  std::string trouble;
  Text offers;
  bool reads = false;
  bool writes = false;
  bool discovers = false;
  bool pings = false;
};

class Probe {
 public:
  Probe(const InitiatorUnderTest& initiator, const RunOptions& options) : initiator_(initiator), options_(options) {
    facts_.commands = initiator.commands;
  }

  InitiatorFacts run() {
    const Sight any = look(Traffic::any);
    facts_.offers = any.offers;
    facts_.trouble = any.trouble;
    if (!facts_.trouble.empty()) return std::move(facts_);
    learn(any, Traffic::any);
    for (const Traffic traffic : {Traffic::reads, Traffic::writes, Traffic::discovers}) {
      if (initiator_.commands[static_cast<std::size_t>(traffic)].empty()) continue;
      const Sight sight = look(traffic);
      if (sight.trouble.empty()) {
        learn(sight, traffic);
      } else {
        facts_.remarks.push_back(initiator_.commands[static_cast<std::size_t>(traffic)] + ": " + sight.trouble);
      }
    }
    if (comes_again()) facts_.abilities.add(Need::reconnects);
    look_at_chap();
    return std::move(facts_);
  }

 private:
  /// Runs `script` with everything it needs. False when it could not run, or ended itself.
  template <class Function>
  std::string with_script(Exchange& exchange, Function function) {
    auto listener = runtime::BlockingListener::open(initiator_.listen);
    if (!listener) return listener.error().message;
    InitiatorScript script(kProbe, exchange, options_.patience, options_.seed, initiator_, facts_, std::move(*listener),
                           std::string(kProbeName));
    try {
      function(script);
    } catch (const ScriptEnded&) {
      return script.reason().empty() ? "the driver does not do as expected" : script.reason();
    }
    return {};
  }

  Sight look(Traffic traffic) {
    Exchange exchange;
    Sight sight;
    sight.trouble = with_script(exchange, [&](InitiatorScript& s) {
      ServedLink& link = s.start(traffic);
      sight.offers = link.login().offers;
      s.serve_all();
      const auto end = s.driver_ending(s.patience().answer);
      if (!end || !end->ok()) s.inconclusive("the driver has no success with a plain target" + s.driver_state());
    });
    for (const Event& event : exchange.events()) {
      if (event.kind == Event::Kind::pdu && !event.by_script) note(event.pdu, sight);
    }
    return sight;
  }

  static void note(const Pdu& pdu, Sight& sight) {
    if (pdu.is(Opcode::scsi_command)) {
      sight.reads = sight.reads || is_read(cdb_of(pdu));
      sight.writes = sight.writes || is_write(cdb_of(pdu));
    } else if (pdu.is(Opcode::text_request)) {
      sight.discovers = sight.discovers || find_value(pdu.text(), "SendTargets") != nullptr;
    } else if (pdu.is(Opcode::nop_out)) {
      sight.pings = sight.pings || pdu[field::kItt] != kReservedTag;
    }
  }

  void learn(const Sight& sight, Traffic by) {
    const auto can = [&](bool seen, Need need, Traffic traffic) {
      if (!seen || (by == Traffic::any && facts_.abilities.has(need))) return;
      facts_.abilities.add(need);
      std::string& command = facts_.commands[static_cast<std::size_t>(traffic)];
      if (command.empty()) command = initiator_.commands[static_cast<std::size_t>(by)];
    };
    can(sight.reads, Need::reads_data, Traffic::reads);
    can(sight.writes, Need::writes_data, Traffic::writes);
    can(sight.discovers, Need::discovers, Traffic::discovers);
    if (sight.pings) facts_.abilities.add(Need::pings);
  }

  /// Whether it logs in once more when its connection ends in the midst of things.
  bool comes_again() {
    bool again = false;
    Exchange exchange;
    (void)with_script(exchange, [&](InitiatorScript& s) {
      ServedLink& link = s.start();
      (void)link.serve_until(Opcode::scsi_command);
      link.connection().close();
      again = s.try_accept(s.patience().answer) != nullptr;
    });
    return again;
  }

  void look_at_chap() {
    if (!initiator_.account) return;
    Exchange exchange;
    const std::string trouble =
        with_script(exchange, [&](InitiatorScript& s) { (void)s.start(Traffic::any, {.authenticate = true}); });
    if (trouble.empty()) {
      facts_.abilities.add(Need::authenticates);
    } else {
      facts_.remarks.push_back("CHAP: " + trouble);
    }
    if (!initiator_.target_account) return;
    Exchange mutual;
    (void)with_script(mutual, [&](InitiatorScript& s) {
      ServedLink& link = s.log_in(s.begin(Traffic::any, Credentials::both), {.authenticate = true});
      if (find_value(link.login().offers, "CHAP_C") != nullptr) facts_.abilities.add(Need::demands_mutual);
    });
  }

  const InitiatorUnderTest& initiator_;
  const RunOptions& options_;
  InitiatorFacts facts_;
};

}  // namespace

InitiatorFacts probe_initiator(const InitiatorUnderTest& initiator, const RunOptions& options) {
  return Probe(initiator, options).run();
}

}  // namespace lunway::conformance
