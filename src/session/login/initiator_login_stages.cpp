// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The stages of an initiator's login, one answer() each.
//= rfc7143#6.3.2
//= rfc7143#6.3.3
//= rfc7143#12.1

#include <array>
#include <utility>

#include "session/login/initiator_login.h"
#include "text/target_address.h"

namespace lunway::session {
namespace {

constexpr std::size_t kChallengeBytes = 32;

std::unexpected<InitiatorClose> closing(InitiatorCloseReason reason, std::string detail) {
  return std::unexpected(InitiatorClose{.reason = reason, .detail = std::move(detail)});
}

std::unexpected<InitiatorClose> violated(const text::Violation& violation) {
  return closing(text::is_protocol_error(violation.reason) ? InitiatorCloseReason::protocol_error
                                                           : InitiatorCloseReason::negotiation_failed,
                 text::describe(violation));
}

std::unexpected<InitiatorClose> not_authentic(std::string detail) {
  return closing(InitiatorCloseReason::authentication_failed, std::move(detail));
}

}  // namespace

InitiatorLogin::Or<InitiatorLogin::Stage> InitiatorLogin::answer(ExpectAuthMethod stage, Pairs pairs,
                                                                 const wire::LoginFlags& flags) {
  if (auto failed = negotiator_.compose(writer_, false)) return violated(*failed);
  if (pairs.empty()) {
    // "If the target is also ready to skip security, the Login Response only contains the TargetPortalGroupTag".
    //= rfc7143#6.3.1
    if (!offers_chap_ && flags.transit) return ExpectEndOfSecurity{};
    if (offers_chap_) return not_authentic("the target does not answer AuthMethod (12.1)");
    transit_ = true;
    return stage;
  }
  if (pairs.size() != 1 || pairs.front().key != "AuthMethod")
    return closing(InitiatorCloseReason::protocol_error, "keys of a method before AuthMethod is agreed (12.1)");
  const std::string_view method = pairs.front().value;
  if (method == "CHAP" && offers_chap_) return begin_chap();
  if (method == "None" && offers_none_) {
    transit_ = true;
    return ExpectEndOfSecurity{};
  }
  return not_authentic("the target does not take any AuthMethod that was offered (12.1)");
}

InitiatorLogin::Or<InitiatorLogin::Stage> InitiatorLogin::begin_chap() {
  std::array<std::byte, kChallengeBytes + 1> random;
  entropy_.fill(random);
  ExpectChap stage{
      text::ChapInitiator({.settings = profile_.chap_settings, .own = *profile_.chap, .target = profile_.target_chap},
                          std::to_integer<std::uint8_t>(random[0]), Bytes(random).subspan(1))};
  if (const auto failed = stage.chap.start(writer_))
    return not_authentic("CHAP: " + std::string(text::describe(*failed)));
  transit_ = false;
  return stage;
}

InitiatorLogin::Or<InitiatorLogin::Stage> InitiatorLogin::answer(ExpectChap stage, Pairs pairs,
                                                                 const wire::LoginFlags& flags) {
  if (auto failed = negotiator_.compose(writer_, false)) return violated(*failed);
  const auto progress = stage.chap.step(pairs, writer_);
  if (!progress) return not_authentic("CHAP: " + std::string(text::describe(progress.error())));
  transit_ = true;
  if (*progress == text::ChapProgress::done) {
    agreement_.event.authenticated = true;
    agreement_.event.mutually_authenticated = profile_.target_chap.has_value();
    return ExpectEndOfSecurity{};
  }
  if (flags.transit) return not_authentic("the target leaves the stage without its proof (12.1.3)");
  return stage;
}

InitiatorLogin::Or<InitiatorLogin::Stage> InitiatorLogin::answer(ExpectEndOfSecurity stage, Pairs pairs,
                                                                 const wire::LoginFlags& /*flags*/) {
  if (!pairs.empty()) return closing(InitiatorCloseReason::protocol_error, "keys of a method after its end (12.1)");
  if (auto failed = negotiator_.compose(writer_, false)) return violated(*failed);
  transit_ = true;
  return stage;
}

InitiatorLogin::Or<InitiatorLogin::Stage> InitiatorLogin::answer(ExpectOperational stage, Pairs /*pairs*/,
                                                                 const wire::LoginFlags& /*flags*/) {
  if (auto failed = negotiator_.compose(writer_, false)) return violated(*failed);
  transit_ = true;
  return stage;
}

InitiatorLogin::Or<void> InitiatorLogin::enter_operational() {
  stage_ = ExpectOperational{};
  negotiator_.enter(text::Stage::operational);
  if (auto failed = negotiator_.compose(writer_, true)) return violated(*failed);
  transit_ = true;
  return {};
}

InitiatorLogin::Or<void> InitiatorLogin::finish(const wire::LoginResponse& response) {
  if (auto failed = negotiator_.finish()) return violated(*failed);
  agreement_.session = negotiator_.session_parameters();
  agreement_.connection = negotiator_.connection_parameters();
  agreement_.tsih = response.tsih();
  if (const auto alias = negotiator_.declared(text::KeyId::target_alias)) agreement_.event.target_alias = *alias;
  if (const auto tag = negotiator_.declared(text::KeyId::target_portal_group_tag))
    agreement_.event.portal_group_tag = text::parse_portal_group_tag(*tag);
  return {};
}

}  // namespace lunway::session
