// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of Login Responses.
//= rfc7143#11.13

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::string_view kRefusal =
    "Answers the first Login Request with this status and leaves the connection open. The initiator closes it, and "
    "its user hears of a failure.";

/// Refuses the first Login Request.
template <unsigned kStatus>
void refuse(InitiatorScript& s) {
  Connection& c = s.begin();
  const Pdu request = s.expect(c, Opcode::login_request);
  Pdu response = login_response(request, {}, 0);
  response.set(field::kTransit, 0).set(field::kCsg, 0).set(field::kNsg, 0).set(field::kTsih, 0);
  response.set(field::kStatusClass, kStatus >> 8).set(field::kStatusDetail, kStatus & 0xff);
  c.send(response);
  s.expect_hangup(c, "the connection is closed after a refusal", "11.13.5");
  const auto end = s.driver_ending(s.patience().silence);
  if (end) s.require(!end->ok(), "the driver reports a failure", "it ended with success", "11.13.5");
}

/// Moves the first login to the same portal, which takes it the second time.
template <unsigned kStatus>
void redirect(InitiatorScript& s) {
  Connection& c = s.begin();
  const Pdu request = s.expect(c, Opcode::login_request);
  Pdu response = login_response(request, {}, 0);
  response.set(field::kTransit, 0).set(field::kCsg, 0).set(field::kNsg, 0).set(field::kTsih, 0);
  response.set(field::kStatusClass, 1).set(field::kStatusDetail, kStatus);
  c.send(response.with_text({{"TargetAddress", s.portal()}}));
  s.expect_hangup(c, "the connection is closed after a redirection", "11.13.5");
  Connection* next = s.try_accept(s.patience().answer);
  if (next == nullptr) s.fail("a connection to the address of the redirection", "none" + s.driver_state(), "11.13.5");
  ServedLink& link = s.log_in(*next);
  const std::string* name = find_value(link.login().offers, "TargetName");
  s.require(name != nullptr && *name == s.target_name(), "the same TargetName at the new address");
  s.expect_success("the session works at the new address", "11.13.5");
}

/// A redirection that leads nowhere.
void redirect_to(InitiatorScript& s, const Text& text) {
  Connection& c = s.begin();
  const Pdu request = s.expect(c, Opcode::login_request);
  Pdu response = login_response(request, {}, 0);
  response.set(field::kTransit, 0).set(field::kCsg, 0).set(field::kNsg, 0).set(field::kTsih, 0);
  response.set(field::kStatusClass, 1).set(field::kStatusDetail, 1);
  c.send(response.with_text(text));
  s.expect_hangup(c, "the connection is closed after a redirection", "11.13.5");
  const auto end = s.driver_ending(s.patience().answer);
  if (end) s.require(!end->ok(), "the driver reports a failure", "it ended with success");
}

using Bend = void (*)(Pdu&);

/// The final Login Response is bent.
void bend_final(InitiatorScript& s, Bend bend, std::string_view expected, std::string_view section, Duty duty) {
  (void)s.expect_no_session({.bend =
                                 [bend](const LoginTurn& turn) {
                                   if (turn.is_final()) bend(turn.response);
                                 }},
                            expected, section, duty);
}

/// The final Login Response comes in two parts, cut after `cut` bytes of its text.
template <std::size_t kCut>
void split_final(InitiatorScript& s) {
  Connection& c = s.begin();
  std::vector<std::byte> rest;
  std::optional<std::size_t> split_at;
  const LoginSeen seen = serve_login(s, c, {.bend = [&](const LoginTurn& turn) {
                                       if (turn.is_final() && !split_at) {
                                         const std::vector<std::byte> whole = encode_text(turn.say);
                                         const std::size_t cut = std::min(kCut, whole.size() / 2);
                                         rest.assign(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end());
                                         turn.response.with_data(Bytes(whole).first(cut));
                                         turn.response.set(field::kContinue, 1).set(field::kTransit, 0);
                                         turn.response.set(field::kNsg, 0).set(field::kTsih, 0);
                                         split_at = turn.round;
                                       } else if (split_at && turn.round == *split_at + 1) {
                                         turn.response.with_data(rest);
                                       }
                                     }});
  if (!split_at) s.inconclusive("the login ended without a response to split");
  if (seen.requests.size() <= *split_at + 1) s.fail("a Login Request that asks for the rest", describe(seen.last));
  const Pdu& next = seen.requests[*split_at + 1];
  s.require(next.data.empty(), "an empty Login Request in answer to C=1", summary_of(next), "6.2");
}

