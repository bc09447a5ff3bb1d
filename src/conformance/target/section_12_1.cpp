// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Authentication: the choice of a method, and CHAP.
//= rfc7143#12.1
//= rfc7143#9.2

#include <array>
#include <charconv>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"
#include "text/encoding.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr std::uint32_t kSecurity = 0;
constexpr std::uint32_t kOperational = 1;
constexpr std::uint16_t kAuthenticationFailure = 0x0201;
constexpr std::uint32_t kLowestChallenge = 16;

std::uint16_t status_of(const Pdu& response) {
  return static_cast<std::uint16_t>(response[field::kStatusClass] << 8 | response[field::kStatusDetail]);
}

/// A login in its security stage, step by step.
class SecurityStage {
 public:
  explicit SecurityStage(TargetScript& script) : script_(script), connection_(script.connect()) {}

  Connection& connection() { return connection_; }

  Pdu step(const Text& text, bool transit = false) {
    Pdu request = script_.login_request({}, kSecurity, kOperational, transit);
    Text all = first_ ? script_.names() : Text();
    all.insert(all.end(), text.begin(), text.end());
    first_ = false;
    connection_.send(request.set(field::kExpStatSn, exp_stat_sn_).with_text(all));
    Pdu response = script_.expect(connection_, Opcode::login_response);
    exp_stat_sn_ = response[field::kStatSn] + 1;
    return response;
  }

  /// Up to the challenge.
  Text challenge(const std::string& algorithms = "7,6,5") {
    const Pdu method = step({{"AuthMethod", "CHAP"}});
    script_.require_equal(status_of(method), 0, "the status of the answer to AuthMethod");
    const Pdu response = step({{"CHAP_A", algorithms}});
    script_.require_equal(status_of(response), 0, "the status of the answer to CHAP_A");
    return response.text();
  }

 private:
  TargetScript& script_;
  Connection& connection_;
  std::uint32_t exp_stat_sn_ = 0;
  bool first_ = true;
};

std::string value_of(TargetScript& s, const Text& text, std::string_view key) {
  const std::string* value = find_value(text, key);
  if (value == nullptr) s.fail(std::string(key) + " in the answer", "none");
  return *value;
}

/// CHAP with `proof` in place of the right one ends with 0x0201.
void refuses_proof(TargetScript& s, Text (*bend)(Text proof)) {
  SecurityStage stage(s);
  const std::optional<Text> proof = chap_proof(stage.challenge(), *s.target().account);
  if (!proof) s.fail("a challenge that can be answered", "another");
  const Pdu response = stage.step(bend(*proof), true);
  s.require_equal(status_of(response), kAuthenticationFailure, "the status of the refusal");
  s.expect_close(stage.connection(), "the connection ends after the refusal");
}

constexpr std::string_view kAboutProofs =
    "Goes through CHAP to the challenge and answers it wrongly as the title says: the login ends with status 0x0201, "
    "authentication "
    "failure, and the connection is closed.";
constexpr std::string_view kAboutChallenges =
    "Goes through CHAP to the challenge and looks at CHAP_A, CHAP_I and CHAP_C.";

