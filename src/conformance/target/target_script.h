// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The script of a test that judges a target: this side is the initiator.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/script/script.h"
#include "conformance/target/facts.h"
#include "conformance/target/link.h"
#include "conformance/target/login.h"

namespace lunway::conformance {

/// The blocks of the LUN that a test has for itself.
struct Window {
  std::uint64_t first = 0;
  std::uint32_t blocks = 0;
};

/// Who a test is, so that tests can run beside each other.
struct Identity {
  std::string initiator_name;
  std::uint64_t isid = 0;
  Window window{};
};

class TargetScript : public ScriptBase {
 public:
  TargetScript(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed,
               const TargetUnderTest& target, const TargetFacts& facts, Identity identity);

  const TargetUnderTest& target() const { return target_; }
  const TargetFacts& facts() const { return facts_; }
  const Identity& identity() const { return identity_; }
  Window window() const { return identity_.window; }
  std::uint32_t block_size() const { return facts_.block_size; }

  /// A TCP connection to the portal; the test is inconclusive when there is none.
  Connection& connect();

  /// A Login Request with nothing wrong and no text; stages as CSG and NSG have them.
  Pdu login_request(const LoginPlan& plan, std::uint32_t csg, std::uint32_t nsg, bool transit);
  /// The same for the leading connection of a normal session, straight through the operational stage, with the names.
  Pdu login_request(const Text& offers = {});
  /// InitiatorName, SessionType and, unless it is a discovery session, TargetName.
  Text names(const LoginPlan& plan = {}) const;

  /// A session, or the test is inconclusive: for tests whose question is not the login.
  Link& log_in(const LoginPlan& plan = {});
  /// The same over a connection that there is already.
  Link& log_in(Connection& connection, const LoginPlan& plan = {});
  /// A session when the login succeeded; else nullptr, and `end` says how it went.
  Link* try_log_in(const LoginPlan& plan, LoginEnd& end);
  Link* try_log_in(Connection& connection, const LoginPlan& plan, LoginEnd& end);
  /// One more connection of the session of `link`.
  Link& join(Link& link, std::uint16_t cid, const Text& offers = {});

  /// Data to write: differs from test to test, from block to block and from seed to seed.
  std::vector<std::byte> pattern(std::size_t bytes);

 private:
  Link& keep(Connection& connection, const LoginPlan& plan, const LoginEnd& end,
             std::shared_ptr<SessionNumbers> numbers);

  const TargetUnderTest& target_;
  const TargetFacts& facts_;
  Identity identity_;
  std::vector<std::unique_ptr<Link>> links_;
};

/// The answer to a CHAP challenge: CHAP_N and CHAP_R; nothing when the challenge makes no sense.
std::optional<Text> chap_proof(const Text& challenge, const Account& account);

}  // namespace lunway::conformance
