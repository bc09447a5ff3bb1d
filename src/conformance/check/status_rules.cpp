// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a command ends: SCSI Responses, and Data-In PDUs with a status.
//= rfc7143#11.4

#include "base/big_endian.h"
#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;

constexpr CheckerRule kOneResidual{.id = "status/over-or-under",
                                   .title = "O and U are not both set, and o and u are not",
                                   .proves = "R7143-11.4.1-02",
                                   .judges = Side::target,
                                   .section = "11.4.1"};
constexpr CheckerRule kResidualWhenCompleted{.id = "status/residual-only-when-completed",
                                             .title = "A response other than Command Completed has no residual flags",
                                             .proves = "R7143-11.4.1-01",
                                             .judges = Side::target,
                                             .section = "11.4.1"};
constexpr CheckerRule kCountWithoutFlag{.id = "status/residual-count-without-flag",
                                        .title = "Residual Count is 0 without O and U",
                                        .proves = "R7143-11.4.5.1-03",
                                        .judges = Side::target,
                                        .section = "11.4.5.1",
                                        .weight = Finding::Weight::warning};
constexpr CheckerRule kResidualMatches{.id = "status/residual-matches-the-data",
                                       .title = "The data of a read and its residual make the expected length",
                                       .proves = "R7143-11.4.5.1-01 R7143-11.4.5.2-03 R7143-11.4.5.2-04",
                                       .judges = Side::target,
                                       .section = "11.4.5.2"};
constexpr CheckerRule kExpDataSn{.id = "status/exp-data-sn",
                                 .title = "ExpDataSN is the number of Data-In PDUs",
                                 .proves = "R7143-11.4.8-01",
                                 .judges = Side::target,
                                 .section = "11.4.8"};
constexpr CheckerRule kSense{.id = "status/sense-with-check-condition",
                             .title = "CHECK CONDITION comes with sense data",
                             .proves = "R7143-11.4.7-01 R7143-11.4.7-02 R7143-4.6.1.2-01 R7144-5.2.2-01",
                             .judges = Side::target,
                             .section = "11.4.7"};
constexpr CheckerRule kQualifier{.id = "status/qualifier-agreed",
                                 .title = "A Status Qualifier comes only with iSCSIProtocolLevel 2",
                                 .proves = "R7144-5.2.1-01",
                                 .judges = Side::target,
                                 .section = "rfc7144 5.2.1"};
constexpr CheckerRule kGoodInData{.id = "status/data-in-without-exception",
                                  .title = "Data-In carries no status that is an exception",
                                  .proves = "R7143-11.7.3-01",
                                  .judges = Side::target,
                                  .section = "11.7.3"};
constexpr CheckerRule kFinalWithStatus{.id = "status/final-data-in",
                                       .title = "A Data-In with S has F",
                                       .proves = "R7143-11.7.3-03",
                                       .judges = Side::target,
                                       .section = "11.7.3"};
constexpr CheckerRule kBidirectional{.id = "status/bidirectional-in-a-response",
                                     .title = "The status of a bidirectional command comes in a SCSI Response",
                                     .proves = "R7143-11.7.3-02",
                                     .judges = Side::target,
                                     .section = "11.7.3"};

constexpr const CheckerRule* kRules[] = {
    &kOneResidual, &kResidualWhenCompleted, &kCountWithoutFlag, &kResidualMatches, &kExpDataSn, &kSense, &kQualifier,
    &kGoodInData,  &kFinalWithStatus,       &kBidirectional};

constexpr std::uint32_t kGood = 0x00;
constexpr std::uint32_t kCheckCondition = 0x02;
constexpr std::uint32_t kConditionMet = 0x04;
constexpr std::uint32_t kIntermediate = 0x10;
constexpr std::uint32_t kIntermediateConditionMet = 0x14;

const Task* task_of(const Sight& sight) {
  const auto task = sight.session().tasks.find(sight.pdu[field::kItt]);
  return task == sight.session().tasks.end() ? nullptr : &task->second;
}

void judge_sense(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (pdu[field::kStatus] != kCheckCondition || pdu[field::kResponse] != 0) return;
  const std::size_t sense = pdu.data.size() < 2 ? 0 : load_be16(pdu.data.data());
  if (sense == 0 || sense + 2 > pdu.data.size()) {
    sight.violates(kSense, "sense data in the data segment",
                   "SenseLength " + std::to_string(sense) + " in " + std::to_string(pdu.data.size()) + " bytes");
  }
}

