// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Negotiation in a login: what an initiator makes of the answers and proposals of a target.
//= rfc7143#6.2

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

constexpr std::uint32_t kOperational = 1;

/// One key and what the target says of it.
struct Answer {
  std::string_view key;
  std::string_view value;
};

/// Puts `value` in place of the right answer to `key`. Inapplicable when the initiator does not offer the key.
void answer_wrongly(InitiatorScript& s, Answer answer, std::string_view expected, std::string_view section, Duty duty) {
  if (find_value(s.facts().offers, answer.key) == nullptr) {
    s.inapplicable("it does not offer " + std::string(answer.key));
  }
  (void)s.expect_no_session({.bend =
                                 [answer](const LoginTurn& turn) {
                                   if (find_value(turn.heard, answer.key) == nullptr) return;
                                   set_value(turn.say, answer.key, answer.value);
                                 }},
                            expected, section, duty);
}

constexpr std::string_view kEnds = "the login and the connection end";

/// A value that no rule of the key allows. 6.2 lets the initiator check; nothing demands it, so going on is a warning.
template <const Answer& kAnswer>
void answer_illegally(InitiatorScript& s) {
  answer_wrongly(s, kAnswer, kEnds, "7.12", Duty::should);
}

/// A choice that was not offered is a protocol error.
template <const Answer& kAnswer>
void choose_what_was_not_offered(InitiatorScript& s) {
  answer_wrongly(s, kAnswer, kEnds, "6.2.1", Duty::must);
}

/// The first of these keys that the initiator offers is answered NotUnderstood.
void not_understood(InitiatorScript& s) {
  constexpr std::string_view kKeys[] = {"MaxBurstLength", "FirstBurstLength", "InitialR2T", "ImmediateData",
                                        "ErrorRecoveryLevel"};
  const auto* key =
      std::ranges::find_if(kKeys, [&](std::string_view name) { return find_value(s.facts().offers, name) != nullptr; });
  if (key == std::end(kKeys)) s.inapplicable("it offers no key of the RFC that has an answer");
  answer_wrongly(s, {*key, "NotUnderstood"}, kEnds, "6.2", Duty::must);
}

/// Says `text` in the first operational response, beside what is right there.
LoginAnswers also_saying(const Text& text) {
  bool said = false;
  return {.bend = [text, said](const LoginTurn& turn) mutable {
    if (said || turn.request[field::kCsg] != kOperational || turn.request[field::kContinue] != 0) return;
    said = true;
    turn.say.insert(turn.say.end(), text.begin(), text.end());
  }};
}

/// Says it in a response that leaves the initiator a turn.
LoginAnswers proposing(const Text& text) { return {.values = text}; }

/// The value with which the initiator replied to a proposal.
std::string reply_to(InitiatorScript& s, const ServedLink& link, std::string_view key) {
  const std::string* reply = find_value(link.login().offers, key);
  if (reply == nullptr) s.fail("an answer to " + std::string(key), "none", "6.2.2");
  return *reply;
}

constexpr Answer kUnknownHeaderDigest{"HeaderDigest", "CRC64"};
constexpr Answer kUnknownDataDigest{"DataDigest", "CRC64"};
constexpr Answer kUnknownAuthMethod{"AuthMethod", "KRB5"};
constexpr Answer kUnknownTaskReporting{"TaskReporting", "Telepathy"};
constexpr Answer kRejectedAuthMethod{"AuthMethod", "Reject"};
constexpr Answer kSmallBurst{"MaxBurstLength", "100"};
constexpr Answer kLargeBurst{"MaxBurstLength", "16777216"};
constexpr Answer kEmptyBurst{"MaxBurstLength", ""};
constexpr Answer kWordBurst{"MaxBurstLength", "plenty"};
constexpr Answer kNoFirstBurst{"FirstBurstLength", "0"};
constexpr Answer kLongFirstBurst{"FirstBurstLength", "16777215"};
constexpr Answer kNoR2ts{"MaxOutstandingR2T", "0"};
constexpr Answer kManyR2ts{"MaxOutstandingR2T", "65536"};
constexpr Answer kLongWait{"DefaultTime2Wait", "3601"};
constexpr Answer kLongRetain{"DefaultTime2Retain", "3601"};
constexpr Answer kHighLevel{"ErrorRecoveryLevel", "3"};
constexpr Answer kNoConnections{"MaxConnections", "0"};
constexpr Answer kSmallSegment{"MaxRecvDataSegmentLength", "511"};
constexpr Answer kLargeSegment{"MaxRecvDataSegmentLength", "16777216"};
constexpr Answer kMaybeR2t{"InitialR2T", "Maybe"};
constexpr Answer kLowerCaseData{"ImmediateData", "yes"};

constexpr std::string_view kIllegal =
    "Answers an offer of the initiator with a value that the key does not allow. The initiator may take that for a "
    "failed negotiation and end the login; going on is a warning.";
