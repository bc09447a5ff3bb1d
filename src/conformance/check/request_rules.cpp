// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management, SNACK, Logout, Reject and Asynchronous Messages.
//= rfc7143#11.5
//= rfc7143#11.16
//= rfc7143#11.17

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;
using wire::Role;

constexpr std::uint32_t kAbortTask = 1;
constexpr std::uint32_t kTaskReassign = 8;
constexpr std::uint32_t kQueryTask = 9;
constexpr std::uint32_t kLastOfLevel2 = 12;

constexpr CheckerRule kReferenced{.id = "task-management/referenced-tag",
                                  .title = "A function that is not about one task has Referenced Task Tag 0xffffffff",
                                  .proves = "R7143-11.5.4-01 R7144-6.3.2-01",
                                  .judges = Side::initiator,
                                  .section = "11.5.4"};
constexpr CheckerRule kRefCmdSn{
    .id = "task-management/ref-cmd-sn",
    .title = "RefCmdSN is the CmdSN of the task, or of the request when the task is immediate",
    .proves =
        "R7143-11.5.1-09 R7143-11.5.1-10 R7143-11.5.5-01 R7143-11.5.5-02 R7144-6.3-05 R7144-6.3-06 R7144-6.3.3-01 "
        "R7144-6.3.3-02",
    .judges = Side::initiator,
    .section = "11.5.5"};
constexpr CheckerRule kReassign{.id = "task-management/reassign-is-immediate",
                                .title = "TASK REASSIGN is immediate",
                                .proves = "R7143-11.5.1-22",
                                .judges = Side::initiator,
                                .section = "11.5.1"};
constexpr CheckerRule kLevel{.id = "task-management/function-agreed",
                             .title = "The functions of RFC 7144 are used only with iSCSIProtocolLevel 2",
                             .proves = "R7144-6.3-01",
                             .judges = Side::initiator,
                             .section = "rfc7144 6.3"};
constexpr CheckerRule kSnackTags{.id = "snack/tags",
                                 .title = "A SNACK has the tags that belong to its type",
                                 .proves = "R7143-11.16.4-01 R7143-11.16.4-02 R7143-11.16.5-01 R7143-11.16.5-04",
                                 .judges = Side::initiator,
                                 .section = "11.16.5"};
constexpr CheckerRule kSnackRun{.id = "snack/run",
                                .title = "BegRun is 0 for R-Data, and RunLength for R-Data and DataACK",
                                .proves = "R7143-11.16.6-01 R7143-11.16.7-01",
                                .judges = Side::initiator,
                                .section = "11.16.6"};
constexpr CheckerRule kAfterLogout{.id = "logout/nothing-after",
                                   .title = "No new request follows a Logout that closes the connection",
                                   .proves = "R7143-11.14-02",
                                   .judges = Side::initiator,
                                   .section = "11.14"};
constexpr CheckerRule kReason{.id = "reject/reason",
                              .title = "Reject does not use the reason 0x0b",
                              .proves = "R7143-11.17.1-01",
                              .judges = Side::target,
                              .section = "11.17.1"};
constexpr CheckerRule kRejected{.id = "reject/header",
                                .title = "Reject brings the header of the PDU that it is about",
                                .proves = "R7143-11.17.4-01",
                                .judges = Side::target,
                                .section = "11.17.4"};
constexpr CheckerRule kTermination{.id = "asynchronous-message/task-termination-agreed",
                                   .title = "AsyncEvent 5 comes only with TaskReporting=FastAbort",
                                   .proves = "R7143-11.9.1-08",
                                   .judges = Side::target,
                                   .section = "11.9.1"};

constexpr const CheckerRule* kRules[] = {&kReferenced, &kRefCmdSn,    &kReassign, &kLevel,    &kSnackTags,
                                         &kSnackRun,   &kAfterLogout, &kReason,   &kRejected, &kTermination};

void judge_ref_cmd_sn(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const auto found = sight.session().tasks.find(pdu[field::kReferencedTag]);
  if (found == sight.session().tasks.end() || found->second.in_doubt) return;
  const Task& task = found->second;
  const std::uint32_t due = task.is_immediate() ? pdu[field::kCmdSn] : task.request[field::kCmdSn];
  if (pdu[field::kRefCmdSn] != due) {
    sight.violates(kRefCmdSn, "RefCmdSN " + hex(due), with(pdu, field::kRefCmdSn));
  }
}

