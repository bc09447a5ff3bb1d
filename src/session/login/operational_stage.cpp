// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The operational stage, and the end of the negotiation.
//= rfc7143#6.3.3

#include <string>

#include "session/login/target_login_stages.h"

namespace lunway::session {

LoginFailure failure_of(const text::Violation& violation) {
  return {.status = wire::LoginStatus::initiator_error, .detail = text::describe(violation)};
}

NextStage take(OperationalStage stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs) {
  for (const text::KeyValue& pair : pairs) {
    const auto received = context.negotiator->receive(pair);
    if (!received) return std::unexpected(failure_of(received.error()));
    if (*received == text::Negotiator::Received::for_caller) {
      return std::unexpected(LoginFailure{.detail = "a security key in the operational stage (6.3)"});
    }
  }
  const bool leaves = request.flags().transit;
  if (auto failed = context.negotiator->compose(context.out, leaves)) return std::unexpected(failure_of(*failed));
  if (!leaves || context.negotiator->awaits_answer()) return stage;
  return finish_negotiation(context);
}

NextStage take(LoginDone /*stage*/, LoginContext& /*context*/, const wire::LoginRequest& /*request*/,
               LoginPairs /*pairs*/) {
  return std::unexpected(LoginFailure{.detail = "a Login Request after the login (6.3)"});
}

NextStage finish_negotiation(LoginContext& context) {
  const std::unique_ptr<text::Negotiator> negotiator = std::move(context.negotiator);
  if (auto failed = negotiator->finish()) return std::unexpected(failure_of(*failed));
  context.request->session = negotiator->session_parameters();
  context.request->connection = negotiator->connection_parameters();
  if (const auto alias = negotiator->declared(text::KeyId::initiator_alias)) {
    context.request->initiator_alias = std::string(*alias);
  }
  return LoginDone{};
}

}  // namespace lunway::session