void judge_exp_data_sn(const Sight& sight, const Task* task) {
  const Pdu& pdu = sight.pdu;
  const std::uint32_t claimed = pdu[field::kExpDataSn];
  if (pdu[field::kResponse] != 0 && claimed != 0) {
    sight.violates(kExpDataSn, "ExpDataSN 0 without Command Completed at Target", with(pdu, field::kExpDataSn));
    return;
  }
  const bool countable = task != nullptr && !task->in_doubt && !(task->reads() && task->writes());
  if (!countable || pdu[field::kResponse] != 0 || sight.connection.snack_seen || !sight.peer_is_honest()) return;
  if (claimed != task->read.pdus) {
    sight.violates(kExpDataSn, "ExpDataSN " + hex(task->read.pdus), with(pdu, field::kExpDataSn));
  }
}

void judge_response(const Sight& sight, const Task* task) {
  const Pdu& pdu = sight.pdu;
  const bool over = pdu[field::kOverflow] != 0 || pdu[field::kBidiOverflow] != 0;
  const bool under = pdu[field::kUnderflow] != 0 || pdu[field::kBidiUnderflow] != 0;
  if (pdu[field::kBidiOverflow] != 0 && pdu[field::kBidiUnderflow] != 0) {
    sight.violates(kOneResidual, "o or u", "a SCSI Response with both");
  }
  if (pdu[field::kResponse] != 0 && (over || under)) {
    sight.violates(kResidualWhenCompleted, "no residual flags", with(pdu, field::kResponse));
  }
  const std::optional<std::uint32_t> level = sight.connection.agreed().result(KeyId::protocol_level);
  if (pdu[field::kStatusQualifier] != 0 && level && *level < 2 && sight.session().is_known) {
    sight.violates(kQualifier, "Status Qualifier 0 at iSCSIProtocolLevel " + std::to_string(*level),
                   with(pdu, field::kStatusQualifier));
  }
  judge_sense(sight);
  judge_exp_data_sn(sight, task);
}

void judge_data_in(const Sight& sight, const Task* task) {
  const Pdu& pdu = sight.pdu;
  if (pdu[field::kFinal] == 0) sight.violates(kFinalWithStatus, "F beside S", "a SCSI Data-In with S and F=0");
  const std::uint32_t status = pdu[field::kStatus];
  if (status != kGood && status != kConditionMet && status != kIntermediate && status != kIntermediateConditionMet) {
    sight.violates(kGoodInData, "this status in a SCSI Response", with(pdu, field::kStatus));
  }
  if (task != nullptr && task->reads() && task->writes() && sight.peer_is_honest()) {
    sight.violates(kBidirectional, "a SCSI Response", "a SCSI Data-In with the status of a bidirectional command");
  }
}

/// Only of a read that went well: an error may leave any amount untold.
void judge_residual(const Sight& sight, const Task* task) {
  const Pdu& pdu = sight.pdu;
  const bool over = pdu[field::kOverflow] != 0;
  const bool under = pdu[field::kUnderflow] != 0;
  const std::uint32_t residual = pdu[field::kResidual];
  if (over && under) sight.violates(kOneResidual, "O or U", "a " + name_of(pdu) + " with both");
  if (!over && !under && residual != 0) {
    sight.violates(kCountWithoutFlag, "Residual Count 0", with(pdu, field::kResidual));
  }
  if (task == nullptr || task->in_doubt || !task->reads() || task->writes() || pdu[field::kStatus] != kGood) return;
  if (sight.connection.snack_seen || !sight.peer_is_honest()) return;
  if (sight.is(Opcode::scsi_response) && pdu[field::kResponse] != 0) return;
  const std::uint64_t came = task->read.bytes + (sight.is(Opcode::data_in) ? pdu.data.size() : 0);
  const std::uint64_t told = came + (under ? residual : 0);
  const std::uint32_t expected = task->request[field::kExpectedLength];
  if (told == expected) return;
  sight.violates(kResidualMatches, std::to_string(expected) + " bytes, or U and the number of those missing",
                 std::to_string(came) + " bytes and " + (under ? "a residual of " + std::to_string(residual) : "no U"));
}

void judge(const Sight& sight) {
  if (sight.sender != wire::Role::target || !sight.in_full_feature()) return;
  const Task* task = task_of(sight);
  if (sight.is(Opcode::scsi_response)) {
    judge_response(sight, task);
  } else if (sight.is(Opcode::data_in) && sight.pdu[field::kHasStatus] != 0) {
    judge_data_in(sight, task);
  } else {
    return;
  }
  judge_residual(sight, task);
}

}  // namespace

constexpr Family kStatusFamily{kRules, judge};

}  // namespace lunway::conformance
