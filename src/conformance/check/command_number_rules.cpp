// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CmdSN of the initiator; ExpCmdSN and MaxCmdSN of the target.
//= rfc7143#4.2.2.1

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;
using wire::Role;

constexpr CheckerRule kOneByOne{.id = "cmd-sn/one-by-one",
                                .title = "Each command that is not immediate has the next CmdSN",
                                .proves = "R7143-4.2.2.1-03 R7143-4.2.2.1-08 R7143-4.2.2.1-13",
                                .judges = Side::initiator,
                                .section = "4.2.2.1"};
constexpr CheckerRule kImmediate{.id = "cmd-sn/immediate-takes-none",
                                 .title = "An immediate command carries the current CmdSN and does not use it up",
                                 .proves = "R7143-4.2.2.1-01 R7143-4.2.2.1-02",
                                 .judges = Side::initiator,
                                 .section = "4.2.2.1"};
constexpr CheckerRule kConstantInLogin{.id = "cmd-sn/constant-in-login",
                                       .title = "All Login Requests of a Login Phase carry the same CmdSN",
                                       .judges = Side::initiator,
                                       .section = "11.12.8"};
constexpr CheckerRule kWithinWindow{.id = "cmd-sn/within-the-window",
                                    .title = "No command that is not immediate goes beyond MaxCmdSN",
                                    .judges = Side::initiator,
                                    .section = "4.2.2.1"};
constexpr CheckerRule kMaxNotBelow{.id = "window/max-not-below-expected",
                                   .title = "MaxCmdSN is never less than ExpCmdSN - 1",
                                   .proves = "R7143-4.2.2.1-11",
                                   .judges = Side::target,
                                   .section = "4.2.2.1"};
constexpr CheckerRule kExpectedForward{.id = "window/expected-only-forward",
                                       .title = "ExpCmdSN never goes back on a connection",
                                       .proves = "R7143-4.2.2.1-09",
                                       .judges = Side::target,
                                       .section = "4.2.2.1"};
constexpr CheckerRule kMaxForward{.id = "window/max-only-forward",
                                  .title = "MaxCmdSN never goes back on a connection",
                                  .judges = Side::target,
                                  .section = "4.2.2.1",
                                  .weight = Finding::Weight::warning};
constexpr CheckerRule kExpectedSent{.id = "window/expected-not-beyond-what-was-sent",
                                    .title = "ExpCmdSN acknowledges only commands that the initiator has sent",
                                    .proves = "R7143-4.2.2.1-09 R7143-4.2.2.1-13",
                                    .judges = Side::target,
                                    .section = "4.2.2.1"};
constexpr CheckerRule kBeginsWithLogin{.id = "window/begins-with-the-login",
                                       .title = "The leading login's CmdSN is the first ExpCmdSN",
                                       .proves = "R7143-11.12.8-01",
                                       .judges = Side::target,
                                       .section = "11.12.8"};
constexpr CheckerRule kAcknowledged{.id = "window/acknowledged-before-answered",
                                    .title = "No status comes before the acknowledgement of its command",
                                    .proves = "R7143-4.2.2.1-16",
                                    .judges = Side::target,
                                    .section = "4.2.2.1"};

constexpr const CheckerRule* kRules[] = {&kOneByOne,        &kImmediate,       &kConstantInLogin, &kWithinWindow,
                                         &kMaxNotBelow,     &kExpectedForward, &kMaxForward,      &kExpectedSent,
                                         &kBeginsWithLogin, &kAcknowledged};

/// A number may come again when its command may have been lost or refused.
//= rfc7143#7.2.1
bool may_be_retried(const Sight& sight) {
  if (sight.connection.reject_seen || sight.connection.snack_seen) return true;
  if (!sight.connection.agreed().is(KeyId::error_recovery_level, 0)) return true;
  const auto task = sight.session().tasks.find(sight.pdu[field::kItt]);
  return task != sight.session().tasks.end() && task->second.request[field::kCmdSn] == sight.pdu[field::kCmdSn];
}

