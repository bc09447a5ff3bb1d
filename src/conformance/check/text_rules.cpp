// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests and Responses, and the bits that logins share with them.
//= rfc7143#11.10
//= rfc7143#11.11

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

constexpr CheckerRule kContinue{
    .id = "text/continued-is-not-final",
    .title = "C is not set beside F or T",
    .proves = "R7143-6.2-01 R7143-11.10.2-01 R7143-11.11.2-01 R7143-11.12.2-01 R7143-11.13.7-01",
    .section = "6.2"};
constexpr CheckerRule kOne{.id = "text/one-at-a-time",
                           .title = "No more than one Text Request waits for its answer on a connection",
                           .proves = "R7143-11.10-01",
                           .judges = Side::initiator,
                           .section = "11.10"};
constexpr CheckerRule kImmediate{.id = "text/same-delivery",
                                 .title = "The I bit stays the same within a sequence of Text Requests",
                                 .proves = "R7143-11.10.3-02",
                                 .judges = Side::initiator,
                                 .section = "11.10.3"};
constexpr CheckerRule kCopies{
    .id = "text/goes-on-with-tag-and-lun",
    .title = "A Text Request that goes on copies the Target Transfer Tag and LUN of the response",
    .proves = "R7143-11.11.4-03",
    .judges = Side::initiator,
    .section = "11.11.4"};
constexpr CheckerRule kTag{.id = "text/tag-while-it-goes-on",
                           .title = "A Text Response has a Target Transfer Tag while F is 0, and none with F",
                           .proves = "R7143-11.11.1-02 R7143-11.11.1-03 R7143-11.10.4-01 R7143-6.4-08 R7143-11.11.4-02",
                           .judges = Side::target,
                           .section = "11.11.1"};
constexpr CheckerRule kEarlyEnd{.id = "text/no-end-before-the-initiator",
                                .title = "A Text Request with F=0 is not answered with F=1",
                                .proves = "R7143-11.11.1-04",
                                .judges = Side::target,
                                .section = "11.11.1"};

constexpr const CheckerRule* kRules[] = {&kContinue, &kOne, &kImmediate, &kCopies, &kTag, &kEarlyEnd};

void judge_request(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (!sight.peer_is_honest()) return;
  if (sight.connection.text_outstanding) {
    sight.violates(kOne, "the answer to the first Text Request before the next", "another Text Request");
    return;
  }
  const auto found = sight.session().tasks.find(pdu[field::kItt]);
  const std::optional<Pdu>& response = sight.connection.text_response;
  if (found == sight.session().tasks.end() || found->second.in_doubt || !response) return;
  const Pdu& before = found->second.request;
  if (!before.is(Opcode::text_request) || pdu[field::kTtt] == kNoTag) return;
  if (before[field::kImmediate] != pdu[field::kImmediate]) {
    sight.violates(kImmediate, "the I bit of the first request", with(pdu, field::kImmediate));
  }
  if (pdu[field::kTtt] != (*response)[field::kTtt] || pdu.get(field::kLun) != response->get(field::kLun)) {
    sight.violates(kCopies, "tag " + hex((*response)[field::kTtt]) + " and its LUN", with(pdu, field::kTtt));
  }
}

void judge_response(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const bool final = pdu[field::kFinal] != 0;
  if (final != (pdu[field::kTtt] == kNoTag)) {
    sight.violates(kTag, final ? "tag 0xffffffff beside F" : "another tag than 0xffffffff while F=0",
                   with(pdu, field::kTtt));
  }
  const auto found = sight.session().tasks.find(pdu[field::kItt]);
  if (!final || found == sight.session().tasks.end() || !sight.peer_is_honest()) return;
  if (found->second.request.is(Opcode::text_request) && found->second.request[field::kFinal] == 0) {
    sight.violates(kEarlyEnd, "F=0 in answer to F=0", "a Text Response with F=1");
  }
}

void judge(const Sight& sight) {
  const bool login = sight.is(Opcode::login_request) || sight.is(Opcode::login_response);
  const bool text = sight.is(Opcode::text_request) || sight.is(Opcode::text_response);
  if (!login && !text) return;
  if (sight.pdu[field::kContinue] != 0 && sight.pdu[login ? field::kTransit : field::kFinal] != 0) {
    sight.violates(kContinue, login ? "T=0 beside C" : "F=0 beside C", "a " + name_of(sight.pdu) + " with both");
  }
  if (!sight.in_full_feature()) return;
  if (sight.is(Opcode::text_request) && sight.sender == Role::initiator) judge_request(sight);
  if (sight.is(Opcode::text_response) && sight.sender == Role::target) judge_response(sight);
}

}  // namespace

constexpr Family kTextFamily{kRules, judge};

}  // namespace lunway::conformance
