// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A login as a well-behaved initiator does it, for the tests whose question comes later.
//= rfc7143#6.3

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "conformance/peer/connection.h"
#include "conformance/peer/pdu.h"
#include "conformance/target/link.h"

namespace lunway::conformance {

/// What a login asks for. The rest is as the defaults of section 13 have it.
struct LoginPlan {
  bool discovery = false;
  /// Operational keys, sent with the first request of that stage.
  Text offers{};
  std::uint16_t cid = 0;
  /// Other than the script's own.
  std::optional<std::uint64_t> isid = std::nullopt;
  /// Not 0: the connection joins a session, or reinstates it.
  std::uint16_t tsih = 0;
  std::uint32_t cmd_sn = 1;
  std::uint32_t exp_stat_sn = 0;
  bool authenticate = true;
  /// Afterwards nothing is left that the unit has to tell a new nexus: the first command of the test is a plain one.
  bool settle = true;
  std::optional<std::string> initiator_name = std::nullopt;
  std::optional<std::string> target_name = std::nullopt;
};

/// How a login ended.
struct LoginEnd {
  bool full_feature = false;
  /// The last thing that came: a Login Response, or what came instead.
  Arrival last{};
  /// All that the target said in its responses.
  Text answers{};

  /// Status-Class and Status-Detail as 0xccdd; 0xffff without a Login Response.
  std::uint16_t status() const;
};

/// Logs `connection` in. Every departure of the target ends the login; nothing ends the script. The connection has its
/// digests afterwards.
LoginEnd log_in(TargetScript& script, Connection& connection, const LoginPlan& plan);

}  // namespace lunway::conformance