constexpr Test kTests[] = {
    {.id = "11.13.5/initiator-error",
     .title = "Status 0200 (Initiator error) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0200>},
    {.id = "11.13.5/authentication-failure",
     .title = "Status 0201 (Authentication failure) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0201>},
    {.id = "11.13.5/authorization-failure",
     .title = "Status 0202 (Authorization failure) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0202>},
    {.id = "11.13.5/not-found",
     .title = "Status 0203 (Not found) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0203>},
    {.id = "11.13.5/target-removed",
     .title = "Status 0204 (Target removed) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0204>},
    {.id = "11.13.5/unsupported-version",
     .title = "Status 0205 (Unsupported version) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0205>},
    {.id = "11.13.5/too-many-connections",
     .title = "Status 0206 (Too many connections) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0206>},
    {.id = "11.13.5/missing-parameter",
     .title = "Status 0207 (Missing parameter) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0207>},
    {.id = "11.13.5/cannot-include",
     .title = "Status 0208 (Can't include in session) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0208>},
    {.id = "11.13.5/session-type-not-supported",
     .title = "Status 0209 (Session type not supported) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0209>},
    {.id = "11.13.5/session-does-not-exist",
     .title = "Status 020a (Session does not exist) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x020a>},
    {.id = "11.13.5/invalid-during-login",
     .title = "Status 020b (Invalid during login) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x020b>},
    {.id = "11.13.5/target-error",
     .title = "Status 0300 (Target error) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0300>},
    {.id = "11.13.5/service-unavailable",
     .title = "Status 0301 (Service unavailable) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0301>},
    {.id = "11.13.5/out-of-resources",
     .title = "Status 0302 (Out of resources) ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x0302>},
    {.id = "11.13.5/unknown-detail",
     .title = "A status of class 2 with an unknown detail ends the login",
     .proves = "R7143-11.13.5-06",
     .about = kRefusal,
     .script = refuse<0x02ee>},
    {.id = "11.13.5/unknown-class",
     .title = "A status of an unknown class ends the login",
     .proves = "R7143-11.13.5-06 R7143-11-03",
     .about = kRefusal,
     .script = refuse<0x7700>},
    {.id = "11.13.5/moved-temporarily",
     .title = "The initiator goes where a temporary redirection sends it",
     .proves = "R7143-11.13.5-03",
     .about = "Answers the first Login Request with status 0101 and a TargetAddress, which is the same portal. The "
              "initiator closes, connects there, and logs in to the same name.",
     .script = redirect<1>},
    {.id = "11.13.5/moved-permanently",
     .title = "The initiator goes where a permanent redirection sends it",
     .proves = "R7143-11.13.5-03",
     .about = "Answers the first Login Request with status 0102 and a TargetAddress, which is the same portal.",
     .script = redirect<2>},
    {.id = "11.13.5/redirection-after-authentication",
     .title = "A redirection after authentication is accepted",
     .proves = "R7143-11.13.5-04 R7143-11.13.5-06",
     .needs = {Need::authenticates},
     .about = "Lets the initiator authenticate by CHAP, then answers with status 0101 and a TargetAddress, which is "
              "the same portal. The initiator must go there.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin(Traffic::any, Credentials::own);
           bool moved = false;
           (void)serve_login(s, c, {.authenticate = true, .bend = [&](const LoginTurn& turn) {
                                      if (find_value(turn.heard, "CHAP_R") == nullptr) return;
                                      moved = true;
                                      turn.response.set(field::kStatusClass, 1).set(field::kStatusDetail, 1);
                                      turn.response.set(field::kTransit, 0).set(field::kNsg, 0);
                                      turn.say = {{"TargetAddress", s.portal()}};
                                    }});
           if (!moved) s.inconclusive("the login did not come to CHAP_R");
           Connection* next = s.try_accept(s.patience().answer);
           if (next == nullptr)
             s.fail("a connection to the address of the redirection", "none" + s.driver_state(), "11.13.5");
           (void)s.log_in(*next, {.authenticate = true});
           s.expect_success("the session works at the new address");
         }},
    {.id = "11.13.5/redirection-without-address",
     .title = "A redirection without a TargetAddress is a failure",
     .proves = "R7143-11.13.5-06",
     .about = "Answers the first Login Request with status 0101 and no key. There is nowhere to go: the initiator "
              "closes and reports a failure.",
     .script = [](InitiatorScript& s) { redirect_to(s, {}); }},
    {.id = "11.13.5/redirection-to-nonsense",
     .title = "A redirection to what is no address is a failure",
     .proves = "R7143-11.13.5-06",
     .about = "Answers the first Login Request with status 0101 and a TargetAddress that cannot be parsed.",
     .script = [](InitiatorScript& s) { redirect_to(s, {{"TargetAddress", "[::1:::70000,,"}}); }},
    {.id = "4.2.5.3/login-response-with-other-tag",
     .title = "A Login Response with another Initiator Task Tag is not taken for an answer",
     .proves = "R7143-4.2.5.3-01",
     .about = "The final Login Response has another tag than the request. Fields of a task must be verified: the "
              "initiator closes, or goes on waiting, but it does not take this for the end of its login.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin();
           (void)serve_login(s, c, {.bend = [](const LoginTurn& turn) {
                               if (turn.is_final()) turn.response.set(field::kItt, turn.request[field::kItt] + 1);
                             }});
           (void)s.expect_one_of(c, {allow::kClose, allow::kSilence}, "the login does not go on", "4.2.5.3");
         }},
    {.id = "11.13/reserved-stage",
     .title = "A Login Response that names the reserved stage is an error",
     .proves = "R7143-11-03",
     .about = "The final Login Response has NSG=2, which is reserved. A reserved code value is a protocol error.",
     .script =
         [](InitiatorScript& s) {
           bend_final(
               s, [](Pdu& pdu) { pdu.set(field::kNsg, 2); }, "the login ends when NSG is 2", "11.13", Duty::must);
         }},
    {.id = "11.13/reserved-current-stage",
     .title = "A Login Response in the reserved stage is an error",
     .proves = "R7143-11-03",
     .about = "The final Login Response has CSG=2, which is reserved.",
     .script =
         [](InitiatorScript& s) {
           bend_final(
               s, [](Pdu& pdu) { pdu.set(field::kCsg, 2); }, "the login ends when CSG is 2", "11.13", Duty::must);
         }},
    {.id = "7.7/other-isid",
     .title = "A Login Response with another ISID is not taken for an answer",
     .proves = "R7143-7.7-02",
     .about = "The final Login Response has another ISID than the request. The figure of 11.13 has it copied; no rule "
              "demands that it be checked, so going on is a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_final(
               s, [](Pdu& pdu) { pdu.set(field::kIsid, pdu.get(field::kIsid) ^ 1); },
               "the login ends when a response has another ISID", "11.13", Duty::should);
         }},
    {.id = "7.7/session-without-handle",
     .title = "A final Login Response with TSIH 0 is an error",
     .proves = "R7143-7.7-02",
     .about = "The target must make a TSIH that is not 0. No rule demands that the initiator check it, so going on is "
              "a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_final(
               s, [](Pdu& pdu) { pdu.set(field::kTsih, 0); }, "the login ends when the final TSIH is 0", "11.13.3",
               Duty::should);
         }},
    {.id = "7.7/version-not-offered",
     .title = "A Version-active that was not offered is an error",
     .proves = "R7143-7.7-02",
     .about = "Version-active of the response is 1, and Version-max too, though the initiator offered 0 to 0. Going on "
              "is a warning.",
     .script =
         [](InitiatorScript& s) {
           (void)s.expect_no_session({.bend =
                                          [](const LoginTurn& turn) {
                                            turn.response.set(field::kVersionActive, 1).set(field::kVersionMax, 1);
                                          }},
                                     "the login ends when Version-active was not offered", "11.13.2", Duty::should);
         }},
    {.id = "7.7/transit-and-continue",
     .title = "A Login Response with both T and C is an error",
     .proves = "R7143-7.7-02",
     .about = "The final Login Response has C=1 too: it ends the stage and does not. Going on is a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_final(
               s, [](Pdu& pdu) { pdu.set(field::kContinue, 1); }, "the login ends when T and C are both set", "11.13.7",
               Duty::should);
         }},
    {.id = "6.2/split-response",
     .title = "A Login Response in two parts is put together",
     .proves = "R7143-6.2-03",
     .about = "The text of the final Login Response comes in two PDUs, the first with C=1. The initiator answers that "
              "with an empty Login Request.",
     .script = split_final<64>},
    {.id = "6.2/response-split-within-a-key",
     .title = "A Login Response that is cut within the name of a key is put together",
     .proves = "R7143-6.2-03",
     .about = "The text of the final Login Response comes in two PDUs, cut after its third byte, within a name.",
     .script = split_final<3>},
};

}  // namespace

std::span<const Test> section_11_13() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
