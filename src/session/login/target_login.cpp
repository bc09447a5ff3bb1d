// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/login/target_login.h"

#include <utility>
#include <vector>

namespace lunway::session {
namespace {

using wire::LoginStatus;

/// During login nothing else is declared yet.
//= rfc7143#6.3
constexpr std::size_t kLoginDataSegment = 8192;

LoginFailure refusal(LoginStatus status, std::string detail) { return {.status = status, .detail = std::move(detail)}; }

/// For the log: the connection itself has no name yet.
std::string whose(const SessionRequest& request) {
  const std::string asker = request.initiator_name.text();
  return request.target_name ? asker + " asks for " + request.target_name->text() : asker + " asks for targets";
}

text::TextLimits text_limits(const ConnectionLimits& limits) {
  return {.bytes = limits.text_bytes, .continuations = limits.login_requests};
}

}  // namespace

TargetLogin::TargetLogin(TargetDirectory& directory, EntropySource& entropy, const Portal& portal,
                         const ConnectionLimits& limits)
    : limits_(limits),
      context_{.directory = directory, .entropy = entropy, .portal = portal},
      assembler_(text_limits(limits)) {}

TargetLogin::Outcome TargetLogin::receive(const wire::LoginRequest& request, Bytes text) {
  if (auto failure = check_header(request)) return *std::move(failure);
  if (requests_++ == 0) {
    first_ = request.fields();
    csg_ = request.flags().csg;
  }
  text_bytes_ += text.size();
  if (requests_ > limits_.login_requests || text_bytes_ > limits_.text_bytes) {
    return refusal(LoginStatus::out_of_resources, "the login takes too many requests or too much text");
  }

  // While our answer is cut by the C bit, the initiator sends empty requests only.
  //= rfc7143#6.2
  if (!context_.out.done()) {
    if (!text.empty()) return refusal(LoginStatus::initiator_error, "text in answer to a C bit (6.2)");
    return next_piece(request);
  }
  if (assembler_.append(text, request.flags().continues)) {
    return refusal(LoginStatus::initiator_error, "the text breaks the rules of section 6.1");
  }
  if (!assembler_.complete()) {
    context_.out.clear();
    return next_piece(request);
  }
  return take_text(request);
}

std::optional<LoginFailure> TargetLogin::check_header(const wire::LoginRequest& request) const {
  const wire::LoginFlags flags = request.flags();
  if (requests_ == 0) {
    // The versions of the first request count, whatever later ones say.
    //= rfc7143#11.12.4.2
    if (request.version_min() > wire::kProtocolVersion) {
      return refusal(LoginStatus::unsupported_version, "no common version (11.12.4)");
    }
    if (flags.csg == wire::LoginStage::full_feature_phase) {
      return refusal(LoginStatus::initiator_error, "a login cannot start in the Full Feature Phase (6.3)");
    }
    return std::nullopt;
  }
  const bool same_session =
      request.isid() == first_.isid && request.tsih() == first_.tsih && request.cid() == first_.cid;
  if (!same_session || request.itt() != first_.itt) {
    return refusal(LoginStatus::initiator_error, "ISID, TSIH, CID or task tag changes within the login (11.12)");
  }
  if (flags.csg != csg_) return refusal(LoginStatus::initiator_error, "CSG is not the current stage (6.3)");
  return std::nullopt;
}

TargetLogin::Outcome TargetLogin::take_text(const wire::LoginRequest& request) {
  std::vector<text::KeyValue> pairs;
  text::PairReader reader(assembler_.text(), text_limits(limits_));
  while (const auto pair = reader.next()) pairs.push_back(*pair);
  if (reader.fault()) return refusal(LoginStatus::initiator_error, "the text breaks the rules of section 6.1");

  // The stage is over, and the initiator was not told for want of its T bit.
  if (is_ahead()) {
    if (pairs.empty()) return next_piece(request);
    return refusal(LoginStatus::initiator_error, "keys after the end of the stage (6.3)");
  }
  context_.out.clear();
  auto next = std::visit([&](auto stage) { return take(std::move(stage), context_, request, pairs); },
                         std::exchange(stage_, {}));
  if (!next) {
    if (context_.request) next.error().detail += "; " + whose(*context_.request);
    return std::move(next.error());
  }
  stage_ = *std::move(next);
  return next_piece(request);
}

/// The next part of the answer. The transition goes with the last one.
TargetLogin::Outcome TargetLogin::next_piece(const wire::LoginRequest& request) {
  const bool moves = is_ahead() && request.flags().transit;
  if (moves && stage() > request.flags().nsg) {
    return refusal(LoginStatus::initiator_error, "NSG goes back on what was asked for before (6.3)");
  }
  const auto piece = context_.out.next_piece(kLoginDataSegment);
  if (moves && !piece.continues && std::holds_alternative<LoginDone>(stage_)) {
    final_text_ = piece.text;
    return Accepted{};
  }
  wire::LoginFlags flags;
  flags.csg = csg_;
  flags.continues = piece.continues;
  flags.transit = moves && !piece.continues;
  if (flags.transit) flags.nsg = csg_ = stage();
  return Reply{.flags = flags, .text = piece.text};
}

TargetLogin::Reply TargetLogin::final_reply() const {
  wire::LoginFlags flags;
  flags.transit = true;
  flags.csg = csg_;
  flags.nsg = wire::LoginStage::full_feature_phase;
  return {.flags = flags, .text = final_text_};
}

wire::LoginStage TargetLogin::stage() const {
  if (std::holds_alternative<OperationalStage>(stage_)) return wire::LoginStage::login_operational_negotiation;
  if (std::holds_alternative<LoginDone>(stage_)) return wire::LoginStage::full_feature_phase;
  return wire::LoginStage::security_negotiation;
}

}  // namespace lunway::session
