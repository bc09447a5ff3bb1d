// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target asks for.
//= rfc7143#11.8

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;

constexpr CheckerRule kSomething{.id = "r2t/asks-for-something",
                                 .title = "Desired Data Transfer Length is not 0",
                                 .proves = "R7143-11.8.4-01",
                                 .judges = Side::target,
                                 .section = "11.8.4"};
constexpr CheckerRule kTag{.id = "r2t/has-a-tag",
                           .title = "The Target Transfer Tag of an R2T is not 0xffffffff",
                           .proves = "R7143-11.8.5-01",
                           .judges = Side::target,
                           .section = "11.8.5"};
constexpr CheckerRule kBurst{.id = "r2t/within-the-burst",
                             .title = "An R2T asks for at most MaxBurstLength",
                             .proves = "R7143-11.8.4-02",
                             .judges = Side::target,
                             .section = "11.8.4"};
constexpr CheckerRule kLun{.id = "r2t/lun-of-the-command",
                           .title = "LUN of an R2T is that of its command",
                           .proves = "R7143-4.2.5.3-02",
                           .judges = Side::target,
                           .section = "4.2.5.3"};
constexpr CheckerRule kR2tSn{.id = "r2t/numbered",
                             .title = "R2T and Data-In of a command are numbered from 0 without a gap",
                             .judges = Side::target,
                             .section = "4.2.2.4"};
constexpr CheckerRule kExpected{.id = "r2t/within-the-expected-length",
                                .title = "An R2T stays within the expected length of a command that writes",
                                .judges = Side::target,
                                .section = "11.8.4"};
constexpr CheckerRule kOutstanding{.id = "r2t/not-too-many",
                                   .title = "No more than MaxOutstandingR2T R2Ts of a task wait for data",
                                   .proves = "R7143-11.8-13",
                                   .judges = Side::target,
                                   .section = "11.8"};
constexpr CheckerRule kInOrder{.id = "r2t/in-order",
                               .title = "With DataSequenceInOrder=Yes, R2Ts go on without gap or overlap",
                               .proves = "R7143-11.8-12",
                               .judges = Side::target,
                               .section = "11.8"};

constexpr const CheckerRule* kRules[] = {&kSomething, &kTag,      &kBurst,       &kLun,
                                         &kR2tSn,     &kExpected, &kOutstanding, &kInOrder};

void judge_for_task(const Sight& sight, const Task& task) {
  const Pdu& pdu = sight.pdu;
  const Negotiation& agreed = sight.connection.agreed();
  const std::uint32_t length = pdu[field::kDesiredLength];
  const std::uint64_t offset = pdu[field::kBufferOffset];
  if (pdu.get(field::kLun) != task.request.get(field::kLun)) {
    sight.violates(kLun, "the LUN of the SCSI Command", "another one in the Ready To Transfer");
  }
  const std::uint64_t expected = task.writes() ? task.request[field::kExpectedLength] : 0;
  if (offset + length > expected) {
    sight.violates(kExpected, "data within " + std::to_string(expected) + " bytes",
                   "an R2T for " + std::to_string(length) + " bytes at " + std::to_string(offset));
  }
  if (sight.connection.snack_seen) return;
  if (pdu[field::kR2tSn] != task.next_input_sn) {
    sight.violates(kR2tSn, "R2TSN " + hex(task.next_input_sn), with(pdu, field::kR2tSn));
  }
  // Above level 0 an R2T may ask for lost data once more.
  if (!agreed.is(KeyId::error_recovery_level, 0)) return;
  const std::optional<std::uint32_t> most = agreed.result(KeyId::max_outstanding_r2t);
  if (most && task.write.open.size() >= *most) {
    sight.violates(kOutstanding, "at most " + std::to_string(*most) + " outstanding",
                   "another R2T beside " + std::to_string(task.write.open.size()));
  }
  if (agreed.is(KeyId::data_sequence_in_order, 1) && task.write.next_r2t_offset.value_or(offset) != offset) {
    sight.violates(kInOrder, "Buffer Offset " + std::to_string(*task.write.next_r2t_offset),
                   with(pdu, field::kBufferOffset));
  }
}

void judge(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (!sight.is(Opcode::ready_to_transfer) || sight.sender != wire::Role::target) return;
  const std::uint32_t length = pdu[field::kDesiredLength];
  if (length == 0) sight.violates(kSomething, "a length of 1 and more", with(pdu, field::kDesiredLength));
  if (pdu[field::kTtt] == kNoTag) sight.violates(kTag, "another tag", with(pdu, field::kTtt));
  if (!sight.in_full_feature() || !sight.peer_is_honest()) return;
  const std::optional<std::uint32_t> burst = sight.connection.agreed().result(KeyId::max_burst_length);
  if (burst && length > *burst) {
    sight.violates(kBurst, "at most " + std::to_string(*burst) + " bytes", with(pdu, field::kDesiredLength));
  }
  const auto found = sight.session().tasks.find(pdu[field::kItt]);
  if (found == sight.session().tasks.end() || found->second.in_doubt) return;
  if (found->second.request.is(Opcode::scsi_command)) judge_for_task(sight, found->second);
}

}  // namespace

constexpr Family kR2tFamily{kRules, judge};

}  // namespace lunway::conformance
