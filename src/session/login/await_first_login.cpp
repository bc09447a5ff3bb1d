// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The first text of a login: who wants what.
//= rfc7143#6.3.1

#include <algorithm>
#include <string>
#include <utility>

#include "session/login/engine_bounds.h"
#include "session/login/target_login_stages.h"
#include "text/value.h"

namespace lunway::session {
namespace {

using wire::LoginStatus;

std::optional<std::string_view> find(LoginPairs pairs, text::KeyId id) {
  const auto found = std::ranges::find(pairs, text::info_of(id).name, &text::KeyValue::key);
  return found == pairs.end() ? std::nullopt : std::optional(found->value);
}

std::unexpected<LoginFailure> refuse(LoginStatus status, std::string detail) {
  return std::unexpected(LoginFailure{.status = status, .detail = std::move(detail)});
}

/// What the first request must say, before anything is negotiated.
std::expected<SessionRequest, LoginFailure> read_names(const Portal& portal, const wire::LoginRequest& header,
                                                       LoginPairs pairs) {
  const auto initiator = find(pairs, text::KeyId::initiator_name);
  if (!initiator) return refuse(LoginStatus::missing_parameter, "no InitiatorName in the first Login Request (6.3)");
  auto name = text::IscsiName::parse(*initiator);
  if (!name) return refuse(LoginStatus::initiator_error, "InitiatorName is no iSCSI name (4.2.7)");
  SessionRequest request{.initiator_name = *std::move(name),
                         .initiator_alias = {},
                         .chap_name = {},
                         .target_name = {},
                         .portal_group_tag = 0,
                         .portal = portal,
                         .isid = header.isid(),
                         .tsih = header.tsih(),
                         .cid = header.cid(),
                         .cmd_sn = header.cmd_sn(),
                         .may_reset_target = true,
                         .session = {},
                         .connection = {}};

  const auto type = find(pairs, text::KeyId::session_type);
  if (type == "Discovery") {
    request.session.session_type = text::SessionType::discovery;
  } else if (type && type != "Normal") {
    return refuse(LoginStatus::session_type_not_supported, "unknown SessionType (13.21)");
  }
  const auto target = find(pairs, text::KeyId::target_name);
  if (target) {
    name = text::IscsiName::parse(*target);
    if (!name) return refuse(LoginStatus::not_found, "TargetName is no iSCSI name (4.2.7)");
    request.target_name = *std::move(name);
  } else if (request.session.session_type == text::SessionType::normal) {
    return refuse(LoginStatus::missing_parameter, "no TargetName in a normal session's first Login Request (6.3)");
  }
  return request;
}

/// The keys that the target says of itself, in the first answer that may carry any.
bool introduce(LoginContext& context) {
  const bool ok = context.out.add("TargetPortalGroupTag", std::to_string(context.policy.portal_group_tag));
  if (!ok || context.policy.target_alias.empty()) return ok;
  return context.out.add("TargetAlias", context.policy.target_alias);
}

text::Negotiator::Start start_of(const SessionRequest& request) {
  text::Negotiator::Start start;
  start.role = text::Role::target;
  start.leading_connection = request.tsih == wire::kNewSession;
  return start;
}

}  // namespace

NextStage take(AwaitFirstLogin /*stage*/, LoginContext& context, const wire::LoginRequest& request, LoginPairs pairs) {
  auto names = read_names(context.portal, request, pairs);
  if (!names) return std::unexpected(std::move(names.error()));
  SessionRequest& wanted = context.request.emplace(*std::move(names));
  auto policy = context.directory.admit({.portal = context.portal,
                                         .type = wanted.session.session_type,
                                         .initiator_name = wanted.initiator_name,
                                         .target_name = wanted.target_name,
                                         .isid = wanted.isid,
                                         .tsih = wanted.tsih,
                                         .cid = wanted.cid});
  if (!policy) {
    return std::unexpected(LoginFailure{.status = policy.error().status,
                                        .detail = std::string(wire::to_string(policy.error().status)),
                                        .target_addresses = std::move(policy.error().target_addresses)});
  }
  context.policy = *std::move(policy);
  keep_within_engine(context.policy.negotiation);
  wanted.portal_group_tag = context.policy.portal_group_tag;
  wanted.may_reset_target = context.policy.may_reset_target;
  context.negotiator = std::make_unique<text::Negotiator>(start_of(wanted), context.policy.negotiation);
  if (!introduce(context)) return refuse(LoginStatus::target_error, "the target's own keys do not fit");

  if (request.flags().csg == wire::LoginStage::security_negotiation) {
    return take(SecurityStage{}, context, request, pairs);
  }
  // An initiator may skip the security stage, and a target may insist on it.
  //= rfc7143#6.3.1
  if (context.policy.chap) {
    return refuse(LoginStatus::authentication_failure, "the initiator skips the security stage (6.3.1)");
  }
  context.negotiator->enter(text::Stage::operational);
  return take(OperationalStage{}, context, request, pairs);
}

}  // namespace lunway::session
