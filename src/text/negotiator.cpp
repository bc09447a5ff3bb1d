// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What we hear: admission of keys, declarations, proposals, and answers to our offers. What we say is in
// negotiator_compose.cpp, how it ends in negotiator_finish.cpp.

#include "text/negotiator.h"

#include "text/selection.h"
#include "text/target_address.h"
#include "text/value.h"

namespace lunway::text {
namespace {

//= rfc7143#13.26.1
constexpr std::size_t kMaxDeclaration = 255;
constexpr std::size_t kMaxNameValue = 223;

Violation violation(Reason reason, const KeyInfo& info) { return {reason, info.id}; }

bool is_allowed_declaration(const KeyInfo& info, std::string_view value) {
  switch (info.type) {
    case ValueType::number:
    case ValueType::text:
      return parse_value(info, value).has_value();
    case ValueType::iscsi_name:
      return !value.empty() && value.size() <= kMaxNameValue;
    case ValueType::local_name:
      return value.size() <= kMaxDeclaration && is_utf8(value);
    case ValueType::binary:
      return parse_portal_group_tag(value).has_value();
    case ValueType::list:
      return value.size() <= kMaxDeclaration;
    case ValueType::boolean:
      break;
  }
  return false;
}

}  // namespace

std::expected<Negotiator::Received, Violation> Negotiator::receive(const KeyValue& pair) {
  const KeyInfo* const info = find_key(pair.key);
  if (info == nullptr) return receive_unknown(pair);
  if (const auto refused = admit(*info, pair.value)) return std::unexpected(*refused);

  Outcome outcome;
  switch (info->rule) {
    case Rule::authentication:
    case Rule::request:
      slot(info->id).declared_by_peer = true;
      return Received::for_caller;
    case Rule::declarative:
      if (info->id == KeyId::target_address) return Received::for_caller;
      outcome = take_declaration(*info, pair.value);
      break;
    case Rule::obsolete:
      outcome = take_proposal(*info, pair.value);
      break;
    default:
      outcome = slot(info->id).progress == Progress::offered ? take_answer(*info, pair.value)
                                                             : take_proposal(*info, pair.value);
  }
  if (outcome) return std::unexpected(*outcome);
  return Received::kept;
}

/// An answer to a key that we never sent must not be answered: two such sides would go on for ever.
std::expected<Negotiator::Received, Violation> Negotiator::receive_unknown(const KeyValue& pair) {
  if (is_refusal(pair.value)) return std::unexpected(Violation{Reason::reserved_word, std::nullopt});
  pending_.push_back({std::nullopt, std::string(pair.key)});
  return Received::kept;
}

Negotiator::Outcome Negotiator::admit(const KeyInfo& info, std::string_view value) const {
  const Role sender = peer_of(role_);
  if (info.sent_by(sender) == kNoStage) return violation(Reason::wrong_sender, info);
  if (!info.allowed_in(stage_, sender)) return violation(Reason::wrong_stage, info);
  if (info.leading_only() && !leading_connection_) return violation(Reason::not_leading, info);

  const Slot& known = slot(info.id);
  const bool taken = known.progress == Progress::proposed || known.progress == Progress::settled;
  if ((taken || known.declared_by_peer) && !info.repeatable && !is_tolerated_repetition(info, value)) {
    return violation(Reason::repeated, info);
  }
  const bool answers_declaration = info.not_understood == NotUnderstood::concludes && known.declared_by_us;
  const bool may_refuse =
      info.rule == Rule::authentication || known.progress == Progress::offered || answers_declaration;
  if (is_refusal(value) && !may_refuse) return violation(Reason::reserved_word, info);
  return std::nullopt;
}

bool Negotiator::is_tolerated_repetition(const KeyInfo& info, std::string_view value) const {
  switch (info.id) {
    case KeyId::initiator_name:
    case KeyId::initiator_alias:
    case KeyId::target_name:
    case KeyId::session_type: {
      const Slot& known = slot(info.id);
      return policy_.tolerate_repeated_names && known.declared_in != stage_ && known.proposal == value;
    }
    default:
      return false;
  }
}

Negotiator::Outcome Negotiator::take_declaration(const KeyInfo& info, std::string_view value) {
  Slot& known = slot(info.id);
  if (known.declared_by_us && is_refusal(value)) return std::nullopt;
  if (!is_allowed_declaration(info, value)) return violation(Reason::malformed_declaration, info);
  known.declared_by_peer = true;
  known.declared_in = stage_;
  known.proposal = value;
  if (info.id == KeyId::session_type) session_type_ = static_cast<SessionType>(*parse_value(info, value));
  if (info.id == KeyId::max_recv_data_segment_length) {
    connection_.peer_max_recv_data_segment_length = *parse_value(info, value);
  }
  return std::nullopt;
}

Negotiator::Outcome Negotiator::take_proposal(const KeyInfo& info, std::string_view value) {
  Slot& known = slot(info.id);
  known.progress = Progress::proposed;
  known.proposal = value;
  pending_.push_back({info.id, {}});
  return std::nullopt;
}

Negotiator::Outcome Negotiator::take_answer(const KeyInfo& info, std::string_view value) {
  Slot& known = slot(info.id);
  known.progress = Progress::settled;
  if (is_refusal(value)) return take_refusal(info, value);

  const auto answer = parse_value(info, value);
  if (info.rule == Rule::list) {
    if (!answer || !is_offered(info, *answer)) return violation(Reason::answer_not_offered, info);
  } else {
    if (!answer) return violation(Reason::malformed_answer, info);
    if (!is_possible_answer(info.rule, known.offer, *answer)) return violation(Reason::answer_not_offered, info);
  }
  if (!is_acceptable(info, *answer)) return violation(Reason::unacceptable, info);
  known.value = *answer;
  known.agreed = true;
  return std::nullopt;
}

/// The key keeps its current value. Whether we can work with that is looked at in finish(); for Reject the RFC lets us
/// leave at once, and there is nothing to wait for.
Negotiator::Outcome Negotiator::take_refusal(const KeyInfo& info, std::string_view word) {
  if (word == kNotUnderstood) {
    const bool tolerated = info.not_understood == NotUnderstood::concludes ||
                           (info.not_understood == NotUnderstood::rfc5048_key && policy_.tolerate_rfc3720_peer);
    if (!tolerated) return violation(Reason::not_understood, info);
  }
  const bool leave = word == kReject && !is_acceptable(info, slot(info.id).value);
  return leave ? Outcome(violation(Reason::unacceptable, info)) : std::nullopt;
}

std::optional<std::string_view> Negotiator::declared(KeyId id) const {
  const Slot& known = slot(id);
  if (!known.declared_by_peer || info_of(id).rule != Rule::declarative) return std::nullopt;
  return known.proposal;
}

}  // namespace lunway::text
