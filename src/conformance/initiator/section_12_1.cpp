// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CHAP, as a target sees it.
//= rfc7143#12.1.3
//= rfc7143#9.2.1

#include "conformance/initiator/chap_desk.h"
#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

constexpr std::string_view kEnds = "the login and the connection end";

using BendText = void (*)(InitiatorScript& s, const LoginTurn& turn);

/// A login by CHAP whose challenge or last answer is bent.
void bend_chap(InitiatorScript& s, Credentials credentials, std::string_view in_answer_to, BendText bend,
               std::string_view section) {
  bool bent = false;
  Connection& c = s.begin(Traffic::any, credentials);
  const LoginSeen seen = serve_login(s, c, {.authenticate = true, .bend = [&](const LoginTurn& turn) {
                                              if (bent || find_value(turn.heard, in_answer_to) == nullptr) return;
                                              bent = true;
                                              bend(s, turn);
                                            }});
  if (!bent) s.inconclusive("the login did not come so far: " + describe(seen.last) + s.driver_state());
  if (seen.full_feature || !seen.last.ended()) s.expect_hangup(c, kEnds, section);
}

void bend_challenge(InitiatorScript& s, BendText bend) { bend_chap(s, Credentials::own, "CHAP_A", bend, "9.2"); }
void bend_proof(InitiatorScript& s, BendText bend) { bend_chap(s, Credentials::both, "CHAP_C", bend, "9.2.1"); }

template <const std::string_view& kKey, const std::string_view& kValue>
void challenge_with(InitiatorScript& s) {
  bend_challenge(s, [](InitiatorScript&, const LoginTurn& turn) { set_value(turn.say, kKey, kValue); });
}

template <const std::string_view& kKey>
void challenge_without(InitiatorScript& s) {
  bend_challenge(s, [](InitiatorScript&, const LoginTurn& turn) { drop_value(turn.say, kKey); });
}

/// A challenge that is odd but legal: the login succeeds.
void challenge_legally(InitiatorScript& s, std::string_view identifier, std::string_view challenge) {
  Connection& c = s.begin(Traffic::any, Credentials::own);
  std::string algorithm;
  std::string proof;
  (void)serve_login(s, c, {.authenticate = true, .bend = [&](const LoginTurn& turn) {
                             if (find_value(turn.heard, "CHAP_A") != nullptr) {
                               if (const std::string* chosen = find_value(turn.say, "CHAP_A")) algorithm = *chosen;
                               if (!identifier.empty()) set_value(turn.say, "CHAP_I", identifier);
                               if (!challenge.empty()) set_value(turn.say, "CHAP_C", challenge);
                             }
                             if (const std::string* said = find_value(turn.heard, "CHAP_R")) proof = *said;
                           }});
  s.require(!proof.empty(), "CHAP_R for a legal challenge", s.driver_state());
  if (identifier.empty() || challenge.empty()) return;
  const auto right = chap_response(static_cast<unsigned>(number_in(algorithm).value_or(0)), identifier, challenge,
                                   s.initiator().account->secret);
  if (!right) s.inconclusive("no response can be computed");
  if (proof.starts_with("0x") || proof.starts_with("0X")) {
    s.require(number_in(proof.substr(0, 18)) == number_in(right->substr(0, 18)), "the right CHAP_R", proof, "12.1.3");
  }
}

constexpr std::string_view kAlgorithm = "CHAP_A";
constexpr std::string_view kIdentifier = "CHAP_I";
constexpr std::string_view kChallenge = "CHAP_C";
constexpr std::string_view kNotOffered = "99";
constexpr std::string_view kWord = "md5";
constexpr std::string_view kTooLarge = "256";
constexpr std::string_view kNegative = "-1";
constexpr std::string_view kNoBytes = "0x";
constexpr std::string_view kNoHex = "0xnothex";
constexpr std::string_view kNothing;

constexpr std::string_view kWrongStep =
    "Lets the initiator begin CHAP and answers its CHAP_A with a step that is not as the RFC defines it. The initiator "
    "must abort the connection.";
constexpr std::string_view kWrongProof =
    "Lets the initiator authenticate and answers its own challenge in a way that proves nothing. The target has not "
    "authenticated, so the initiator closes.";

