// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What we say: answers, declarations, offers.

#include <algorithm>
#include <array>

#include "text/negotiator.h"
#include "text/selection.h"
#include "text/value.h"

namespace lunway::text {
namespace {

/// These depend on other keys of the same text, so they are answered after all others.
bool is_answered_late(std::optional<KeyId> key) {
  return key == KeyId::first_burst_length || key == KeyId::max_outstanding_r2t;
}

std::optional<Violation> add(TextWriter& out, const KeyInfo& info, std::string_view value) {
  if (out.add(info.name, value)) return std::nullopt;
  return Violation{Reason::answer_too_long, info.id};
}

/// "At least the RFC3720 and ResponseFence values MUST be offered."
//= rfc7143#13.23
constexpr std::array kAlwaysOffered{TaskReporting::response_fence, TaskReporting::rfc3720};

}  // namespace

std::optional<Violation> Negotiator::compose(TextWriter& out, bool closing) {
  if (auto failed = answer_pending(out)) return failed;
  if (stage_ == Stage::security) return std::nullopt;
  if (auto failed = declare(out)) return failed;
  return stage_ == Stage::operational ? offer_due(out, closing) : std::nullopt;
}

bool Negotiator::awaits_answer() const {
  return std::ranges::any_of(slots_, [](const Slot& known) { return known.progress == Progress::offered; });
}

Negotiator::Outcome Negotiator::answer_pending(TextWriter& out) {
  std::ranges::stable_partition(pending_, [](const Pending& waiting) { return !is_answered_late(waiting.key); });
  for (const Pending& waiting : pending_) {
    if (waiting.key) {
      if (auto failed = answer(info_of(*waiting.key), out)) return failed;
    } else if (!out.add(waiting.text, kNotUnderstood)) {
      return Violation{Reason::answer_too_long, std::nullopt};
    }
  }
  pending_.clear();
  return std::nullopt;
}

Negotiator::Outcome Negotiator::answer(const KeyInfo& info, TextWriter& out) {
  slot(info.id).progress = Progress::settled;
  if (info.rule == Rule::obsolete) return add(out, info, kReject);
  if (is_irrelevant(info)) return add(out, info, kIrrelevant);

  const auto selected = select(info, slot(info.id).proposal);
  if (!selected || !is_acceptable(info, *selected)) {
    // Reject leaves the current value in force. When we cannot work with that either, there is nothing to agree on.
    if (!is_acceptable(info, value(info.id))) return Violation{Reason::unacceptable, info.id};
    return add(out, info, kReject);
  }
  slot(info.id).value = *selected;
  slot(info.id).agreed = true;
  return add(out, info, value_text(info, *selected));
}

/// The value that we answer; nothing when the proposal is not admissible.
std::optional<std::uint32_t> Negotiator::select(const KeyInfo& info, std::string_view proposal) const {
  if (info.rule == Rule::list) return select_from_list(info, proposal, policy_.list(info.id).values());
  const auto proposed = parse_value(info, proposal);
  if (!proposed) return std::nullopt;
  const std::uint32_t selected = combine(info.rule, *proposed, wish_of(info).preferred);
  return std::min(selected, upper_bound_of(info));
}

/// Integrity rules bind our own selection: what we answer or offer here would otherwise have to be taken back.
std::uint32_t Negotiator::upper_bound_of(const KeyInfo& info) const {
  if (info.id == KeyId::first_burst_length) {
    //= rfc7143#13.14
    const Slot& max_burst = slot(KeyId::max_burst_length);
    if (max_burst.progress == Progress::settled) return max_burst.value;
    if (max_burst.progress == Progress::offered) return max_burst.offer;
    return std::min(max_burst.value, policy_.number(KeyId::max_burst_length).preferred);
  }
  //= rfc7143#13.19
  const bool one_r2t = prospect(KeyId::error_recovery_level) != 0 && prospect(KeyId::data_sequence_in_order) != 0;
  return info.id == KeyId::max_outstanding_r2t && one_r2t ? 1 : info.highest;
}

/// What a key will be worth when the peer agrees to all that we offer.
std::uint32_t Negotiator::prospect(KeyId id) const {
  const Slot& known = slot(id);
  if (known.progress == Progress::offered) return known.offer;
  const bool will_be_offered = known.progress == Progress::untouched && role_ == Role::initiator &&
                               is_negotiable(info_of(id)) && wish_of(info_of(id)).offer;
  return will_be_offered ? wish_of(info_of(id)).preferred : known.value;
}

bool Negotiator::is_irrelevant(const KeyInfo& info) const {
  if (session_type_ == SessionType::discovery && info.irrelevant_in_discovery) return true;
  //= rfc7143#13.14
  const bool known = slot(KeyId::initial_r2t).progress == Progress::settled &&
                     slot(KeyId::immediate_data).progress == Progress::settled;
  return info.id == KeyId::first_burst_length && known && !allows_unsolicited_data();
}

Negotiator::Outcome Negotiator::declare(TextWriter& out) {
  const KeyInfo& length = info_of(KeyId::max_recv_data_segment_length);
  const std::uint32_t ours = policy_.number(length.id).preferred;
  std::uint32_t& in_force = connection_.our_max_recv_data_segment_length;
  const bool changes = stage_ == Stage::operational || ours != in_force;
  if (changes && !slot(length.id).declared_by_us) {
    if (auto failed = add(out, length, value_text(length, ours))) return failed;
    slot(length.id).declared_by_us = true;
    in_force = ours;
  }

  const KeyInfo& architecture = info_of(KeyId::node_architecture);
  const bool may_declare = stage_ == Stage::operational && leading_connection_;
  if (may_declare && !policy_.node_architecture.empty() && !slot(architecture.id).declared_by_us) {
    if (auto failed = add(out, architecture, policy_.node_architecture)) return failed;
    slot(architecture.id).declared_by_us = true;
  }
  return std::nullopt;
}

Negotiator::Outcome Negotiator::offer_due(TextWriter& out, bool closing) {
  for (const KeyInfo& info : kKeys) {
    if (!info.negotiated() || !wants_to_offer(info, closing)) continue;
    if (auto failed = offer(info, out)) return failed;
  }
  return std::nullopt;
}

/// The initiator offers first. A target waits for it, and at the end asks for what it cannot do without.
bool Negotiator::wants_to_offer(const KeyInfo& info, bool closing) const {
  if (slot(info.id).progress != Progress::untouched || !is_negotiable(info)) return false;
  if (role_ == Role::target && !closing) return false;

  if (info.id == KeyId::first_burst_length) {
    const bool will_be_irrelevant =
        policy_.number(KeyId::initial_r2t).preferred == 1 && policy_.number(KeyId::immediate_data).preferred == 0;
    if (role_ == Role::initiator ? will_be_irrelevant : !allows_unsolicited_data()) return false;
    if (value(info.id) > upper_bound_of(info)) return true;
  }
  const bool offers_unasked = info.rule == Rule::list ? policy_.list(info.id).offer : wish_of(info).offer;
  return (role_ == Role::initiator && offers_unasked) || !is_acceptable(info, value(info.id));
}

Negotiator::Outcome Negotiator::offer(const KeyInfo& info, TextWriter& out) {
  Slot& known = slot(info.id);
  known.progress = Progress::offered;
  if (info.rule == Rule::list) return add(out, info, offered_list(info));
  known.offer = std::min(wish_of(info).preferred, upper_bound_of(info));
  return add(out, info, value_text(info, known.offer));
}

std::string Negotiator::offered_list(const KeyInfo& info) const {
  std::string list = list_text(info, policy_.list(info.id).values());
  if (info.id != KeyId::task_reporting) return list;
  for (const TaskReporting always : kAlwaysOffered) {
    const auto place = static_cast<std::uint8_t>(always);
    if (std::ranges::find(policy_.task_reporting.values(), place) != policy_.task_reporting.values().end()) continue;
    list.append(",").append(info.words[place]);
  }
  return list;
}

bool Negotiator::is_offered(const KeyInfo& info, std::uint32_t value) const {
  const auto place = static_cast<std::uint8_t>(value);
  return select_from_list(info, offered_list(info), {&place, 1}).has_value();
}

}  // namespace lunway::text
