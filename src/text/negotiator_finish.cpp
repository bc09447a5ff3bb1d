// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a negotiation starts and ends: values in force before, checks at the end, values in force afterwards.

#include <algorithm>

#include "text/negotiator.h"
#include "text/selection.h"

namespace lunway::text {

Negotiator::Negotiator(const Start& start, const Policy& policy)
    : role_(start.role),
      stage_(start.stage),
      session_type_(start.session_type),
      leading_connection_(start.leading_connection && start.stage != Stage::full_feature),
      policy_(policy),
      connection_(start.connection) {
  const auto load = [this](KeyId id, auto in_force) { slot(id).value = static_cast<std::uint32_t>(in_force); };
  load(KeyId::header_digest, start.connection.header_digest);
  load(KeyId::data_digest, start.connection.data_digest);
  load(KeyId::max_connections, start.session.max_connections);
  load(KeyId::initial_r2t, start.session.initial_r2t);
  load(KeyId::immediate_data, start.session.immediate_data);
  load(KeyId::max_burst_length, start.session.max_burst_length);
  load(KeyId::first_burst_length, start.session.first_burst_length);
  load(KeyId::default_time2wait, start.session.default_time2wait_s);
  load(KeyId::default_time2retain, start.session.default_time2retain_s);
  load(KeyId::max_outstanding_r2t, start.session.max_outstanding_r2t);
  load(KeyId::data_pdu_in_order, start.session.data_pdu_in_order);
  load(KeyId::data_sequence_in_order, start.session.data_sequence_in_order);
  load(KeyId::error_recovery_level, start.session.error_recovery_level);
  load(KeyId::task_reporting, start.session.task_reporting);
  load(KeyId::protocol_level, start.session.protocol_level);
}

std::optional<Violation> Negotiator::finish() {
  if (auto failed = settle_pending()) return failed;
  if (auto failed = settle_unanswered()) return failed;
  if (stage_ == Stage::full_feature) return std::nullopt;
  for (const KeyInfo& info : kKeys) {
    if (!info.negotiated() || !is_negotiable(info) || is_acceptable(info, value(info.id))) continue;
    if (info.id == KeyId::first_burst_length && !allows_unsolicited_data()) continue;
    return Violation{Reason::unacceptable, info.id};
  }
  return enforce_integrity();
}

/// The last text is the target's, and it must not ask for an answer. Keys that nobody knows are passed over, since
/// silence says no less than NotUnderstood would.
//= rfc7143#6.3
//= rfc7143#6.4
Negotiator::Outcome Negotiator::settle_pending() {
  for (const Pending& waiting : pending_) {
    if (!waiting.key || info_of(*waiting.key).rule == Rule::obsolete) continue;
    const KeyInfo& info = info_of(*waiting.key);
    Slot& known = slot(info.id);
    const auto proposed = parse_value(info, known.proposal);
    if (!proposed || !decides_alone(info.rule, *proposed)) return Violation{Reason::too_late, info.id};
    known.value = *proposed;
    known.progress = Progress::settled;
  }
  pending_.clear();
  return std::nullopt;
}

/// No answer is an answer where the offer decides alone, where the key's text says so, and, for a tolerant side, where
/// the peer is too old for the key.
//= rfc7143#6.2.2
//= rfc7144#7.1.1
Negotiator::Outcome Negotiator::settle_unanswered() {
  for (const KeyInfo& info : kKeys) {
    Slot& known = slot(info.id);
    if (known.progress != Progress::offered) continue;
    const bool decided = decides_alone(info.rule, known.offer);
    const bool too_new = info.not_understood == NotUnderstood::rfc5048_key && policy_.tolerate_rfc3720_peer;
    if (!decided && !too_new && info.id != KeyId::protocol_level) return Violation{Reason::unanswered, info.id};
    if (decided) known.value = known.offer;
    known.progress = Progress::settled;
  }
  return std::nullopt;
}

Negotiator::Outcome Negotiator::enforce_integrity() {
  //= rfc7143#13.14
  Slot& first_burst = slot(KeyId::first_burst_length);
  if (first_burst.value > value(KeyId::max_burst_length)) {
    // The peer has made our own answers contradict each other. An initiator just keeps to the smaller number.
    const bool contradiction = role_ == Role::target && first_burst.agreed && allows_unsolicited_data();
    if (contradiction) return Violation{Reason::integrity, KeyId::first_burst_length};
    first_burst.value = value(KeyId::max_burst_length);
  }
  //= rfc7143#13.19
  Slot& outstanding = slot(KeyId::max_outstanding_r2t);
  outstanding.value = std::min(outstanding.value, upper_bound_of(info_of(KeyId::max_outstanding_r2t)));
  return std::nullopt;
}

bool Negotiator::is_negotiable(const KeyInfo& info) const {
  return (leading_connection_ || !info.leading_only()) && !is_irrelevant(info);
}

bool Negotiator::is_acceptable(const KeyInfo& info, std::uint32_t value) const {
  if (info.rule == Rule::list) {
    const auto accepted = policy_.list(info.id).values();
    return std::ranges::find(accepted, value) != accepted.end();
  }
  const NumberWish wish = wish_of(info);
  const auto [low, high] = std::minmax(wish.preferred, wish.worst);
  return low <= value && value <= high;
}

//= rfc7143#13.21
NumberWish Negotiator::wish_of(const KeyInfo& info) const {
  const bool must_be_zero = session_type_ == SessionType::discovery && info.id == KeyId::error_recovery_level;
  return must_be_zero ? NumberWish{.offer = false} : policy_.number(info.id);
}

bool Negotiator::allows_unsolicited_data() const {
  return value(KeyId::initial_r2t) == 0 || value(KeyId::immediate_data) != 0;
}

SessionParameters Negotiator::session_parameters() const {
  return {
      .session_type = session_type_,
      .max_connections = static_cast<std::uint16_t>(value(KeyId::max_connections)),
      .initial_r2t = value(KeyId::initial_r2t) != 0,
      .immediate_data = value(KeyId::immediate_data) != 0,
      .max_burst_length = value(KeyId::max_burst_length),
      .first_burst_length = value(KeyId::first_burst_length),
      .default_time2wait_s = static_cast<std::uint16_t>(value(KeyId::default_time2wait)),
      .default_time2retain_s = static_cast<std::uint16_t>(value(KeyId::default_time2retain)),
      .max_outstanding_r2t = static_cast<std::uint16_t>(value(KeyId::max_outstanding_r2t)),
      .data_pdu_in_order = value(KeyId::data_pdu_in_order) != 0,
      .data_sequence_in_order = value(KeyId::data_sequence_in_order) != 0,
      .error_recovery_level = static_cast<std::uint8_t>(value(KeyId::error_recovery_level)),
      .task_reporting = static_cast<TaskReporting>(value(KeyId::task_reporting)),
      .protocol_level = static_cast<std::uint8_t>(value(KeyId::protocol_level)),
  };
}

ConnectionParameters Negotiator::connection_parameters() const {
  ConnectionParameters parameters = connection_;
  parameters.header_digest = static_cast<Digest>(value(KeyId::header_digest));
  parameters.data_digest = static_cast<Digest>(value(KeyId::data_digest));
  return parameters;
}

}  // namespace lunway::text