void judge_numbered(const Sight& sight) {
  const std::uint32_t cmd_sn = sight.pdu[field::kCmdSn];
  const std::optional<std::uint32_t> next = sight.session().next_cmd_sn;
  const std::optional<std::uint32_t> highest = sight.connection.highest_cmd_sn;
  if (sight.session().connections > 1) {
    // The commands of several connections pass us in another order than they were numbered in.
    if (highest && !precedes(*highest, cmd_sn) && !may_be_retried(sight)) {
      sight.violates(kOneByOne, "a CmdSN after " + hex(*highest), with(sight.pdu, field::kCmdSn));
    }
  } else if (next && cmd_sn != *next && (precedes(*next, cmd_sn) || !may_be_retried(sight))) {
    sight.violates(kOneByOne, "CmdSN " + hex(*next), with(sight.pdu, field::kCmdSn));
  }
  const std::optional<std::uint32_t> most = sight.session().max_cmd_sn;
  if (most && precedes(*most, cmd_sn) && sight.peer_is_honest()) {
    sight.violates(kWithinWindow, "CmdSN " + hex(*most) + " at most", with(sight.pdu, field::kCmdSn));
  }
}

void judge_initiator(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const ConnectionModel& connection = sight.connection;
  if (sight.is(Opcode::login_request) && connection.login.first_request && connection.phase == Phase::login &&
      pdu[field::kCmdSn] != (*connection.login.first_request)[field::kCmdSn] && sight.session().connections == 0) {
    sight.violates(kConstantInLogin, "CmdSN " + hex((*connection.login.first_request)[field::kCmdSn]),
                   with(pdu, field::kCmdSn));
  }
  if (!has_cmd_sn(pdu) || !sight.in_full_feature() || !sight.session().is_known) return;
  if (pdu[field::kImmediate] == 0) return judge_numbered(sight);
  const std::optional<std::uint32_t> next = sight.session().next_cmd_sn;
  if (next && sight.session().connections == 1 && pdu[field::kCmdSn] != *next && !may_be_retried(sight)) {
    sight.violates(kImmediate, "CmdSN " + hex(*next), with(pdu, field::kCmdSn));
  }
}

/// A status tells that its command has arrived.
void judge_acknowledgement(const Sight& sight) {
  if (!is_final_answer(sight.pdu)) return;
  const auto task = sight.session().tasks.find(sight.pdu[field::kItt]);
  if (task == sight.session().tasks.end() || task->second.is_immediate() || task->second.in_doubt) return;
  const std::uint32_t cmd_sn = task->second.request[field::kCmdSn];
  const bool before = sight.session().exp_cmd_sn && precedes(cmd_sn, *sight.session().exp_cmd_sn);
  if (before || precedes(cmd_sn, sight.pdu[field::kExpCmdSn])) return;
  sight.violates(kAcknowledged, "ExpCmdSN after " + hex(cmd_sn), with(sight.pdu, field::kExpCmdSn));
}

void judge_target(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const ConnectionModel& connection = sight.connection;
  // Of a refusal only the status counts.
  if (sight.is(Opcode::login_response) && pdu[field::kStatusClass] != 0) return;
  const std::uint32_t expected = pdu[field::kExpCmdSn];
  const std::uint32_t most = pdu[field::kMaxCmdSn];
  if (precedes(most, expected - 1)) {
    sight.violates(kMaxNotBelow, "MaxCmdSN " + hex(expected - 1) + " or later", with(pdu, field::kMaxCmdSn));
  }
  if (connection.exp_cmd_sn && precedes(expected, *connection.exp_cmd_sn)) {
    sight.violates(kExpectedForward, "ExpCmdSN " + hex(*connection.exp_cmd_sn) + " or later",
                   with(pdu, field::kExpCmdSn));
  }
  if (connection.max_cmd_sn && precedes(most, *connection.max_cmd_sn)) {
    sight.violates(kMaxForward, "MaxCmdSN " + hex(*connection.max_cmd_sn) + " or later", with(pdu, field::kMaxCmdSn));
  }
  const std::optional<std::uint32_t> next = sight.session().next_cmd_sn;
  if (!next || !sight.peer_is_honest()) return;
  if (connection.phase == Phase::login && !connection.joins) {
    if (expected != *next) sight.violates(kBeginsWithLogin, "ExpCmdSN " + hex(*next), with(pdu, field::kExpCmdSn));
  } else if (precedes(*next, expected)) {
    sight.violates(kExpectedSent, "ExpCmdSN " + hex(*next) + " at most", with(pdu, field::kExpCmdSn));
  }
  judge_acknowledgement(sight);
}

void judge(const Sight& sight) {
  if (wire::sender_of(sight.pdu.opcode()) != sight.sender) return;
  if (sight.sender == Role::target) {
    judge_target(sight);
  } else {
    judge_initiator(sight);
  }
}

}  // namespace

constexpr Family kCommandNumberFamily{kRules, judge};

}  // namespace lunway::conformance