void judge_task_management(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const std::uint32_t function = pdu[field::kFunction];
  const bool about_one = function == kAbortTask || function == kTaskReassign || function == kQueryTask;
  if (!about_one && pdu[field::kReferencedTag] != kNoTag) {
    sight.violates(kReferenced, "0xffffffff", with(pdu, field::kReferencedTag));
  }
  if (function == kTaskReassign && pdu[field::kImmediate] == 0) {
    sight.violates(kReassign, "I beside TASK REASSIGN", "I=0");
  }
  const std::optional<std::uint32_t> level = sight.connection.agreed().result(KeyId::protocol_level);
  if (function >= kQueryTask && function <= kLastOfLevel2 && level && *level < 2 && sight.session().is_known) {
    sight.violates(kLevel, "a function of RFC 7143", with(pdu, field::kFunction));
  }
  if ((function == kAbortTask || function == kQueryTask) && sight.peer_is_honest()) judge_ref_cmd_sn(sight);
}

void judge_snack(const Sight& sight) {
  enum Type : std::uint8_t { kData, kStatus, kDataAck, kRData };
  const Pdu& pdu = sight.pdu;
  const std::uint32_t type = pdu[field::kSnackType];
  const bool names_task = type == kData || type == kRData;
  if (names_task == (pdu[field::kItt] == kNoTag)) {
    sight.violates(kSnackTags, names_task ? "the tag of the command" : "0xffffffff", with(pdu, field::kItt));
  }
  const std::uint32_t tag = pdu[field::kTtt];
  const bool free_of_tag = type == kData || type == kStatus;
  if ((free_of_tag && tag != kNoTag) || (type == kRData && (tag == 0 || tag == kNoTag))) {
    sight.violates(kSnackTags, free_of_tag ? "0xffffffff" : "a SNACK Tag", with(pdu, field::kTtt));
  }
  if (type == kRData && pdu[field::kBegRun] != 0) {
    sight.violates(kSnackRun, "BegRun 0", with(pdu, field::kBegRun));
  } else if ((type == kRData || type == kDataAck) && pdu[field::kRunLength] != 0) {
    sight.violates(kSnackRun, "RunLength 0", with(pdu, field::kRunLength));
  }
}

void judge_reject(const Sight& sight) {
  constexpr std::uint32_t kNegotiationReset = 0x0b;
  if (sight.pdu[field::kRejectReason] == kNegotiationReset) {
    sight.violates(kReason, "another reason", with(sight.pdu, field::kRejectReason));
  }
  if (sight.pdu.data.size() < wire::kHeaderSize) {
    sight.violates(kRejected, "the 48 bytes of the header", std::to_string(sight.pdu.data.size()) + " bytes");
  }
}

void judge_initiator(const Sight& sight) {
  if (sight.is(Opcode::task_management_request)) judge_task_management(sight);
  if (sight.is(Opcode::snack_request)) judge_snack(sight);
  const bool asks = has_cmd_sn(sight.pdu) && sight.pdu[field::kItt] != kNoTag;
  if (sight.connection.logout_sent && asks && sight.peer_is_honest()) {
    sight.violates(kAfterLogout, "no request after the Logout", "a " + name_of(sight.pdu));
  }
}

void judge(const Sight& sight) {
  if (!sight.in_full_feature()) return;
  if (sight.sender == Role::initiator) return judge_initiator(sight);
  if (sight.is(Opcode::reject)) judge_reject(sight);
  constexpr std::uint32_t kTaskTermination = 5;
  constexpr std::uint32_t kFastAbort = 2;
  if (!sight.is(Opcode::asynchronous_message) || sight.pdu[field::kAsyncEvent] != kTaskTermination) return;
  const std::optional<std::uint32_t> reporting = sight.connection.agreed().result(KeyId::task_reporting);
  if (reporting && *reporting != kFastAbort && sight.session().is_known) {
    sight.violates(kTermination, "another event", with(sight.pdu, field::kAsyncEvent));
  }
}

}  // namespace

constexpr Family kRequestFamily{kRules, judge};

}  // namespace lunway::conformance
