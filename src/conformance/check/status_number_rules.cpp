// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// StatSN and its acknowledgement.
//= rfc7143#4.2.2.2

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using wire::Role;

constexpr CheckerRule kStatSn{
    .id = "stat-sn/one-by-one",
    .title = "Each PDU with a status of its own has the next StatSN of the connection, and those without show it",
    .proves = "R7143-4.2.2.2-04 R7143-11.13.4-01 R7143-11.17.3-01 R7143-11.19.2-01 R7143-11.8.3-01",
    .judges = Side::both,
    .section = "4.2.2.2"};
constexpr CheckerRule kOnlyForward{.id = "exp-stat-sn/only-forward",
                                   .title = "ExpStatSN of a connection never goes back",
                                   .proves = "R7143-4.2.2.2-04",
                                   .section = "4.2.2.2"};
constexpr CheckerRule kWhatHasCome{.id = "exp-stat-sn/what-has-come",
                                   .title = "ExpStatSN acknowledges only what the target has sent",
                                   .proves = "R7143-4.2.2.2-04",
                                   .section = "4.2.2.2"};

constexpr const CheckerRule* kRules[] = {&kStatSn, &kOnlyForward, &kWhatHasCome};

void judge_target(const Sight& sight) {
  const std::optional<std::uint32_t> next = sight.connection.next_stat_sn;
  if (!next || !has_stat_sn(sight.pdu)) return;
  const std::uint32_t stat_sn = sight.pdu[field::kStatSn];
  if (stat_sn == *next) return;
  // A SNACK may have asked for it again.
  //= rfc7143#11.16
  if (sight.connection.snack_seen && precedes(stat_sn, *next)) return;
  sight.violates(kStatSn, "StatSN " + hex(*next), with(sight.pdu, field::kStatSn));
}

void judge_initiator(const Sight& sight) {
  // The first Login Request has another meaning for the field.
  //= rfc7143#11.12.9
  if (!sight.connection.login.first_response) return;
  const std::uint32_t acknowledged = sight.pdu[field::kExpStatSn];
  const ConnectionModel& connection = sight.connection;
  if (connection.exp_stat_sn && precedes(acknowledged, *connection.exp_stat_sn)) {
    sight.violates(kOnlyForward, "ExpStatSN " + hex(*connection.exp_stat_sn) + " or later",
                   with(sight.pdu, field::kExpStatSn));
  }
  if (connection.next_stat_sn && precedes(*connection.next_stat_sn, acknowledged) && sight.peer_is_honest()) {
    sight.violates(kWhatHasCome, "ExpStatSN " + hex(*connection.next_stat_sn) + " or earlier",
                   with(sight.pdu, field::kExpStatSn));
  }
}

void judge(const Sight& sight) {
  if (wire::sender_of(sight.pdu.opcode()) != sight.sender) return;
  if (sight.sender == Role::target) {
    judge_target(sight);
  } else {
    judge_initiator(sight);
  }
}

}  // namespace

constexpr Family kStatusNumberFamily{kRules, judge};

}  // namespace lunway::conformance
