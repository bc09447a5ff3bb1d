// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Words for tests of the negotiator: texts written as "A=1;B=2", and a run of both roles against each other.

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "text/negotiator.h"

namespace lunway::text::testing {

/// Feeds "A=1;B=2" as one LTDS. The first violation, if any.
inline std::optional<Violation> hear(Negotiator& listener, std::string_view pairs) {
  while (!pairs.empty()) {
    const std::string_view pair = pairs.substr(0, pairs.find(';'));
    pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto received = listener.receive({pair.substr(0, equals), pair.substr(equals + 1)});
    if (!received) return received.error();
  }
  return std::nullopt;
}

/// What compose() adds, as "A=1;B=2"; a violation as its description.
inline std::string say(Negotiator& speaker, bool closing = false) {
  TextWriter out;
  if (const auto failed = speaker.compose(out, closing)) return "violation: " + describe(*failed);
  std::string text(out.text());
  std::ranges::replace(text, '\0', ';');
  if (!text.empty()) text.pop_back();
  return text;
}

/// hear() and say() in one.
inline std::string answer(Negotiator& negotiator, std::string_view pairs, bool closing = false) {
  if (const auto failed = hear(negotiator, pairs)) return "violation: " + describe(*failed);
  return say(negotiator, closing);
}

/// A side that only answers: it offers nothing unasked and declares nothing but its MaxRecvDataSegmentLength.
inline Policy quiet_policy() {
  Policy policy;
  for (NumberWish& wish : policy.numbers) wish.offer = false;
  policy.header_digest.offer = policy.data_digest.offer = false;
  return policy;
}

/// A target that has already declared its MaxRecvDataSegmentLength, so that only answers are left to say.
inline Negotiator target_with(const Policy& policy, Stage stage = Stage::operational) {
  Negotiator target({.role = Role::target, .stage = stage}, policy);
  say(target);
  return target;
}

inline Negotiator target(Stage stage = Stage::operational) { return target_with(quiet_policy(), stage); }

/// An initiator that has offered just this key.
inline Negotiator initiator_offering(KeyId key, NumberWish wish) {
  Policy policy = quiet_policy();
  policy.number(key) = wish;
  policy.number(key).offer = true;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  say(initiator);
  return initiator;
}

inline std::optional<Reason> reason_of(const std::optional<Violation>& violation) {
  return violation ? std::optional(violation->reason) : std::nullopt;
}

}  // namespace lunway::text::testing
