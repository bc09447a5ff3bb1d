// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a test says of itself. The tests of a section are one constexpr array in one file:
//
//   constexpr Test kTests[] = {
//       {.id = "6.3.1/portal-group-tag-in-first-response",
//        .title = "The first Login Response of a normal session carries the target portal group tag",
//        .proves = "R7143-6.3.1-01 R7143-13.9-02",
//        .about = "Sends a Login Request with a TargetName and looks for TargetPortalGroupTag in the answer. ...",
//        .script = [](TargetScript& s) { ... }},
//   };

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "conformance/ledger/rows.h"

namespace lunway::conformance {

class TargetScript;
class InitiatorScript;

/// Which implementation a test judges.
enum class Judged : std::uint8_t { target, initiator };

/// What the implementation under test must be able to do, or what it must have been given, for a test to say anything.
/// The probe finds out; a test whose needs are not met is inapplicable, and the report says which one.
enum class Need : std::uint8_t {
  // A target's.
  discovery,            // a discovery session can be opened
  chap,                 // a CHAP account was given
  mutual_chap,          // and the target's own
  no_authentication,    // it can be logged in to without authentication
  header_digest,        // CRC32C is accepted
  data_digest,          //
  several_connections,  // MaxConnections > 1 is accepted
  recovery_level_1,     // ErrorRecoveryLevel
  recovery_level_2,     //
  initial_r2t_no,       // InitialR2T=No is accepted
  immediate_data,       // ImmediateData=Yes is accepted
  several_r2ts,         // MaxOutstandingR2T > 1 is accepted
  response_fence,       // TaskReporting=ResponseFence is accepted
  fast_abort,           // TaskReporting=FastAbort is accepted
  protocol_level_2,     // iSCSIProtocolLevel=2 is accepted
  disk,                 // the LUN is a direct access device with a medium
  writes,               // the operator allows to overwrite data: --dataloss
  second_lun,           //
  restart,              // the operator said how to restart it
  // An initiator's, by what the driver commands make it do.
  reads_data,      // it sends READ commands
  writes_data,     // it sends WRITE commands
  discovers,       // it opens a discovery session
  authenticates,   // it was given a CHAP account
  demands_mutual,  // and wants the target to authenticate
  reconnects,      // it logs in again when a connection fails
  pings,           // it sends NOP-Outs of its own
};

std::string_view to_string(Need need);

/// A set of needs.
class Needs {
 public:
  constexpr Needs() = default;
  constexpr Needs(std::initializer_list<Need> needs) {
    for (const Need need : needs) add(need);
  }
  constexpr void add(Need need) { bits_ |= bit(need); }
  constexpr bool has(Need need) const { return (bits_ & bit(need)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint64_t bit(Need need) { return std::uint64_t{1} << static_cast<unsigned>(need); }
  std::uint64_t bits_ = 0;
};
inline constexpr unsigned kNeedCount = static_cast<unsigned>(Need::pings) + 1;

/// How long a test takes by its nature: slow ones wait for clocks of the protocol, and run beside the others.
enum class Pace : std::uint8_t { quick, slow };

/// The linear text of a test, made from a lambda without captures.
class Script {
 public:
  template <std::invocable<TargetScript&> Function>
  constexpr Script(Function function)  // NOLINT(google-explicit-constructor): a table names its scripts by lambdas.
      : target_(function) {}
  template <std::invocable<InitiatorScript&> Function>
  constexpr Script(Function function)  // NOLINT(google-explicit-constructor)
      : initiator_(function) {}

  constexpr Judged judged() const { return target_ != nullptr ? Judged::target : Judged::initiator; }
  void run(TargetScript& script) const { target_(script); }
  void run(InitiatorScript& script) const { initiator_(script); }

 private:
  void (*target_)(TargetScript&) = nullptr;
  void (*initiator_)(InitiatorScript&) = nullptr;
};

/// All text is static.
struct Test {
  /// The section, a slash, a slug: stable for ever, unique among the tests of a role.
  std::string_view id;
  /// One sentence without a full stop: the behaviour that is right.
  std::string_view title;
  Rows proves;
  Needs needs{};
  Pace pace = Pace::quick;
  /// It touches what other sessions share (resets a unit, say), so nothing else runs beside it.
  bool alone = false;
  /// In a family of tests with one script: which of its subjects this one is about.
  unsigned variant = 0;
  /// What the test does and why that proves the rows, for the page of the test.
  std::string_view about;
  Script script;

  constexpr Judged judged() const { return script.judged(); }
  /// What stands before the slash.
  constexpr std::string_view section() const { return id.substr(0, id.find('/')); }
};

/// The strictest level of the rows that the test proves: a failed test of a SHOULD is a warning.
Level level_of(const Test& test);

}  // namespace lunway::conformance
