// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The stages of a target's login, one type each. take() consumes the stage and the keys of one whole text, adds the
// answers to context.out, and returns the stage that the login is in afterwards.
//= rfc7143#6.3

#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "session/entropy_source.h"
#include "session/session_request.h"
#include "session/target_directory.h"
#include "text/chap.h"
#include "text/key_value.h"
#include "text/negotiator.h"
#include "wire/login_request.h"

namespace lunway::session {

/// The login ends with this status.
struct LoginFailure {
  wire::LoginStatus status = wire::LoginStatus::initiator_error;
  /// For logs.
  std::string detail;
  /// TargetAddress values of a redirection.
  std::vector<text::TargetAddress> target_addresses = {};
  /// The answer is AuthMethod=Reject.
  //= rfc7143#6.3.2
  bool rejects_auth_method = false;
};

/// What the stages share.
struct LoginContext {
  TargetDirectory& directory;
  EntropySource& entropy;
  const Portal& portal;
  /// Set by AwaitFirstLogin, complete in LoginDone.
  std::optional<SessionRequest> request = {};
  LoginPolicy policy = {};
  /// From AwaitFirstLogin to the end of OperationalStage.
  std::unique_ptr<text::Negotiator> negotiator = {};
  text::TextWriter out{};
};

using LoginPairs = std::span<const text::KeyValue>;

/// Nothing is known yet.
struct AwaitFirstLogin {};

struct SecurityStage {
  bool method_chosen = false;
  /// CHAP is the chosen method.
  std::optional<text::ChapTarget> chap = {};
};

struct OperationalStage {};

/// The negotiation is over and context.request is complete.
struct LoginDone {};

using LoginStages = std::variant<AwaitFirstLogin, SecurityStage, OperationalStage, LoginDone>;
using NextStage = std::expected<LoginStages, LoginFailure>;

/// Asks the directory, makes the negotiator, and lets the stage of the request take the rest.
NextStage take(AwaitFirstLogin stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs);
NextStage take(SecurityStage stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs);
NextStage take(OperationalStage stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs);
NextStage take(LoginDone stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs);

/// Shared by the stages: ends the negotiation and writes down what was agreed.
NextStage finish_negotiation(LoginContext& context);
LoginFailure failure_of(const text::Violation& violation);

}  // namespace lunway::session
