// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SendTargets, and the discovery sessions that it is made for.
//= rfc7143#C
//= rfc7143#4.3

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

/// A text request and all of its answer, over as many PDUs as it takes.
Text asks(TargetScript& s, Link& link, const Text& question) {
  Pdu request = link.text_request(question);
  link.send(request);
  Text answer;
  std::vector<std::byte> pending;
  for (;;) {
    const Pdu response = link.expect_answer(request, Opcode::text_response);
    pending.insert(pending.end(), response.data.begin(), response.data.end());
    if (response[field::kFinal] != 0) {
      s.require_field(response, field::kTtt, kNoTag, "11.11.1");
      break;
    }
    s.require(response[field::kTtt] != kNoTag, "a Target Transfer Tag while there is more", summary_of(response),
              "11.11.1");
    Pdu more = link.text_request({});
    more.set(field::kItt, request[field::kItt]).set(field::kTtt, response[field::kTtt]);
    more.set(field::kLun, response.get(field::kLun));
    link.send(more);
    request = more;
  }
  return decode_text(pending);
}

bool lists(const Text& answer, std::string_view name) {
  return std::ranges::any_of(answer,
                             [&](const KeyValue& pair) { return pair.key == "TargetName" && pair.value == name; });
}

/// A record is a TargetName with the TargetAddresses that follow it, and there is nothing else.
void require_records(TargetScript& s, const Text& answer) {
  bool in_record = false;
  for (const KeyValue& pair : answer) {
    const bool name = pair.key == "TargetName";
    s.require(name || pair.key == "TargetAddress", "TargetName and TargetAddress only", pair.key, "C");
    s.require(name || in_record, "a TargetName before its addresses", pair.key + "=" + pair.value, "C");
    in_record = true;
  }
}

/// A discovery session does not do that.
void refuses(TargetScript& s, Pdu (*make)(Link&)) {
  Link& link = s.log_in({.discovery = true});
  link.send(make(link));
  s.expect_one_of(link.connection(), {allow::reject(), allow::kClose},
                  "a discovery session takes SendTargets and a logout only", "4.3");
}

constexpr std::string_view kAboutRefusals =
    "Opens a discovery session and sends that request. A discovery session takes text requests with SendTargets and a "
    "logout that "
    "closes the session; everything else is rejected.";

