// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which tag belongs to which task, and which answer to which request.
//= rfc7143#11.2.1.8

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

constexpr CheckerRule kReused{.id = "tag/live-tag-reused",
                              .title = "No request has the Initiator Task Tag of a task that exists",
                              .proves = "R7143-11.2.1.8-01",
                              .judges = Side::initiator,
                              .section = "11.2.1.8"};
constexpr CheckerRule kUnknown{.id = "tag/answer-to-nothing",
                               .title = "Each answer has the tag of a request that waits for one",
                               .judges = Side::target,
                               .section = "11.2.1.8"};
constexpr CheckerRule kKind{.id = "tag/answer-of-another-kind",
                            .title = "A request is answered by the PDU that belongs to it",
                            .judges = Side::target,
                            .section = "11.2.1.8"};
constexpr CheckerRule kConnection{.id = "tag/on-the-connection-of-the-request",
                                  .title = "What belongs to a request travels on its connection",
                                  .proves = "R7143-4.2.5.1-01 R7143-4.2.5.1-02 R7143-4.2.5.1-03",
                                  .section = "4.2.5.1"};

constexpr const CheckerRule* kRules[] = {&kReused, &kUnknown, &kKind, &kConnection};

/// What may carry the tag of a request back to the initiator.
bool answers(const Pdu& answer, const Pdu& request) {
  switch (answer.opcode()) {
    case Opcode::scsi_response:
    case Opcode::data_in:
    case Opcode::ready_to_transfer:
      return request.is(Opcode::scsi_command);
    case Opcode::task_management_response:
      return request.is(Opcode::task_management_request);
    case Opcode::text_response:
      return request.is(Opcode::text_request);
    case Opcode::logout_response:
      return request.is(Opcode::logout_request);
    default:
      return request.is(Opcode::nop_out);
  }
}

bool carries_a_tag_back(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::login_response:
    case Opcode::asynchronous_message:
    case Opcode::reject:
      return false;
    case Opcode::nop_in:
      return pdu[field::kItt] != kNoTag;
    default:
      return true;
  }
}

void judge_connection(const Sight& sight, const Task& task) {
  if (task.in_doubt || task.connection == sight.event().connection) return;
  sight.violates(kConnection, "a " + name_of(sight.pdu) + " on connection " + std::to_string(task.connection),
                 "one on connection " + std::to_string(sight.event().connection));
}

void judge_request(const Sight& sight) {
  const auto& tasks = sight.session().tasks;
  const auto task = tasks.find(sight.pdu[field::kItt]);
  if (task == tasks.end()) return;
  if (sight.is(Opcode::data_out)) return judge_connection(sight, task->second);
  if (!has_cmd_sn(sight.pdu) || task->second.in_doubt) return;
  const Pdu& request = task->second.request;
  // A Text Request goes on under its tag, and a retry is the same request again.
  //= rfc7143#7.2.1
  if (request.is(Opcode::text_request) && sight.is(Opcode::text_request)) return;
  if (request[field::kCmdSn] == sight.pdu[field::kCmdSn] && request.opcode() == sight.pdu.opcode()) return;
  sight.violates(kReused, "a tag of its own for a " + name_of(sight.pdu),
                 "tag " + hex(sight.pdu[field::kItt]) + " of a " + name_of(request) + " without its answer");
}

void judge_answer(const Sight& sight) {
  if (!carries_a_tag_back(sight.pdu) || sight.connection.snack_seen) return;
  const auto& tasks = sight.session().tasks;
  const auto task = tasks.find(sight.pdu[field::kItt]);
  if (task == tasks.end()) {
    //= rfc7143#7.2.2
    if (sight.session().reassigned.contains(sight.pdu[field::kItt])) return;
    sight.violates(kUnknown, "the tag of a request that waits", with(sight.pdu, field::kItt));
    return;
  }
  if (!answers(sight.pdu, task->second.request)) {
    sight.violates(kKind, "an answer to a " + name_of(task->second.request), "a " + name_of(sight.pdu));
    return;
  }
  judge_connection(sight, task->second);
}

void judge(const Sight& sight) {
  if (wire::sender_of(sight.pdu.opcode()) != sight.sender || !sight.in_full_feature()) return;
  if (!sight.peer_is_honest()) return;
  if (sight.sender == Role::target) {
    judge_answer(sight);
  } else {
    judge_request(sight);
  }
}

}  // namespace

constexpr Family kTagFamily{kRules, judge};

}  // namespace lunway::conformance
