// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data on its way to the initiator.
//= rfc7143#11.7

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;

constexpr CheckerRule kDataSn{.id = "data-in/numbered",
                              .title = "Data-In and R2T of a command are numbered from 0 without a gap",
                              .proves = "R7143-4.2.2.4-01",
                              .judges = Side::target,
                              .section = "4.2.2.4"};
constexpr CheckerRule kInOrder{
    .id = "data-in/in-order",
    .title = "With the order agreed on, Buffer Offsets of Data-In go on without gap or overlap",
    .proves = "R7143-13.19-01",
    .judges = Side::target,
    .section = "11.7.6"};
constexpr CheckerRule kBurst{.id = "data-in/within-the-burst",
                             .title = "A sequence of Data-In is not longer than MaxBurstLength",
                             .proves = "R7143-11.7.1-03",
                             .judges = Side::target,
                             .section = "11.7.1"};
constexpr CheckerRule kExpected{.id = "data-in/within-the-expected-length",
                                .title = "Data-In stays within the expected length of a command that reads",
                                .judges = Side::target,
                                .section = "11.7.6"};
constexpr CheckerRule kFinal{.id = "data-in/last-is-final",
                             .title = "The last Data-In before the SCSI Response has F",
                             .proves = "R7143-11.7.1-04",
                             .judges = Side::target,
                             .section = "11.7.1"};
constexpr CheckerRule kAcknowledge{.id = "data-in/acknowledge-needs-recovery",
                                   .title = "A is never set at ErrorRecoveryLevel 0",
                                   .proves = "R7143-11.7.2-03",
                                   .judges = Side::target,
                                   .section = "11.7.2"};
constexpr CheckerRule kAcknowledgeTag{.id = "data-in/acknowledge-with-tag",
                                      .title = "A Data-In with A has a Target Transfer Tag",
                                      .proves = "R7143-11.7.4-01",
                                      .judges = Side::target,
                                      .section = "11.7.4"};
constexpr CheckerRule kWords{.id = "data-in/whole-words",
                             .title = "A data segment without F is a whole number of words",
                             .proves = "R7143-11.7.7-02",
                             .section = "11.7.7",
                             .weight = Finding::Weight::warning};

constexpr const CheckerRule* kRules[] = {&kDataSn, &kInOrder,     &kBurst,          &kExpected,
                                         &kFinal,  &kAcknowledge, &kAcknowledgeTag, &kWords};

void judge_alone(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const Negotiation& agreed = sight.connection.agreed();
  if (pdu[field::kAcknowledge] == 0) return;
  if (agreed.is(KeyId::error_recovery_level, 0) && sight.session().is_known && sight.in_full_feature()) {
    sight.violates(kAcknowledge, "A=0 at ErrorRecoveryLevel 0", "a SCSI Data-In with A");
  }
  if (pdu[field::kTtt] == kNoTag) sight.violates(kAcknowledgeTag, "a tag beside A", with(pdu, field::kTtt));
}

void judge_order(const Sight& sight, const Task& task) {
  const Pdu& pdu = sight.pdu;
  if (sight.connection.snack_seen) return;
  if (pdu[field::kDataSn] != task.next_input_sn) {
    sight.violates(kDataSn, "DataSN " + hex(task.next_input_sn), with(pdu, field::kDataSn));
  }
  const Negotiation& agreed = sight.connection.agreed();
  const bool ordered = agreed.is(KeyId::data_pdu_in_order, 1) && agreed.is(KeyId::data_sequence_in_order, 1);
  if (ordered && pdu[field::kBufferOffset] != task.read.next_offset && !pdu.data.empty()) {
    sight.violates(kInOrder, "Buffer Offset " + std::to_string(task.read.next_offset), with(pdu, field::kBufferOffset));
  }
  const std::optional<std::uint32_t> burst = agreed.result(KeyId::max_burst_length);
  const std::uint64_t sequence = task.read.sequence_bytes + pdu.data.size();
  if (burst && sequence > *burst) {
    sight.violates(kBurst, "at most " + std::to_string(*burst) + " bytes before F", std::to_string(sequence));
  }
}

void judge_data_in(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  judge_alone(sight);
  if (!sight.in_full_feature() || !sight.peer_is_honest()) return;
  const auto found = sight.session().tasks.find(pdu[field::kItt]);
  if (found == sight.session().tasks.end() || !found->second.request.is(Opcode::scsi_command)) return;
  const Task& task = found->second;
  if (task.in_doubt) return;
  judge_order(sight, task);
  if (task.writes() && task.reads()) return;
  const std::uint64_t most = task.reads() ? task.request[field::kExpectedLength] : 0;
  if (!pdu.data.empty() && pdu[field::kBufferOffset] + std::uint64_t{pdu.data.size()} > most) {
    sight.violates(kExpected, "data within " + std::to_string(most) + " bytes",
                   std::to_string(pdu.data.size()) + " bytes at " + std::to_string(pdu[field::kBufferOffset]));
  }
}

void judge_response(const Sight& sight) {
  if (!sight.in_full_feature() || !sight.peer_is_honest() || sight.connection.snack_seen) return;
  const auto found = sight.session().tasks.find(sight.pdu[field::kItt]);
  if (found == sight.session().tasks.end() || found->second.in_doubt || found->second.read.sequence_ended) return;
  if (sight.pdu[field::kStatus] != 0 || sight.pdu[field::kResponse] != 0) return;
  sight.violates(kFinal, "F in the last SCSI Data-In", "a SCSI Response after one with F=0");
}

void judge(const Sight& sight) {
  const bool data = sight.is(Opcode::data_in) || sight.is(Opcode::data_out);
  if (data && sight.pdu[field::kFinal] == 0 && sight.pdu.data.size() % wire::kWordSize != 0) {
    sight.violates(kWords, "a multiple of 4 bytes", std::to_string(sight.pdu.data.size()) + " bytes without F");
  }
  if (sight.sender != wire::Role::target) return;
  if (sight.is(Opcode::data_in)) judge_data_in(sight);
  if (sight.is(Opcode::scsi_response)) judge_response(sight);
}

}  // namespace

constexpr Family kDataInFamily{kRules, judge};

}  // namespace lunway::conformance