constexpr std::string_view kNotOffered =
    "Answers a list of the initiator with a value that is not in it. That is a protocol error, and a negotiation that "
    "fails ends the login and the connection.";

constexpr Test kTests[] = {
    {.id = "6.2.1/header-digest-not-offered",
     .title = "A HeaderDigest that was not offered ends the login",
     .proves = "R7143-6.2.1-04 R7143-7.12-01 R7143-7.12-02",
     .about = kNotOffered,
     .script = choose_what_was_not_offered<kUnknownHeaderDigest>},
    {.id = "6.2.1/data-digest-not-offered",
     .title = "A DataDigest that was not offered ends the login",
     .proves = "R7143-6.2.1-04 R7143-7.12-01 R7143-7.12-02",
     .about = kNotOffered,
     .script = choose_what_was_not_offered<kUnknownDataDigest>},
    {.id = "6.2.1/auth-method-not-offered",
     .title = "An AuthMethod that was not offered ends the login",
     .proves = "R7143-6.2.1-04 R7143-7.12-01 R7143-7.12-02",
     .about = kNotOffered,
     .script = choose_what_was_not_offered<kUnknownAuthMethod>},
    {.id = "6.2.1/task-reporting-not-offered",
     .title = "A TaskReporting that was not offered ends the login",
     .proves = "R7143-6.2.1-04 R7143-7.12-01 R7143-7.12-02",
     .about = kNotOffered,
     .script = choose_what_was_not_offered<kUnknownTaskReporting>},
    {.id = "7.12/auth-method-rejected",
     .title = "AuthMethod=Reject ends the login",
     .proves = "R7143-7.12-01 R7143-7.12-02",
     .about = "Answers AuthMethod with Reject: the two have no method in common, so the negotiation has failed.",
     .script = [](InitiatorScript& s) { answer_wrongly(s, kRejectedAuthMethod, kEnds, "7.12", Duty::must); }},
    {.id = "6.2/not-understood-for-a-known-key",
     .title = "NotUnderstood for a key of the RFC is a protocol error",
     .proves = "R7143-6.2-11 R7143-6.2-09",
     .about = "Answers a key that every target must know with NotUnderstood. RFC 7143 makes that a protocol error.",
     .script = not_understood},
    {.id = "7.12/burst-too-small",
     .title = "MaxBurstLength=100 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kSmallBurst>},
    {.id = "7.12/burst-too-large",
     .title = "MaxBurstLength=16777216 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kLargeBurst>},
    {.id = "7.12/burst-empty",
     .title = "MaxBurstLength with an empty value is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kEmptyBurst>},
    {.id = "7.12/burst-no-number",
     .title = "MaxBurstLength=plenty is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kWordBurst>},
    {.id = "7.12/first-burst-zero",
     .title = "FirstBurstLength=0 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kNoFirstBurst>},
    {.id = "7.12/first-burst-above-offer",
     .title = "A FirstBurstLength above the offer is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kLongFirstBurst>},
    {.id = "7.12/no-outstanding-r2ts",
     .title = "MaxOutstandingR2T=0 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kNoR2ts>},
    {.id = "7.12/too-many-outstanding-r2ts",
     .title = "MaxOutstandingR2T=65536 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kManyR2ts>},
    {.id = "7.12/wait-too-long",
     .title = "DefaultTime2Wait=3601 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kLongWait>},
    {.id = "7.12/retain-too-long",
     .title = "DefaultTime2Retain=3601 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kLongRetain>},
    {.id = "7.12/recovery-level-too-high",
     .title = "ErrorRecoveryLevel=3 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kHighLevel>},
    {.id = "7.12/no-connections",
     .title = "MaxConnections=0 is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kNoConnections>},
    {.id = "7.12/segment-too-small",
     .title = "MaxRecvDataSegmentLength=511 cannot be declared",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kSmallSegment>},
    {.id = "7.12/segment-too-large",
     .title = "MaxRecvDataSegmentLength=16777216 cannot be declared",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kLargeSegment>},
    {.id = "7.12/initial-r2t-maybe",
     .title = "InitialR2T=Maybe is no answer",
     .proves = "R7143-7.12-01",
     .about = kIllegal,
     .script = answer_illegally<kMaybeR2t>},
    {.id = "7.12/lower-case-yes",
     .title = "ImmediateData=yes is no answer: values are case sensitive",
     .proves = "R7143-7.12-01 R7143-6.1-06",
     .about = kIllegal,
     .script = answer_illegally<kLowerCaseData>},
    {.id = "6.3/key-twice-in-a-response",
     .title = "A key that the target declares twice makes the initiator drop the connection",
     .proves = "R7143-6.3-16 R7143-6.3-18",
     .about = "The first operational response has TargetAlias twice, with two values. The initiator must detect the "
              "attempt to declare a parameter again, and drop the connection.",
     .script =
         [](InitiatorScript& s) {
           (void)s.expect_no_session(also_saying({{"TargetAlias", "one"}, {"TargetAlias", "two"}}),
                                     "the connection is dropped", "6.3");
         }},
    {.id = "6.3/answer-twice",
     .title = "A second answer to the same offer makes the initiator drop the connection",
     .proves = "R7143-6.3-16 R7143-6.3-18",
     .about = "A response has two answers to one offer of the initiator, one legal value and then another.",
     .script =
         [](InitiatorScript& s) {
           if (find_value(s.facts().offers, "MaxBurstLength") == nullptr) {
             s.inapplicable("it does not offer MaxBurstLength");
           }
           (void)s.expect_no_session({.bend =
                                          [](const LoginTurn& turn) {
                                            if (find_value(turn.heard, "MaxBurstLength") == nullptr) return;
                                            turn.say.push_back({"MaxBurstLength", "512"});
                                          }},
                                     "the connection is dropped", "6.3");
         }},
    {.id = "6.2/unknown-key-is-answered",
     .title = "A key that the initiator does not know is answered NotUnderstood",
     .proves = "R7143-6.2-08",
     .about = "The target proposes X-org.example.conform=1. The next Login Request has the key with NotUnderstood, and "
              "the login goes on.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::any, proposing({{"X-org.example.conform", "1"}}));
           const std::string reply = reply_to(s, link, "X-org.example.conform");
           s.require(reply == "NotUnderstood", "NotUnderstood", reply);
           s.expect_success("the session works");
         }},
    {.id = "6.2/several-unknown-keys-are-answered",
     .title = "Each of several unknown keys is answered NotUnderstood",
     .proves = "R7143-6.2-08",
     .about = "The target proposes five keys that nobody knows, in one response.",
     .script =
         [](InitiatorScript& s) {
           Text keys;
           for (const char* key : {"X-org.example.a", "X-org.example.b", "X-org.example.c", "X-org.example.d"}) {
             keys.push_back({key, "1"});
           }
           ServedLink& link = s.start(Traffic::any, proposing(keys));
           for (const KeyValue& pair : keys) {
             const std::string reply = reply_to(s, link, pair.key);
             s.require(reply == "NotUnderstood", "NotUnderstood", reply);
           }
         }},
    {.id = "11.13.8/alias-is-taken",
     .title = "TargetAlias and TargetAddress in a login do no harm",
     .proves = "R7143-11.13.8-02 R7143-6.2-10",
     .about = "The first operational response has TargetAlias, which needs no answer. The session works.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::any, also_saying({{"TargetAlias", "The disk of the tests"}}));
           s.expect_success("a TargetAlias does no harm");
         }},
    {.id = "6.1/hexadecimal-numbers",
     .title = "Numbers may be hexadecimal",
     .proves = "R7143-6.1-07",
     .needs = {Need::reads_data},
     .about = "Answers MaxBurstLength, FirstBurstLength and MaxRecvDataSegmentLength in hexadecimal.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::reads, {.bend = [](const LoginTurn& turn) {
                           for (const char* key : {"MaxBurstLength", "FirstBurstLength"}) {
                             if (find_value(turn.say, key) != nullptr) {
                               set_value(turn.say, key, "0x2000");
                             }
                           }
                         }});
           s.expect_success("hexadecimal numbers are read");
         }},
    {.id = "6.3.3/many-rounds",
     .title = "A login of six more exchanges succeeds",
     .proves = "R7143-6.2-23 R7143-6.3.3-05",
     .about =
         "Holds the transition to the Full Feature Phase back six times. At least six exchanges should be allowed.",
     .script =
         [](InitiatorScript& s) {
           int held = 0;
           (void)s.start(Traffic::any, {.bend = [&held](const LoginTurn& turn) {
                           if (!turn.is_final() || held == 6) return;
                           ++held;
                           turn.response.set(field::kTransit, 0).set(field::kNsg, 0);
                           turn.response.set(field::kTsih, 0);
                         }});
           s.expect_success("a login of many rounds works");
         }},
    {.id = "6.2/endless-login-is-given-up",
     .title = "A login without an end is given up",
     .proves = "R7143-6.2-22",
     .needs = {},
     .pace = Pace::slow,
     .about = "Holds the transition to the Full Feature Phase back for ever. The initiator may give up; to go round "
              "without end is a warning.",
     .script =
         [](InitiatorScript& s) {
           (void)s.expect_no_session({.bend =
                                          [](const LoginTurn& turn) {
                                            if (!turn.is_final()) return;
                                            turn.response.set(field::kTransit, 0).set(field::kNsg, 0);
                                            turn.response.set(field::kTsih, 0);
                                          }},
                                     "the login is given up", "6.2", Duty::should);
         }},
};

}  // namespace

std::span<const Test> section_6_2() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
