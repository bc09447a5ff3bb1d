// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A login as a well-behaved target answers it, each answer open to be bent.
//= rfc7143#6.3

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/peer/connection.h"
#include "conformance/peer/pdu.h"

namespace lunway::conformance {

class InitiatorScript;

/// One answer before it is sent.
struct LoginTurn {
  const Pdu& request;
  /// The whole text of the request, parts put together.
  const Text& heard;
  /// What will be answered.
  Text& say;
  Pdu& response;
  /// Counts from 0.
  unsigned round;

  bool is_final() const;
};

/// What the target wants. The rest is as a plain target has it.
struct LoginAnswers {
  /// Keys that get this value: in answer when the initiator offers them, else proposed.
  Text values{};
  /// Wants the initiator to authenticate by CHAP.
  bool authenticate = false;
  /// Bends an answer.
  std::function<void(const LoginTurn& turn)> bend{};
  std::uint32_t stat_sn = 1;
  /// Commands that fit between ExpCmdSN and MaxCmdSN.
  std::uint32_t window = 32;
  std::uint16_t tsih = 1;
};

/// How a login went.
struct LoginSeen {
  bool full_feature = false;
  /// What came instead of a Login Request, when it did not succeed.
  Arrival last{};
  std::vector<Pdu> requests;
  std::vector<Pdu> responses;
  /// All that each side said.
  Text offers{};
  Text answers{};

  bool discovery() const;
  /// What holds for `key`, whoever said the last word about it; `otherwise` is its default.
  std::string value(std::string_view key, std::string_view otherwise) const;
  std::uint32_t number(std::string_view key, std::uint32_t otherwise) const;
  /// The initiator's own, as it declares it.
  std::uint32_t max_data_in() const;
};

/// A Login Response to `request` with nothing wrong: it goes where the request wants to go.
Pdu login_response(const Pdu& request, const LoginAnswers& answers, std::uint32_t round);

/// Serves the login of `connection`. Every departure of the initiator ends it; nothing ends the script. The connection
/// has its digests afterwards.
LoginSeen serve_login(InitiatorScript& script, Connection& connection, const LoginAnswers& answers);

}  // namespace lunway::conformance
