// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP-Out and NOP-In.
//= rfc7143#11.18
//= rfc7143#11.19

#include <algorithm>

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

constexpr CheckerRule kImmediate{.id = "ping/without-answer-is-immediate",
                                 .title = "A NOP-Out that wants no answer is immediate",
                                 .proves = "R7143-11.18.1-04",
                                 .judges = Side::initiator,
                                 .section = "11.18.1"};
constexpr CheckerRule kTag{.id = "ping/tag-of-a-nop-in",
                           .title = "A NOP-Out has a Target Transfer Tag only when it answers a NOP-In that has it",
                           .proves = "R7143-11.18.2-01 R7143-11.18.2-02",
                           .judges = Side::initiator,
                           .section = "11.18.2"};
constexpr CheckerRule kLun{.id = "ping/lun-of-the-nop-in",
                           .title = "A NOP-Out that answers copies the LUN",
                           .proves = "R7143-11.18.2-03",
                           .judges = Side::initiator,
                           .section = "11.18.2"};
constexpr CheckerRule kEcho{.id = "ping/echo",
                            .title = "A NOP-In brings the ping data back, as far as the initiator takes it",
                            .proves = "R7143-11.19-02",
                            .judges = Side::target,
                            .section = "11.19"};
constexpr CheckerRule kAnswerTag{.id = "ping/answer-without-tag",
                                 .title = "A NOP-In that answers has the Target Transfer Tag 0xffffffff",
                                 .proves = "R7143-11.19-03",
                                 .judges = Side::target,
                                 .section = "11.19"};
constexpr CheckerRule kNoData{.id = "ping/unsolicited-without-data",
                              .title = "A NOP-In of the target's own has no data",
                              .proves = "R7143-11.19-06",
                              .judges = Side::target,
                              .section = "11.19"};

constexpr const CheckerRule* kRules[] = {&kImmediate, &kTag, &kLun, &kEcho, &kAnswerTag, &kNoData};

void judge_nop_out(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (pdu[field::kItt] == kNoTag && pdu[field::kImmediate] == 0) {
    sight.violates(kImmediate, "I beside Initiator Task Tag 0xffffffff", "a NOP-Out with I=0");
  }
  if (pdu[field::kTtt] == kNoTag || !sight.peer_is_honest()) return;
  const auto asked = sight.connection.pings.find(pdu[field::kTtt]);
  if (asked == sight.connection.pings.end()) {
    // More may have come than are remembered.
    if (sight.connection.pings.size() >= SessionModel::kMostR2ts) return;
    sight.violates(kTag, "0xffffffff, or the tag of a NOP-In", with(pdu, field::kTtt));
  } else if (asked->second != pdu.get(field::kLun)) {
    sight.violates(kLun, "the LUN of the NOP-In", "another one in the NOP-Out");
  }
}

void judge_echo(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (pdu[field::kTtt] != kNoTag) sight.violates(kAnswerTag, "0xffffffff", with(pdu, field::kTtt));
  const auto found = sight.session().tasks.find(pdu[field::kItt]);
  const std::optional<std::uint32_t> most = sight.connection.max_recv[Role::initiator];
  if (found == sight.session().tasks.end() || !most || !sight.peer_is_honest()) return;
  const Pdu& request = found->second.request;
  if (!request.is(Opcode::nop_out) || request.data.size() >= Task::kMostData) return;
  const Bytes due = Bytes(request.data).first(std::min<std::size_t>(request.data.size(), *most));
  if (std::ranges::equal(due, pdu.data)) return;
  sight.violates(kEcho, "the " + std::to_string(due.size()) + " bytes of the NOP-Out",
                 std::to_string(pdu.data.size()) + " bytes, or other ones");
}

void judge(const Sight& sight) {
  if (!sight.in_full_feature()) return;
  if (sight.is(Opcode::nop_out) && sight.sender == Role::initiator) judge_nop_out(sight);
  if (!sight.is(Opcode::nop_in) || sight.sender != Role::target) return;
  if (sight.pdu[field::kItt] != kNoTag) {
    judge_echo(sight);
  } else if (!sight.pdu.data.empty()) {
    sight.violates(kNoData, "no data", std::to_string(sight.pdu.data.size()) + " bytes in a NOP-In");
  }
}

}  // namespace

constexpr Family kPingFamily{kRules, judge};

}  // namespace lunway::conformance
