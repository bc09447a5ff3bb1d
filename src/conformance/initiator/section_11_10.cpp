// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests and what an initiator makes of the responses: discovery by SendTargets.
//= rfc7143#11.10
//= rfc7143#C

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::uint32_t kTag = 0x77;
constexpr std::uint64_t kSomeLun = 0x0002000000000000;

struct Asked {
  ServedLink& link;
  Pdu request;
};

Asked await_request(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::discovers);
  Pdu request = link.expect(Opcode::text_request);
  return {link, std::move(request)};
}

std::vector<TargetRecord> many_targets(const InitiatorScript& s, int count) {
  std::vector<TargetRecord> targets;
  targets.reserve(static_cast<std::size_t>(count));
  for (int number = 0; number < count; ++number) {
    targets.push_back({s.target_name() + ".of.many." + std::to_string(number), {s.portal() + ",1"}});
  }
  return targets;
}

/// The answer in parts of `size` bytes. What is asked for between the parts is checked.
void answer_in_parts(InitiatorScript& s, std::size_t size, bool with_continue, int targets) {
  const Asked asked = await_request(s);
  if (targets > 0) asked.link.set_targets(many_targets(s, targets));
  const std::vector<std::byte> whole = encode_text(asked.link.target_text());
  Pdu request = asked.request;
  for (std::size_t at = 0; at < whole.size(); at += size) {
    const bool last = at + size >= whole.size();
    Pdu part = asked.link.text_response(request, {});
    part.with_data(Bytes(whole).subspan(at, std::min(size, whole.size() - at)));
    if (!last) {
      part.set(field::kFinal, 0).set(field::kContinue, with_continue ? 1 : 0);
      part.set(field::kTtt, kTag).set(field::kLun, kSomeLun);
    }
    asked.link.send(part);
    if (last) break;
    request = asked.link.expect(Opcode::text_request, "to go on");
    s.require_field(request, field::kTtt, kTag, "11.11.4");
    s.require_field(request, field::kLun, kSomeLun, "11.11.4");
    s.require_field(request, field::kItt, asked.request[field::kItt], "11.10.3");
    s.require_field(request, field::kImmediate, asked.request[field::kImmediate], "11.10.3");
    if (with_continue) s.require(request.data.empty(), "an empty Text Request in answer to C=1", {}, "6.2");
  }
  s.expect_survival("the driver comes to its end");
}

/// Answers with these records; the driver reads them all with success.
void list(InitiatorScript& s, std::vector<TargetRecord> targets) {
  const Asked asked = await_request(s);
  asked.link.set_targets(std::move(targets));
  asked.link.answer(asked.request);
  const Arrival arrival = asked.link.receive();
  s.require(arrival.kind != Arrival::Kind::silence, "the initiator goes on", describe(arrival));
  if (arrival.kind == Arrival::Kind::pdu) asked.link.answer(arrival.pdu);
  s.expect_survival("the driver comes to its end");
}

/// A response that is bent. Waiting for ever is wrong, and so is a crash.
void bend_response(InitiatorScript& s, void (*bend)(Pdu&), std::string_view expected, Duty duty) {
  const Asked asked = await_request(s);
  Pdu response = asked.link.text_response(asked.request, asked.link.target_text());
  bend(response);
  asked.link.send(response);
  s.expect_refusal(asked.link, expected, "11.11", duty);
}