constexpr Test kTests[] = {
    {.id = "C/all-lists-the-target",
     .title = "SendTargets=All in a discovery session lists the target with an address",
     .proves = "R7143-AppC-02 R7143-AppC-03 R7143-AppC-04 R7143-AppC-08",
     .needs = {Need::discovery},
     .about =
         "Opens a discovery session and asks for all targets. The target under test is among them, with at least one "
         "TargetAddress or, as the RFC allows, none when the address is that of the connection.",
     .script =
         [](TargetScript& s) {
           const Text answer = asks(s, s.log_in({.discovery = true}), {{"SendTargets", "All"}});
           s.require(lists(answer, s.target().name), "the target under test", "other names");
           require_records(s, answer);
         }},
    {.id = "C/records-begin-with-a-name",
     .title = "An answer to SendTargets has records of a TargetName and its addresses, and no other keys",
     .proves = "R7143-AppC-18",
     .needs = {Need::discovery},
     .about = "Asks for all targets and looks at the order and the names of the keys.",
     .script =
         [](TargetScript& s) {
           const Text answer = asks(s, s.log_in({.discovery = true}), {{"SendTargets", "All"}});
           require_records(s, answer);
           s.require(!answer.empty(), "at least one record", "none");
         }},
    {.id = "13.8/addresses-have-their-portal-group",
     .title = "A TargetAddress of SendTargets has a portal group tag",
     .proves = "R7143-13.8-02",
     .needs = {Need::discovery},
     .about = "Asks for all targets. Each TargetAddress ends with a comma and a number from 0 to 65535.",
     .script =
         [](TargetScript& s) {
           const Text answer = asks(s, s.log_in({.discovery = true}), {{"SendTargets", "All"}});
           for (const KeyValue& pair : answer) {
             if (pair.key != "TargetAddress") continue;
             const std::size_t comma = pair.value.rfind(',');
             const std::string tag = comma == std::string::npos ? "" : pair.value.substr(comma + 1);
             s.require(!tag.empty() && tag.size() <= 5 && tag.find_first_not_of("0123456789") == std::string::npos,
                       "a comma and a portal group tag", pair.value);
           }
         }},
    {.id = "C/by-name",
     .title = "SendTargets with the name of a target in a discovery session lists that target alone",
     .proves = "R7143-AppC-10 R7143-AppC-11",
     .needs = {Need::discovery},
     .about = "Asks for the target under test by its name: the answer has its record and no other.",
     .script =
         [](TargetScript& s) {
           const Text answer = asks(s, s.log_in({.discovery = true}), {{"SendTargets", s.target().name}});
           s.require(lists(answer, s.target().name), "the target under test", "another answer");
           s.require(std::ranges::count(answer, "TargetName", &KeyValue::key) == 1, "one record", "more");
         }},
    {.id = "C/by-a-name-that-there-is-not",
     .title = "SendTargets with a name that there is not lists nothing",
     .proves = "R7143-AppC-10",
     .needs = {Need::discovery},
     .about = "Asks for a target by a name that does not exist: a Text Response without a record.",
     .script =
         [](TargetScript& s) {
           const Text answer =
               asks(s, s.log_in({.discovery = true}), {{"SendTargets", "iqn.2026-11.io.lunway:there-is-none"}});
           s.require(std::ranges::count(answer, "TargetName", &KeyValue::key) == 0, "no record", "one");
         }},
    {.id = "C/own-target-in-a-normal-session",
     .title = "SendTargets without a value in a normal session lists the target of the session alone",
     .proves = "R7143-AppC-05 R7143-AppC-12 R7143-AppC-13",
     .about = "Sends SendTargets= in a normal session: the answer has the record of this target and no other.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Text answer = asks(s, link, {{"SendTargets", ""}});
           require_records(s, answer);
           s.require(lists(answer, s.target().name), "the target of the session", "another answer");
           s.require(std::ranges::count(answer, "TargetName", &KeyValue::key) == 1, "one record", "more");
           link.ping();
         }},
    {.id = "C/all-in-a-normal-session",
     .title = "SendTargets=All in a normal session lists nothing beyond the target of the session",
     .proves = "R7143-AppC-09",
     .about = "Sends SendTargets=All in a normal session, where it must not be supported: Reject as the value, a "
              "Reject PDU or the "
              "end of the negotiation. A list of other targets fails.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           link.send(link.text_request({{"SendTargets", "All"}}));
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::pdu(Opcode::text_response), allow::reject(), allow::kClose},
                               "an answer to SendTargets=All", "ruling send-targets-all");
           if (!arrival.is(Opcode::text_response)) return;
           s.require(std::ranges::count(arrival.pdu.text(), "TargetName", &KeyValue::key) == 0, "no targets",
                     summary_of(arrival.pdu));
         }},
    {.id = "11.11.6/list-in-short-segments",
     .title = "An answer to SendTargets keeps to the initiator's MaxRecvDataSegmentLength",
     .proves = "R7143-11.11.6-01 R7143-11.11.1-02",
     .needs = {Need::discovery},
     .about = "Declares MaxRecvDataSegmentLength=512 and asks for all targets: no Text Response has more data, and "
              "what does not fit "
              "comes in further exchanges.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.discovery = true, .offers = {{"MaxRecvDataSegmentLength", "512"}}});
           const Text answer = asks(s, link, {{"SendTargets", "All"}});
           s.require(lists(answer, s.target().name), "the target under test", "another answer");
           for (const Event& event : s.exchange().events()) {
             const bool text = event.kind == Event::Kind::pdu && event.pdu.is(Opcode::text_response);
             if (text) s.require(event.pdu.data.size() <= 512, "at most 512 bytes", summary_of(event.pdu));
           }
         }},
    {.id = "11.11/text-response-ends-the-exchange",
     .title = "A Text Response with F has the tag of its request and no Target Transfer Tag",
     .proves = "R7143-11.11.1-02 R7143-11.11.4-02",
     .about = "Sends SendTargets= in a normal session with F: the response has the same Initiator Task Tag; if it has "
              "F, its Target "
              "Transfer Tag is 0xffffffff.",
     .script = [](TargetScript& s) { asks(s, s.log_in(), {{"SendTargets", ""}}); }},
    {.id = "11.11.1/open-request-gets-an-open-answer",
     .title = "A Text Request without F gets a response without F, with a Target Transfer Tag",
     .proves = "R7143-11.11.1-03 R7143-11.11.1-04 R7143-6.4-08 R7143-11.10.4-01",
     .about = "Declares MaxRecvDataSegmentLength in a Text Request without F. The response has no F and a tag with "
              "which the exchange goes "
              "on; a second request with F ends it.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu open = link.text_request({{"MaxRecvDataSegmentLength", "16384"}}).set(field::kFinal, 0);
           link.send(open);
           const Pdu response = link.expect_answer(open, Opcode::text_response);
           s.require_field(response, field::kFinal, 0);
           s.require(response[field::kTtt] != kNoTag, "a Target Transfer Tag", summary_of(response));
           Pdu last = link.text_request({});
           last.set(field::kItt, open[field::kItt]).set(field::kTtt, response[field::kTtt]);
           last.set(field::kLun, response.get(field::kLun));
           link.send(last);
           s.require_field(link.expect_answer(last, Opcode::text_response), field::kFinal, 1);
         }},

    {.id = "4.3/scsi-command-in-discovery",
     .title = "A SCSI Command in a discovery session is refused",
     .proves = "R7143-4.3-02",
     .needs = {Need::discovery},
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses(s, [](Link& link) { return link.command(cdb::test_unit_ready()); }); }},
    {.id = "4.3/ping-in-discovery",
     .title = "A NOP-Out in a discovery session is refused",
     .proves = "R7143-4.3-02",
     .needs = {Need::discovery},
     .about = kAboutRefusals,
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.discovery = true});
           link.send(link.nop_out());
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::reject(), allow::kClose, allow::pdu(Opcode::nop_in)},
                               "an answer to a NOP-Out", "ruling requests-in-discovery");
           s.should(!arrival.is(Opcode::nop_in), "a Reject", describe(arrival));
         }},
    {.id = "4.3/function-in-discovery",
     .title = "A task management function in a discovery session is refused",
     .proves = "R7143-4.3-02",
     .needs = {Need::discovery},
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses(s, [](Link& link) { return link.task_management(2); }); }},
    {.id = "4.3/logout-in-discovery",
     .title = "A logout that closes a discovery session is done",
     .proves = "R7143-4.3-01",
     .needs = {Need::discovery},
     .about = "Opens a discovery session and closes it: response 0 and the end of the connection.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.discovery = true});
           const Pdu request = link.logout_request(0);
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::logout_response), field::kResponse, 0);
           s.expect_close(link.connection(), "the connection ends");
         }},
    {.id = "7.4.1/recovery-level-of-discovery-is-0",
     .title = "A discovery session has ErrorRecoveryLevel 0 whatever is offered",
     .proves = "R7143-7.4.1-01 R7143-13.21-01",
     .needs = {Need::discovery},
     .about = "Offers ErrorRecoveryLevel=2 in the login of a discovery session: the answer is 0.",
     .script =
         [](TargetScript& s) {
           LoginEnd end;
           s.require(s.try_log_in({.discovery = true, .offers = {{"ErrorRecoveryLevel", "2"}}}, end) != nullptr,
                     "a discovery session", describe(end.last));
           const std::string* answer = find_value(end.answers, "ErrorRecoveryLevel");
           s.require(answer != nullptr && *answer == "0", "ErrorRecoveryLevel=0",
                     answer == nullptr ? "no answer" : *answer);
         }},
};

}  // namespace

std::span<const Test> section_C() { return kTests; }

}  // namespace lunway::conformance::target_tests