constexpr Test kTests[] = {
    {.id = "12.1/chap-lets-in",
     .title = "CHAP with the right secret lets the initiator in",
     .proves = "R7143-12.1-02 R7143-12.1-03 R7143-12.1.3-02",
     .needs = {Need::chap},
     .about = "Logs in with the account that the operator gave, and pings.",
     .script = [](TargetScript& s) { s.log_in().ping(); }},
    {.id = "6.3.2/chap-is-chosen",
     .title = "AuthMethod=CHAP is answered CHAP by a target that has accounts",
     .proves = "R7143-6.3.2-02 R7143-12.1-03",
     .needs = {Need::chap},
     .about = "Offers CHAP alone: the answer is CHAP and nothing else.",
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           const std::string method = value_of(s, stage.step({{"AuthMethod", "CHAP"}}).text(), "AuthMethod");
           s.require(method == "CHAP", "AuthMethod=CHAP", method);
         }},
    {.id = "12.1.3/algorithm-is-one-of-the-offer",
     .title = "CHAP_A of the answer is one of the offered algorithms",
     .proves = "R7143-12.1.3-02",
     .needs = {Need::chap},
     .about = kAboutChallenges,
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           const std::string algorithm = value_of(s, stage.challenge("5"), "CHAP_A");
           s.require(algorithm == "5" || algorithm == "0x5" || algorithm == "0x05", "CHAP_A=5", algorithm);
         }},
    {.id = "12.1.3/identifier-is-a-byte",
     .title = "CHAP_I is a number of one byte",
     .proves = "R7143-12.1.3-02",
     .needs = {Need::chap},
     .about = kAboutChallenges,
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           const std::string text = value_of(s, stage.challenge(), "CHAP_I");
           const bool hex = text.starts_with("0x") || text.starts_with("0X");
           unsigned number = 256;
           (void)std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), number, hex ? 16 : 10);
           s.require(number <= 255, "a number from 0 to 255", text);
         }},
    {.id = "12.1.3/challenge-is-long-enough",
     .title = "CHAP_C has at most 1024 bytes, and enough to be no guess",
     .proves = "R7143-12.1.3-07",
     .needs = {Need::chap},
     .about = kAboutChallenges,
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           std::array<std::byte, 1024> bytes{};
           const std::string text = value_of(s, stage.challenge(), "CHAP_C");
           const std::optional<std::size_t> size = text::decode_binary(text, bytes);
           s.require(size.has_value(), "a binary value of at most 1024 bytes", text.substr(0, 64));
           s.should(*size >= kLowestChallenge, "at least 16 bytes", std::to_string(*size));
         }},
    {.id = "9.2.1/challenge-is-new-each-time",
     .title = "Two logins get different challenges",
     .proves = "R7143-9.2.1-01",
     .needs = {Need::chap},
     .about = "Begins two logins up to the challenge: CHAP_C differs, or a listener could use an old answer again.",
     .script =
         [](TargetScript& s) {
           SecurityStage one(s);
           SecurityStage two(s);
           const std::string first = value_of(s, one.challenge(), "CHAP_C");
           const std::string second = value_of(s, two.challenge(), "CHAP_C");
           s.require(first != second, "another challenge for each login", "the same twice");
         }},
    {.id = "12.1.3/wrong-response",
     .title = "A wrong CHAP_R is refused: authentication failure",
     .proves = "R7143-12.1.3-04 R7143-9.2-05 R7143-6.3.2-05",
     .needs = {Need::chap},
     .about = kAboutProofs,
     .script =
         [](TargetScript& s) {
           refuses_proof(s, [](Text proof) {
             char& last = proof[1].value.back();
             last = last == '0' ? '1' : '0';
             return proof;
           });
         }},
    {.id = "12.1.3/unknown-name",
     .title = "A CHAP_N that there is not is refused: authentication failure",
     .proves = "R7143-12.1.3-04",
     .needs = {Need::chap},
     .about = kAboutProofs,
     .script =
         [](TargetScript& s) {
           refuses_proof(s, [](Text proof) {
             proof[0].value = "nobody-of-that-name";
             return proof;
           });
         }},
    {.id = "9.2/no-response",
     .title = "CHAP without CHAP_R is refused: initiator error or missing parameter",
     .proves = "R7143-9.2-04",
     .needs = {Need::chap},
     .about = "Goes through CHAP to the challenge and sends CHAP_N without CHAP_R: the login ends with class 2.",
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           stage.challenge();
           const Pdu response = stage.step({{"CHAP_N", s.target().account->name}}, true);
           s.require_equal(response[field::kStatusClass], 2, "Status-Class, initiator error,");
           s.expect_close(stage.connection(), "the connection ends after the refusal");
         }},
    {.id = "12.1.3/no-common-algorithm",
     .title = "CHAP_A with no algorithm that the target has is refused",
     .proves = "R7143-12.1.3-02",
     .needs = {Need::chap},
     .about = "Offers CHAP_A=99: the login ends with class 2, authentication failure.",
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           stage.step({{"AuthMethod", "CHAP"}});
           const Pdu response = stage.step({{"CHAP_A", "99"}});
           s.require_equal(response[field::kStatusClass], 2, "Status-Class, initiator error,");
           s.expect_close(stage.connection(), "the connection ends after the refusal");
         }},
    {.id = "12.1.3/target-proves-itself",
     .title = "A target that is challenged answers with CHAP_N and the right CHAP_R",
     .proves = "R7143-12.1.3-05 R7143-9.2.1-01",
     .needs = {Need::chap, Need::mutual_chap},
     .about = "Answers the challenge and sends one of its own. The target's CHAP_R is what its secret makes of that "
              "challenge.",
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           const Text challenge = stage.challenge();
           Text proof = *chap_proof(challenge, *s.target().account);
           const Text question{{"CHAP_A", value_of(s, challenge, "CHAP_A")},
                               {"CHAP_I", "77"},
                               {"CHAP_C", text::hex_constant(s.pattern(kLowestChallenge))}};
           proof.insert(proof.end(), question.begin() + 1, question.end());
           const Pdu response = stage.step(proof, true);
           s.require_equal(status_of(response), 0, "the status");
           value_of(s, response.text(), "CHAP_N");
           const std::string expected = chap_proof(question, *s.target().target_account)->back().value;
           std::array<std::byte, 64> wanted{};
           std::array<std::byte, 64> got{};
           const std::string answer = value_of(s, response.text(), "CHAP_R");
           const bool readable = text::decode_binary(expected, wanted) && text::decode_binary(answer, got);
           s.require(readable && wanted == got, "CHAP_R made with the target's secret", answer);
         }},
    {.id = "9.2.1/reflected-challenge",
     .title = "The target's own challenge sent back to it ends the login",
     .proves = "R7143-9.2.1-12",
     .needs = {Need::chap, Need::mutual_chap},
     .about = "Answers the challenge rightly and challenges the target with its own CHAP_C: the login fails and the "
              "connection ends.",
     .script =
         [](TargetScript& s) {
           SecurityStage stage(s);
           const Text challenge = stage.challenge();
           Text proof = *chap_proof(challenge, *s.target().account);
           proof.push_back({"CHAP_I", value_of(s, challenge, "CHAP_I")});
           proof.push_back({"CHAP_C", value_of(s, challenge, "CHAP_C")});
           const Pdu response = stage.step(proof, true);
           s.require(response[field::kStatusClass] != 0, "the login fails", "it goes on");
           s.expect_close(stage.connection(), "the connection ends");
         }},
};

}  // namespace

std::span<const Test> section_12_1() { return kTests; }

}  // namespace lunway::conformance::target_tests