constexpr Test kTests[] = {
    {.id = "C/send-targets-is-alone",
     .title = "SendTargets is the only key of its Text Request, in the Full Feature Phase",
     .proves = "R7143-AppC-01 R7143-AppC-07",
     .needs = {Need::discovers},
     .about = "Looks at the Text Request of a discovery session: one key, F=1, C=0, and the reserved Target Transfer "
              "Tag.",
     .script =
         [](InitiatorScript& s) {
           const Asked asked = await_request(s);
           const Text text = asked.request.text();
           s.require(text.size() == 1 && text[0].key == "SendTargets", "SendTargets alone", summary_of(asked.request));
           s.require_field(asked.request, field::kFinal, 1);
           s.require_field(asked.request, field::kContinue, 0);
           s.require_field(asked.request, field::kTtt, kReservedTag);
           asked.link.answer(asked.request);
           s.expect_survival("the driver comes to its end");
         }},
    {.id = "13.21/discovery-is-declared-first",
     .title = "SessionType=Discovery is in the first Login Request",
     .proves = "R7143-13.21-02",
     .needs = {Need::discovers},
     .about = "Looks at the first Login Request of the driver that discovers.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::discovers);
           const Text first = link.login().requests.front().text();
           const std::string* type = find_value(first, "SessionType");
           s.should(type != nullptr && *type == "Discovery", "SessionType=Discovery in the first Login Request");
         }},
    {.id = "13.21/no-recovery-in-discovery",
     .title = "A discovery session is at ErrorRecoveryLevel 0",
     .proves = "R7143-13.21-01 R7143-7.4.1-02",
     .needs = {Need::discovers},
     .about = "Looks at the keys of the login of a discovery session: ErrorRecoveryLevel is not offered, or as 0. An "
              "offer that the target proposes is answered 0.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::discovers);
           const std::string* level = find_value(link.login().offers, "ErrorRecoveryLevel");
           s.require(level == nullptr || *level == "0", "ErrorRecoveryLevel=0", level == nullptr ? "" : *level);
         }},
    {.id = "13.22/no-vendor-keys-in-discovery",
     .title = "Keys of vendors are not used in discovery sessions",
     .proves = "R7143-13.22-02",
     .needs = {Need::discovers},
     .about = "Looks for X- keys in the login of a discovery session. X#NodeArchitecture is another kind.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::discovers);
           for (const KeyValue& pair : link.login().offers) {
             s.require(!pair.key.starts_with("X-"), "no key of a vendor", pair.key);
           }
         }},
    {.id = "6.2/text-in-parts",
     .title = "A Text Response in parts with C=1 is asked for with empty requests that copy the tag",
     .proves = "R7143-6.2-03 R7143-11.11.4-03 R7143-11.10.3-01 R7143-11.10.3-02",
     .needs = {Need::discovers},
     .about =
         "Sends the answer to SendTargets in parts of 40 bytes with C=1 and F=0. Each is answered by an empty Text "
         "Request with the same Initiator Task Tag and I bit, which copies Target Transfer Tag and LUN.",
     .script = [](InitiatorScript& s) { answer_in_parts(s, 40, true, 0); }},
    {.id = "11.11.4/text-goes-on",
     .title = "A Text Response with F=0 and a tag is asked to go on",
     .proves = "R7143-11.11.4-03 R7143-11.10.3-01 R7143-11.10.3-02",
     .needs = {Need::discovers},
     .about = "Sends the answer to SendTargets for sixty targets in parts of 4096 bytes with C=1, F=0 and a Target "
              "Transfer Tag.",
     .script = [](InitiatorScript& s) { answer_in_parts(s, 4096, true, 60); }},
    {.id = "6.1/text-of-8192-bytes",
     .title = "8192 bytes of key=value pairs are received",
     .proves = "R7143-6.1-04",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by a list of a little less than 8192 bytes, as far as one PDU takes it.",
     .script =
         [](InitiatorScript& s) {
           const Asked asked = await_request(s);
           std::vector<TargetRecord> targets = many_targets(s, 40);
           asked.link.set_targets(targets);
           while (encode_text(asked.link.target_text()).size() < 7900) {
             targets.push_back(many_targets(s, static_cast<int>(targets.size()) + 1).back());
             asked.link.set_targets(targets);
           }
           while (encode_text(asked.link.target_text()).size() > asked.link.login().max_data_in()) {
             targets.pop_back();
             asked.link.set_targets(targets);
           }
           asked.link.answer(asked.request);
           s.expect_survival("a long list is read");
         }},
    {.id = "4.2.7.1/long-names",
     .title = "Names of 223 bytes are accepted",
     .proves = "R7143-4.2.7.1-03",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by a target whose name has 223 bytes.",
     .script =
         [](InitiatorScript& s) {
           std::string name = s.target_name() + ".";
           name.resize(223, 'a');
           list(s, {{name, {s.portal() + ",1"}}});
         }},
    {.id = "4.2.7.1/other-name-types",
     .title = "Names of the types eui. and naa. are accepted",
     .proves = "R7143-4.2.7.1-03",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by targets with names of these types.",
     .script =
         [](InitiatorScript& s) {
           list(s, {{"eui.02004567A425678D", {s.portal() + ",1"}},
                    {"naa.52004567BA64678D", {s.portal() + ",1"}},
                    {"naa.62004567BA64678D0123456789ABCDEF", {s.portal() + ",1"}}});
         }},
    {.id = "C/many-addresses",
     .title = "A target with several addresses, IPv6 and names among them, is read",
     .proves = "R7143-AppC-06",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by one target with an IPv4 address, one in brackets, one without a port, and a "
              "domain name, in two portal groups.",
     .script =
         [](InitiatorScript& s) {
           list(s, {{s.target_name(),
                     {s.portal() + ",1", "[2001:db8::7]:3260,1", "[::1],2", "storage.example.com:3261,2"}}});
         }},
    {.id = "C/target-without-address",
     .title = "A target without an address is at the address that was asked",
     .proves = "R7143-AppC-06",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by a TargetName alone, which is legal.",
     .script = [](InitiatorScript& s) { list(s, {{s.target_name(), {}}}); }},
    {.id = "C/no-targets",
     .title = "An empty answer to SendTargets is read",
     .proves = "R7143-AppC-06",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by a response without any key: this initiator may see no target here.",
     .script = [](InitiatorScript& s) { list(s, {}); }},
    {.id = "11.10.4/tag-beside-final-is-ignored",
     .title = "A Target Transfer Tag beside F=1 is ignored",
     .proves = "R7143-11.10.4-02",
     .needs = {Need::discovers},
     .about = "The whole answer to SendTargets has F=1 and a Target Transfer Tag. Nothing is left to ask for: no Text "
              "Request with that tag comes.",
     .script =
         [](InitiatorScript& s) {
           const Asked asked = await_request(s);
           Pdu response = asked.link.text_response(asked.request, asked.link.target_text());
           asked.link.send(response.set(field::kTtt, kTag));
           s.expect_survival("the driver comes to its end");
           for (const Pdu& pdu : s.requests(Opcode::text_request)) s.require_field(pdu, field::kTtt, kReservedTag);
         }},
    {.id = "7.7/text-continued-without-tag",
     .title = "F=0 with the reserved Target Transfer Tag is an error",
     .proves = "R7143-7.7-02",
     .needs = {Need::discovers},
     .about =
         "The answer to SendTargets has F=0 and the Target Transfer Tag 0xffffffff, so that nobody can ask for the "
         "rest. Success is a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_response(
               s, [](Pdu& pdu) { pdu.set(field::kFinal, 0); }, "the session ends, or the driver fails", Duty::should);
         }},
    {.id = "7.7/text-continued-and-final",
     .title = "A Text Response with both F and C is an error",
     .proves = "R7143-7.7-02",
     .needs = {Need::discovers},
     .about = "The answer to SendTargets has F=1 and C=1: it is the last and not. Success is a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_response(
               s, [](Pdu& pdu) { pdu.set(field::kContinue, 1); }, "the session ends, or the driver fails",
               Duty::should);
         }},
    {.id = "4.2.5.3/text-response-with-other-tag",
     .title = "A Text Response with another Initiator Task Tag is not taken for the answer",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::discovers},
     .about = "The answer to SendTargets has an Initiator Task Tag that was never used. The initiator ends the session "
              "or waits for the right one; it does not report success.",
     .script =
         [](InitiatorScript& s) {
           const Asked asked = await_request(s);
           Pdu response = asked.link.text_response(asked.request, asked.link.target_text());
           asked.link.send(response.set(field::kItt, response[field::kItt] ^ 0x5500));
           const auto end = s.driver_ending(s.patience().answer);
           s.require(!end || !end->ok(), "a response for another task is not taken", "the driver ended with success");
         }},
};

}  // namespace

std::span<const Test> section_11_10() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