constexpr Test kTests[] = {
    {.id = "12.1.3/chap-login",
     .title = "A login by CHAP succeeds",
     .proves = "R7143-12.1.3-01 R7143-12.1.3-03 R7143-12.1-01 R7143-12.1-03 R7143-9.2.1-01",
     .needs = {Need::authenticates},
     .about =
         "Wants CHAP, checks CHAP_N and CHAP_R, and serves the session. The first step of the method comes as soon "
         "as the method is selected.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::any, {.authenticate = true});
           s.expect_success("a session with CHAP works");
         }},
    {.id = "12.1.3/mutual-chap-login",
     .title = "A login by mutual CHAP succeeds",
     .proves = "R7143-12.1.3-03 R7143-9.2.1-01",
     .needs = {Need::demands_mutual},
     .about = "Wants CHAP, and proves the target's own identity when the initiator asks for it.",
     .script =
         [](InitiatorScript& s) {
           (void)s.log_in(s.begin(Traffic::any, Credentials::both), {.authenticate = true});
           s.expect_success("a session with mutual CHAP works");
         }},
    {.id = "12.1.3/md5-is-offered",
     .title = "CHAP_A offers MD5",
     .proves = "R7143-12.1.3-08 R7143-12.1.3-01",
     .needs = {Need::authenticates},
     .about = "Looks at CHAP_A of the initiator: 5 (MD5) is always in the list.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::any, {.authenticate = true});
           const std::string* list = find_value(link.login().offers, "CHAP_A");
           s.require(list != nullptr && is_offered(*list, "5"), "5 in CHAP_A", list == nullptr ? "" : *list);
         }},
    {.id = "9.2.1/own-challenge-is-new",
     .title = "The initiator does not send the target's challenge back",
     .proves = "R7143-9.2.1-11",
     .needs = {Need::demands_mutual},
     .about = "Compares CHAP_C of the initiator with the challenge that the target has sent.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.log_in(s.begin(Traffic::any, Credentials::both), {.authenticate = true});
           const std::string* ours = find_value(link.login().answers, "CHAP_C");
           const std::string* theirs = find_value(link.login().offers, "CHAP_C");
           s.require(ours != nullptr && theirs != nullptr && *ours != *theirs, "another challenge");
         }},
    {.id = "9.2/algorithm-not-offered",
     .title = "A CHAP_A that was not offered ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kAlgorithm, kNotOffered>},
    {.id = "9.2/algorithm-no-number",
     .title = "A CHAP_A that is no number ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kAlgorithm, kWord>},
    {.id = "9.2/algorithm-missing",
     .title = "A challenge without CHAP_A ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_without<kAlgorithm>},
    {.id = "9.2/identifier-too-large",
     .title = "CHAP_I=256 ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kIdentifier, kTooLarge>},
    {.id = "9.2/identifier-negative",
     .title = "CHAP_I=-1 ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kIdentifier, kNegative>},
    {.id = "9.2/identifier-missing",
     .title = "A challenge without CHAP_I ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_without<kIdentifier>},
    {.id = "9.2/challenge-of-no-bytes",
     .title = "An empty CHAP_C ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kChallenge, kNoBytes>},
    {.id = "9.2/challenge-without-value",
     .title = "A CHAP_C without a value ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kChallenge, kNothing>},
    {.id = "9.2/challenge-not-binary",
     .title = "A CHAP_C that is no binary value ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_with<kChallenge, kNoHex>},
    {.id = "9.2/challenge-missing",
     .title = "A challenge without CHAP_C ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script = challenge_without<kChallenge>},
    {.id = "9.2/challenge-too-long",
     .title = "A CHAP_C of more than 1024 bytes ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script =
         [](InitiatorScript& s) {
           bend_challenge(s, [](InitiatorScript&, const LoginTurn& turn) {
             set_value(turn.say, "CHAP_C", "0x" + std::string(2050, 'a'));
           });
         }},
    {.id = "9.2/no-challenge-at-all",
     .title = "An empty answer to CHAP_A ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script =
         [](InitiatorScript& s) {
           bend_challenge(s, [](InitiatorScript&, const LoginTurn& turn) { turn.say.clear(); });
         }},
    {.id = "9.2/key-of-another-step",
     .title = "CHAP_R in place of a challenge ends the login",
     .proves = "R7143-9.2-03",
     .needs = {Need::authenticates},
     .about = kWrongStep,
     .script =
         [](InitiatorScript& s) {
           bend_challenge(s, [](InitiatorScript&, const LoginTurn& turn) {
             turn.say = {{"CHAP_N", "target"}, {"CHAP_R", "0x00112233445566778899aabbccddeeff"}};
           });
         }},
    {.id = "12.1.3/smallest-identifier",
     .title = "CHAP_I=0 is a legal identifier",
     .proves = "R7143-12.1.3-03",
     .needs = {Need::authenticates},
     .about = "Challenges with the identifier 0 and checks the beginning of the response.",
     .script = [](InitiatorScript& s) { challenge_legally(s, "0", "0x0102030405060708090a0b0c0d0e0f10"); }},
    {.id = "6.1/hexadecimal-identifier",
     .title = "CHAP_I may be hexadecimal",
     .proves = "R7143-6.1-07",
     .needs = {Need::authenticates},
     .about = "Challenges with the identifier 0xff and checks the beginning of the response.",
     .script = [](InitiatorScript& s) { challenge_legally(s, "0xff", "0x0102030405060708090a0b0c0d0e0f10"); }},
    {.id = "6.1/base64-challenge",
     .title = "CHAP_C may be in base64",
     .proves = "R7143-6.1-07",
     .needs = {Need::authenticates},
     .about = "Challenges with a value in base64 and checks the beginning of the response.",
     .script = [](InitiatorScript& s) { challenge_legally(s, "7", "0bAQIDBAUGBwgJCgsMDQ4PEA=="); }},
    {.id = "12.1.3/longest-challenge",
     .title = "A CHAP_C of 1024 bytes is legal",
     .proves = "R7143-12.1.3-07",
     .needs = {Need::authenticates},
     .about = "Challenges with the longest value that the RFC allows and checks the beginning of the response.",
     .script = [](InitiatorScript& s) { challenge_legally(s, "1", "0x" + std::string(2048, '7')); }},
    {.id = "12.1.3/target-proves-nothing",
     .title = "A wrong CHAP_R of the target ends the login",
     .proves = "R7143-12.1.3-06",
     .needs = {Need::demands_mutual},
     .about = kWrongProof,
     .script =
         [](InitiatorScript& s) {
           bend_proof(s, [](InitiatorScript&, const LoginTurn& turn) {
             std::string* proof = nullptr;
             for (KeyValue& pair : turn.say) {
               if (pair.key == "CHAP_R") proof = &pair.value;
             }
             if (proof != nullptr) proof->back() = proof->back() == '0' ? '1' : '0';
           });
         }},
    {.id = "12.1.3/target-does-not-answer",
     .title = "A target that leaves CHAP_R out ends the login",
     .proves = "R7143-12.1.3-06",
     .needs = {Need::demands_mutual},
     .about = kWrongProof,
     .script =
         [](InitiatorScript& s) { bend_proof(s, [](InitiatorScript&, const LoginTurn& turn) { turn.say.clear(); }); }},
    {.id = "12.1.3/target-answers-too-short",
     .title = "A CHAP_R that is too short ends the login",
     .proves = "R7143-12.1.3-06",
     .needs = {Need::demands_mutual},
     .about = kWrongProof,
     .script =
         [](InitiatorScript& s) {
           bend_proof(s, [](InitiatorScript&, const LoginTurn& turn) { set_value(turn.say, "CHAP_R", "0x00"); });
         }},
    {.id = "9.2.1/response-of-the-initiator",
     .title = "A response made with the initiator's own secret ends the login",
     .proves = "R7143-9.2.1-09",
     .needs = {Need::demands_mutual},
     .about = "Answers the initiator's challenge as the initiator itself would, with its secret: this is what a target "
              "gets that has the initiator answer its own challenge.",
     .script =
         [](InitiatorScript& s) {
           bend_proof(s, [](InitiatorScript& script, const LoginTurn& turn) {
             const std::string* identifier = find_value(turn.heard, "CHAP_I");
             const std::string* challenge = find_value(turn.heard, "CHAP_C");
             const std::string* proof = find_value(turn.say, "CHAP_R");
             if (identifier == nullptr || challenge == nullptr || proof == nullptr) return;
             // A hash has as many digits as its algorithm says.
             const unsigned algorithm = proof->size() == 34 ? 5 : proof->size() == 42 ? 6 : 7;
             const auto own = chap_response(algorithm, *identifier, *challenge, script.initiator().account->secret);
             set_value(turn.say, "CHAP_R", own.value_or("0x00"));
           });
         }},
    {.id = "12.1/authentication-is-not-skipped",
     .title = "A target that skips the authentication that the initiator demands gets no session",
     .proves = "R7143-12.1.3-06",
     .needs = {Need::demands_mutual},
     .about =
         "Answers AuthMethod with None though the initiator was told to demand a proof of the target. If it offers "
         "None, it does not demand.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin(Traffic::any, Credentials::both);
           const LoginSeen seen = serve_login(s, c, {.bend = [](const LoginTurn& turn) {
                                                if (find_value(turn.heard, "AuthMethod") == nullptr) return;
                                                set_value(turn.say, "AuthMethod", "None");
                                              }});
           const std::string* methods = find_value(seen.offers, "AuthMethod");
           if (methods == nullptr || is_offered(*methods, "None")) s.inapplicable("it offers AuthMethod=None");
           if (seen.full_feature || !seen.last.ended()) s.expect_hangup(c, kEnds, "12.1.3");
         }},
};

}  // namespace

std::span<const Test> section_12_1() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
