// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Both roles negotiate with each other over random policies. What one side believes at the end, the other believes too.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "text/negotiator_testing.h"

namespace lunway::text {
namespace {

using testing::answer;
using testing::say;

/// Where the peer can push to, at worst. One wish in twelve is picky, so that most runs of two sides end well.
std::uint32_t any_worst(const KeyInfo& info, std::uint32_t preferred) {
  const bool pushed_up = info.rule == Rule::maximum || info.rule == Rule::boolean_or;
  const bool picky = *rc::gen::inRange(0, 12) == 0;
  if (pushed_up) return picky ? *rc::gen::inRange(preferred, info.highest + 1) : info.highest;
  return picky ? *rc::gen::inRange(info.lowest, preferred + 1) : info.lowest;
}

NumberWish any_wish(const KeyInfo& info) {
  const std::uint32_t preferred = *rc::gen::inRange(info.lowest, info.highest + 1);
  return {.preferred = preferred, .worst = any_worst(info, preferred), .offer = *rc::gen::arbitrary<bool>()};
}

Policy any_policy() {
  Policy policy;
  for (const KeyInfo& info : kKeys) {
    if (info.negotiated() && info.rule != Rule::list) policy.number(info.id) = any_wish(info);
  }
  const std::vector<ListWish> digests{
      {Digest::none}, {Digest::crc32c}, {Digest::crc32c, Digest::none}, {Digest::none, Digest::crc32c}};
  policy.header_digest = *rc::gen::elementOf(digests);
  policy.data_digest = *rc::gen::elementOf(digests);
  policy.task_reporting.offer = *rc::gen::arbitrary<bool>();
  policy.number(KeyId::max_recv_data_segment_length).preferred = *rc::gen::inRange(512U, 1U << 24);
  return policy;
}

/// Nothing is so bad that it would end the negotiation.
Policy any_flexible_policy() {
  Policy policy = any_policy();
  const Policy flexible;
  for (const KeyInfo& info : kKeys) {
    NumberWish& wish = policy.number(info.id);
    wish.worst = flexible.number(info.id).worst;
    // The default stands unless both sides talk; it must be good enough.
    if (info.negotiated() && info.rule != Rule::list && !wish.offer) wish.preferred = info.default_value;
  }
  policy.header_digest = policy.data_digest = {Digest::crc32c, Digest::none};
  return policy;
}

struct Ending {
  std::optional<Violation> initiator;
  std::optional<Violation> target;
  bool failed = false;
};

/// I -> T, T -> I ... until nobody has anything to say; six exchanges are plenty.
Ending negotiate(Negotiator& initiator, Negotiator& target) {
  std::string text = say(initiator);
  for (int exchange = 0; exchange < 6; ++exchange) {
    text = answer(target, text, true);
    if (text.starts_with("violation")) return {.initiator = {}, .target = {}, .failed = true};
    text = answer(initiator, text);
    if (text.starts_with("violation")) return {.initiator = {}, .target = {}, .failed = true};
    if (text.empty() && !target.awaits_answer()) break;
  }
  return {initiator.finish(), target.finish()};
}

void check_limits(const Policy& policy, const SessionParameters& result) {
  RC_ASSERT(result.max_connections <= policy.number(KeyId::max_connections).preferred);
  RC_ASSERT(result.max_burst_length <= policy.number(KeyId::max_burst_length).preferred);
  RC_ASSERT(result.max_burst_length >= policy.number(KeyId::max_burst_length).worst);
  RC_ASSERT(result.default_time2wait_s >= policy.number(KeyId::default_time2wait).preferred);
  RC_ASSERT(result.default_time2wait_s <= policy.number(KeyId::default_time2wait).worst);
  RC_ASSERT(result.error_recovery_level <= policy.number(KeyId::error_recovery_level).preferred);
}

void check_integrity(const SessionParameters& result) {
  RC_ASSERT(result.first_burst_length <= result.max_burst_length);
  if (result.error_recovery_level != 0 && result.data_sequence_in_order) RC_ASSERT(result.max_outstanding_r2t == 1);
}

RC_GTEST_PROP(Rfc7143_6_2_Negotiation, FlexibleSidesAlwaysAgree, ()) {
  const Policy ours = any_flexible_policy();
  const Policy theirs = any_flexible_policy();
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, ours);
  Negotiator target({.role = Role::target, .stage = Stage::operational}, theirs);
  const Ending ending = negotiate(initiator, target);
  RC_ASSERT(!ending.failed);
  RC_ASSERT(!ending.initiator);
  RC_ASSERT(!ending.target);
  RC_ASSERT(initiator.session_parameters() == target.session_parameters());
  check_integrity(initiator.session_parameters());
}

RC_GTEST_PROP(Rfc7143_6_2_Negotiation, SidesThatEndWithoutViolationBelieveTheSame, ()) {
  const Policy ours = any_policy();
  const Policy theirs = any_policy();
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, ours);
  Negotiator target({.role = Role::target, .stage = Stage::operational}, theirs);
  const Ending ending = negotiate(initiator, target);
  // No two sides of ours ever find the other one breaking a rule; they may find no common value.
  if (ending.initiator) RC_ASSERT(ending.initiator->reason == Reason::unacceptable);
  if (ending.target) RC_ASSERT(ending.target->reason == Reason::unacceptable);
  if (ending.failed || ending.initiator || ending.target) RC_SUCCEED("no common value");

  const SessionParameters result = initiator.session_parameters();
  RC_ASSERT(result == target.session_parameters());
  check_integrity(result);
  check_limits(ours, result);
  check_limits(theirs, result);
  const ConnectionParameters here = initiator.connection_parameters();
  const ConnectionParameters there = target.connection_parameters();
  RC_ASSERT(here.header_digest == there.header_digest && here.data_digest == there.data_digest);
  RC_ASSERT(here.our_max_recv_data_segment_length == there.peer_max_recv_data_segment_length);
  RC_ASSERT(here.peer_max_recv_data_segment_length == there.our_max_recv_data_segment_length);
}

RC_GTEST_PROP(Rfc7143_13_21_SessionType, DiscoverySessionsAgreeOnDigestsAndLengths, ()) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational, .session_type = SessionType::discovery},
                       any_flexible_policy());
  Negotiator target({.role = Role::target, .stage = Stage::operational}, any_flexible_policy());
  RC_ASSERT(!testing::hear(target, "SessionType=Discovery"));
  const Ending ending = negotiate(initiator, target);
  RC_ASSERT(!ending.failed && !ending.initiator && !ending.target);
  const SessionParameters result = target.session_parameters();
  RC_ASSERT(result == initiator.session_parameters());
  RC_ASSERT(result.max_connections == 1 && result.error_recovery_level == 0);
}

}  // namespace
}  // namespace lunway::text
