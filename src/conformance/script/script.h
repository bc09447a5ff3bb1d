// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the scripts of both roles have in common: they say what they want, and what they do not get ends them.
//
// A script is one linear text on a thread of its own. It ends early by an exception, which never leaves this room: the
// runner catches it. Each way to end says why in the words of the report.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "conformance/peer/connection.h"
#include "conformance/peer/exchange.h"
#include "conformance/peer/pdu.h"
#include "conformance/script/outcome.h"

namespace lunway::conformance {

/// Ends a script. Thrown by ScriptBase, caught by the runner.
struct ScriptEnded {};

/// How long a test waits for what must come, and how long it looks for what must not come.
struct Patience {
  Duration answer = std::chrono::seconds(2);
  Duration silence = std::chrono::milliseconds(250);
};

/// One thing that a peer may do where the RFC leaves a choice.
struct Allowed {
  enum class What : std::uint8_t { pdu, rejected, closed, silence };

  What what;
  wire::Opcode opcode{};
  /// Of a Reject; any when negative.
  int reason = -1;
};
namespace allow {
constexpr Allowed pdu(wire::Opcode opcode) { return {Allowed::What::pdu, opcode}; }
constexpr Allowed reject(int reason = -1) { return {Allowed::What::rejected, wire::Opcode::reject, reason}; }
/// Closed or reset.
inline constexpr Allowed kClose{Allowed::What::closed};
inline constexpr Allowed kSilence{Allowed::What::silence};
}  // namespace allow

/// Not thread-safe.
class ScriptBase {
 public:
  ScriptBase(const ScriptBase&) = delete;
  ScriptBase& operator=(const ScriptBase&) = delete;

  // What the script thinks of what it sees. `expected` is what the implementation should do, for the report.

  /// Ends the script with a failure unless `holds`.
  void require(bool holds, std::string_view expected, std::string_view got = {}, std::string_view section = {});
  /// Goes on with a warning unless `holds`: for what the RFC only recommends.
  void should(bool holds, std::string_view expected, std::string_view got = {}, std::string_view section = {});
  void require_equal(std::uint64_t got, std::uint64_t expected, std::string_view what, std::string_view section = {});
  /// Field by field: "StatSN of the Reject is 0x00000005".
  void require_field(const Pdu& pdu, const Field& field, std::uint64_t expected, std::string_view section = {});

  [[noreturn]] void fail(std::string_view expected, std::string_view got, std::string_view section = {});
  /// A failure that lets the script go on.
  void blame(std::string_view expected, std::string_view got, std::string_view section = {});
  [[noreturn]] void inapplicable(std::string_view reason);
  [[noreturn]] void inconclusive(std::string_view reason);
  /// A line in the ladder.
  void note(std::string_view text);

  // What comes from the peer, without any regard to sessions.

  Arrival receive(Connection& connection) { return connection.receive(patience_.answer); }
  /// The next PDU, which has that opcode; anything else is a failure.
  Pdu expect(Connection& connection, wire::Opcode opcode, std::string_view expected = {});
  void expect_close(Connection& connection, std::string_view expected);
  /// Nothing comes while the script listens, and the connection stays.
  void expect_silence(Connection& connection, std::string_view expected);
  /// The next thing is one of `choices`, which are what `section` leaves open.
  Arrival expect_one_of(Connection& connection, std::initializer_list<Allowed> choices, std::string_view expected,
                        std::string_view section);

  const Patience& patience() const { return patience_; }
  const Test& test() const { return test_; }
  Exchange& exchange() { return exchange_; }

  /// Numbers that differ from test to test, and from run to run only with the seed.
  std::uint32_t random();

  // For the runner.
  const std::vector<Finding>& findings() const { return findings_; }
  const std::string& reason() const { return reason_; }
  bool is_inapplicable() const { return inapplicable_; }
  bool is_inconclusive() const { return inconclusive_; }

 protected:
  ScriptBase(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed);
  ~ScriptBase() = default;

  Connection& keep(std::unique_ptr<Connection> connection);

 private:
  void find(Finding::Weight weight, std::string_view expected, std::string_view got, std::string_view section);

  const Test& test_;
  Exchange& exchange_;
  Patience patience_;
  std::uint64_t random_state_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Finding> findings_;
  std::string reason_;
  bool inapplicable_ = false;
  bool inconclusive_ = false;
};

/// True when `arrival` is one of them.
bool is_allowed(const Arrival& arrival, std::initializer_list<Allowed> choices);
std::string describe(std::initializer_list<Allowed> choices);

}  // namespace lunway::conformance
