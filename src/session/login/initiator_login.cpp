// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What all stages share: requests, the checks of every response, the way from stage to stage. The stages themselves are
// in initiator_login_stages.cpp.

#include "session/login/initiator_login.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "text/target_address.h"

namespace lunway::session {
namespace {

/// "The default MaxRecvDataSegmentLength is used during login."
//= rfc7143#6.3
constexpr std::size_t kLoginSegmentBytes = 8192;

std::unexpected<InitiatorClose> broken(std::string detail) {
  return std::unexpected(InitiatorClose{.reason = InitiatorCloseReason::protocol_error, .detail = std::move(detail)});
}

/// What the engine cannot do is not offered and not agreed to, whatever the profile says.
text::Policy within_engine(text::Policy policy) {
  using text::KeyId;
  // A target that knows less of recovery will do.
  auto& recovery = policy.number(KeyId::error_recovery_level);
  recovery = {.preferred = std::min(recovery.preferred, 2U), .worst = 0, .offer = recovery.offer};
  // What RFCs after RFC 7144 want is not there.
  auto& level = policy.number(KeyId::protocol_level);
  level.preferred = std::min(level.preferred, 2U);
  return policy;
}

text::Negotiator::Start negotiator_start(const InitiatorProfile& profile, const InitiatorLogin::Start& start) {
  return {.role = text::Role::initiator,
          .stage = text::Stage::security,
          .session_type = profile.session_type,
          .leading_connection = start.tsih == wire::kNewSession,
          .session = start.session};
}

}  // namespace

InitiatorLogin::InitiatorLogin(const InitiatorProfile& profile, EntropySource& entropy, const Start& start,
                               const InitiatorConnectionLimits& limits)
    : profile_(profile),
      entropy_(entropy),
      start_(start),
      limits_(limits),
      negotiator_(negotiator_start(profile, start), within_engine(profile.policy)),
      assembler_({.bytes = limits.login_text_bytes}) {
  assert((profile.chap || !profile.target_chap) && "mutual CHAP needs an account of our own");
  // The names stand in the first request, whatever its stage.
  //= rfc7143#6.3
  say("InitiatorName", profile.initiator_name);
  if (!profile.initiator_alias.empty()) say("InitiatorAlias", profile.initiator_alias);
  if (!profile.target_name.empty()) say("TargetName", profile.target_name);
  if (start.tsih == wire::kNewSession)
    say("SessionType", profile.session_type == text::SessionType::discovery ? "Discovery" : "Normal");
  // Whoever wants proof of the target cannot do without authentication, and all connections of a session do alike.
  //= rfc7143#9.2
  const bool is_new = start.tsih == wire::kNewSession;
  offers_chap_ = profile.chap && (is_new || start.authenticated);
  offers_none_ = !profile.target_chap && (is_new || !start.authenticated);
  if (offers_chap_) {
    say("AuthMethod", offers_none_ ? "CHAP,None" : "CHAP");
  } else {
    say("AuthMethod", "None");
    transit_ = true;
  }
}

InitiatorLogin::Request InitiatorLogin::next_request() {
  const text::TextWriter::Piece piece = writer_.next_piece(kLoginSegmentBytes);
  const bool transit = transit_ && !piece.continues;
  sent_ = {.transit = transit,
           .continues = piece.continues,
           .csg = csg(),
           .nsg = transit ? nsg() : wire::LoginStage::security_negotiation};
  return {.flags = sent_, .text = piece.text};
}

std::expected<InitiatorLogin::Progress, InitiatorClose> InitiatorLogin::receive(const wire::LoginResponse& response,
                                                                                Bytes text) {
  if (++responses_ > limits_.login_responses) return broken("more Login Responses than a login needs");
  if (wire::status_class(response.status()) != wire::LoginStatusClass::success) return take_refusal(response, text);
  if (auto checked = check_header(response); !checked) return std::unexpected(std::move(checked.error()));

  const wire::LoginFlags flags = response.flags();
  if (sent_.continues) {
    // Only an empty answer may come between the parts of our text.
    //= rfc7143#6.2
    if (!text.empty() || flags.continues) return broken("text between the parts of a longer text (6.2)");
    return Progress::next_request;
  }
  if (const auto fault = assembler_.append(text, flags.continues))
    return broken("login text: " + std::string(text::describe(*fault)) + " (6.1)");
  if (flags.continues) {
    // What was wished for in the header stays: "even empty requests" say it again.
    //= rfc7143#6.3.3
    writer_.clear();
    return Progress::next_request;
  }
  return take_text(response);
}

InitiatorLogin::Or<InitiatorLogin::Progress> InitiatorLogin::take_refusal(const wire::LoginResponse& response,
                                                                          Bytes text) const {
  InitiatorClose close{.reason = InitiatorCloseReason::login_refused,
                       .detail = std::string(wire::to_string(response.status())),
                       .status = response.status()};
  if (wire::status_class(response.status()) != wire::LoginStatusClass::redirection)
    return std::unexpected(std::move(close));

  close.reason = InitiatorCloseReason::login_redirected;
  text::PairReader reader(text_of(text), {.bytes = limits_.login_text_bytes});
  while (const auto pair = reader.next()) {
    if (pair->key != "TargetAddress") continue;
    if (auto address = text::parse_target_address(pair->value)) close.redirect.push_back(std::move(*address));
  }
  if (close.redirect.empty()) return broken("a redirection without a TargetAddress that can be read (11.13.5)");
  return std::unexpected(std::move(close));
}

InitiatorLogin::Or<void> InitiatorLogin::check_header(const wire::LoginResponse& response) const {
  const wire::LoginFlags flags = response.flags();
  if (response.version_active() != wire::kProtocolVersion) return broken("Version-active is not 0x00 (11.13.2)");
  if (response.isid() != profile_.isid) return broken("the ISID of a Login Response is not ours (11.13)");
  if (flags.csg != sent_.csg) return broken("the CSG of a Login Response is another than the request's (6.3)");
  if (flags.transit && !sent_.transit) return broken("T bit without our T bit (6.3)");
  if (flags.transit && flags.nsg > sent_.nsg) return broken("the NSG of a Login Response exceeds the request's (6.3)");

  const bool final = flags.transit && flags.nsg == wire::LoginStage::full_feature_phase;
  if (final && response.tsih() == wire::kNewSession) return broken("TSIH 0 in a Login Final-Response (11.13.3)");
  const bool new_session = start_.tsih == wire::kNewSession;
  // A target that names the TSIH of a new session early is forgiven: "should be set to the TSIH provided".
  if (!new_session && response.tsih() != start_.tsih)
    return broken("the TSIH of a Login Response is another than the session's (11.13.3)");
  return {};
}

InitiatorLogin::Or<InitiatorLogin::Progress> InitiatorLogin::take_text(const wire::LoginResponse& response) {
  const wire::LoginFlags flags = response.flags();
  auto pairs = read_pairs();
  if (!pairs) return std::unexpected(std::move(pairs.error()));

  writer_.clear();
  auto following = std::visit([&](auto& stage) { return answer(std::move(stage), *pairs, flags); }, stage_);
  if (!following) return std::unexpected(std::move(following.error()));
  stage_ = std::move(*following);
  // "Targets MUST NOT submit parameters that require an additional initiator Login Request in a Login Response with
  // the T bit set to 1."
  //= rfc7143#6.3
  if (flags.transit && !writer_.text().empty()) return broken("keys that want an answer together with the T bit (6.3)");
  if (!flags.transit) return Progress::next_request;

  if (flags.nsg == wire::LoginStage::full_feature_phase) {
    if (auto finished = finish(response); !finished) return std::unexpected(std::move(finished.error()));
    return Progress::done;
  }
  if (auto moved = enter_operational(); !moved) return std::unexpected(std::move(moved.error()));
  return Progress::next_request;
}

/// The keys of an authentication method; all others have gone to the negotiator.
InitiatorLogin::Or<std::vector<text::KeyValue>> InitiatorLogin::read_pairs() {
  std::vector<text::KeyValue> for_stage;
  text::PairReader reader(assembler_.text(), {.bytes = limits_.login_text_bytes});
  while (const auto pair = reader.next()) {
    const auto received = negotiator_.receive(*pair);
    if (!received) {
      const bool broke_a_rule = text::is_protocol_error(received.error().reason);
      return std::unexpected(InitiatorClose{
          .reason = broke_a_rule ? InitiatorCloseReason::protocol_error : InitiatorCloseReason::negotiation_failed,
          .detail = text::describe(received.error())});
    }
    if (*received == text::Negotiator::Received::for_caller && pair->key != "TargetAddress") for_stage.push_back(*pair);
  }
  if (const auto fault = reader.fault()) return broken("login text: " + std::string(text::describe(*fault)) + " (6.1)");
  return for_stage;
}

wire::LoginStage InitiatorLogin::csg() const {
  return in_security() ? wire::LoginStage::security_negotiation : wire::LoginStage::login_operational_negotiation;
}

wire::LoginStage InitiatorLogin::nsg() const {
  return in_security() ? wire::LoginStage::login_operational_negotiation : wire::LoginStage::full_feature_phase;
}

void InitiatorLogin::say(std::string_view key, std::string_view value) {
  // Our own names and methods are far below the limit of the text.
  [[maybe_unused]] const bool fits = writer_.add(key, value);
}

}  // namespace lunway::session
