// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The security stage: which authentication method, and its steps.
//= rfc7143#6.3.2
//= rfc7143#12.1

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "session/login/target_login_stages.h"
#include "text/auth_method.h"

namespace lunway::session {
namespace {

using wire::LoginStatus;

constexpr std::size_t kChallengeBytes = 32;
constexpr std::string_view kAuthMethod = "AuthMethod";

std::unexpected<LoginFailure> refuse(LoginStatus status, std::string detail) {
  return std::unexpected(LoginFailure{.status = status, .detail = std::move(detail)});
}

text::ChapTarget new_chap(LoginContext& context) {
  std::array<std::byte, 1 + kChallengeBytes> random;
  context.entropy.fill(random);
  return {*context.policy.chap, std::to_integer<std::uint8_t>(random[0]), Bytes(random).subspan(1)};
}

std::expected<void, LoginFailure> choose_method(SecurityStage& stage, LoginContext& context, std::string_view list) {
  if (stage.method_chosen) return refuse(LoginStatus::initiator_error, "AuthMethod is offered twice (6.3)");
  const auto ours = context.policy.chap ? text::AuthMethod::chap : text::AuthMethod::none;
  const auto method = text::select_auth_method(list, std::array{ours});
  if (!method) {
    return std::unexpected(LoginFailure{.status = LoginStatus::authentication_failure,
                                        .detail = "none of the offered AuthMethods will do (12.1)",
                                        .rejects_auth_method = true});
  }
  stage.method_chosen = true;
  if (*method == text::AuthMethod::chap) stage.chap.emplace(new_chap(context));
  if (context.out.add(kAuthMethod, text::auth_method_text(*method))) return {};
  return refuse(LoginStatus::target_error, "the answer does not fit");
}

std::expected<void, LoginFailure> authenticate(SecurityStage& stage, LoginContext& context, LoginPairs keys) {
  if (!stage.chap) {
    if (keys.empty()) return {};
    return refuse(LoginStatus::initiator_error, "keys of an authentication method that was not chosen (12.1)");
  }
  // An empty request pushes the stage on, and brings CHAP no further.
  if (keys.empty()) return {};
  const auto progress = stage.chap->step(keys, context.out);
  if (progress) return {};
  const auto status = static_cast<LoginStatus>(text::status_of(progress.error()));
  return refuse(status, "CHAP: " + std::string(text::describe(progress.error())));
}

}  // namespace

NextStage take(SecurityStage stage, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs) {
  std::vector<text::KeyValue> method_keys;
  std::optional<std::string_view> methods;
  for (const text::KeyValue& pair : pairs) {
    const auto received = context.negotiator->receive(pair);
    if (!received) return std::unexpected(failure_of(received.error()));
    if (*received != text::Negotiator::Received::for_caller) continue;
    if (pair.key == kAuthMethod) {
      methods = pair.value;
    } else {
      method_keys.push_back(pair);
    }
  }
  const bool leaves = request.flags().transit;
  if (auto failed = context.negotiator->compose(context.out, leaves)) return std::unexpected(failure_of(*failed));
  if (methods) {
    if (auto chosen = choose_method(stage, context, *methods); !chosen) return std::unexpected(chosen.error());
  }
  if (auto stepped = authenticate(stage, context, method_keys); !stepped) return std::unexpected(stepped.error());
  if (!leaves) return stage;

  const bool proved = !context.policy.chap || (stage.chap && stage.chap->done());
  if (!proved) {
    // It may ask for the transition before the exchange has come to its end; it may not leave before it began.
    if (stage.chap) return stage;
    return refuse(LoginStatus::authentication_failure, "the initiator leaves the security stage unauthenticated");
  }
  if (stage.chap) context.request->chap_name = stage.chap->authenticated_name();
  if (context.negotiator->awaits_answer()) return stage;
  if (request.flags().nsg == wire::LoginStage::full_feature_phase) return finish_negotiation(context);
  context.negotiator->enter(text::Stage::operational);
  return OperationalStage{};
}

}  // namespace lunway::session
