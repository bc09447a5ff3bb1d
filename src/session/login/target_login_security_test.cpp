// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The security stage at a target: which method, and CHAP step by step with an initiator that may cheat.
//= rfc7143#6.3.2
//= rfc7143#9.2
//= rfc7143#12.1.3

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "session/testing/login_ladder.h"
#include "text/chap.h"
#include "text/encoding.h"

namespace lunway::session::testing {
namespace {

using wire::LoginStatus;

text::ChapAccount alice() { return {"alice", text::ChapSecret("secret of alice")}; }
text::ChapAccount storage() { return {"storage", text::ChapSecret("secret of storage")}; }

/// A target that wants CHAP of alice, and can prove itself.
class TargetChapLadder : public TargetLoginLadder {
 protected:
  TargetChapLadder() {
    rig.directory.policy.chap = text::ChapTarget::Config{.settings = {}, .initiators = {alice()}, .own = storage()};
  }

  using Change = std::function<void(std::string&)>;

  /// A whole CHAP login. `change` sees the keys of the initiator's last step before they go out.
  LoginAnswer log_in_with_chap(const text::ChapInitiator::Config& config, const Change& change = {}) {
    constexpr std::string_view kChallenge = "challenge of initiator, 31 byte";
    text::ChapInitiator initiator(config, 99, bytes_of(kChallenge));
    text::TextWriter first;
    EXPECT_FALSE(initiator.start(first));
    method = ask(stay_in(kSecurity), names({"AuthMethod=CHAP"}));
    challenge = ask(stay_in(kSecurity), first.text());
    text::TextWriter second;
    EXPECT_TRUE(initiator.step(pairs_of(challenge), second));
    std::string keys(second.text());
    if (change) change(keys);
    LoginAnswer last = ask(from_to(kSecurity, kFullFeature), keys);
    if (last.is_final() && config.target) {
      text::TextWriter none;
      EXPECT_TRUE(initiator.step(pairs_of(last), none)) << "the target has proved itself";
      EXPECT_TRUE(initiator.done());
    }
    return last;
  }

  /// The keys of the method; views into the answer.
  static std::vector<text::KeyValue> pairs_of(const LoginAnswer& answer) {
    std::vector<text::KeyValue> pairs;
    text::PairReader reader(answer.text);
    while (const auto pair = reader.next()) {
      if (pair->key.starts_with("CHAP_")) pairs.push_back(*pair);
    }
    return pairs;
  }

  static void replace(std::string& keys, std::string_view key, std::string_view value) {
    const std::size_t start = keys.find(std::string(key) + "=");
    ASSERT_NE(start, std::string::npos);
    keys.replace(start, keys.find('\0', start) + 1 - start,
                 value.empty() ? "" : text_pairs({std::string(key) + "=" + std::string(value)}));
  }

  void expect_refused(const LoginAnswer& answer, LoginStatus status) {
    EXPECT_EQ(answer.fields.status, status);
    EXPECT_TRUE(answer.text.empty()) << "nothing that proves anything goes out";
    EXPECT_TRUE(rig.closed);
    EXPECT_FALSE(rig.logged_in);
  }

  const text::ChapInitiator::Config one_way{.settings = {}, .own = alice(), .target = {}};
  const text::ChapInitiator::Config mutual{.settings = {}, .own = alice(), .target = storage()};
  LoginAnswer method;
  LoginAnswer challenge;
};

using Rfc7143_4_2_4_TargetChap = TargetChapLadder;
using Rfc7143_6_3_2_TargetSecurity = TargetChapLadder;
using Rfc7143_9_2_TargetChap = TargetChapLadder;
using Rfc7143_9_2_1_TargetChap = TargetChapLadder;
using Rfc7143_12_1_TargetAuthMethod = TargetChapLadder;
using Rfc7143_12_1_3_TargetChap = TargetChapLadder;
using Rfc7143_6_3_2_TargetWithoutChap = TargetLoginLadder;

// --- The method.

//= ledger R7143-6.3.2-02 R7143-12.1-04
TEST_F(Rfc7143_6_3_2_TargetSecurity, TheFirstMethodThatIsAllowedIsTaken) {
  EXPECT_EQ(ask(stay_in(kSecurity), names({"AuthMethod=Z-com.example.m,SRP,None,CHAP,KRB5"})).value("AuthMethod"),
            "CHAP");
}

//= ledger R7143-6.3.2-02 R7143-6.2.1-02
TEST_F(Rfc7143_6_3_2_TargetWithoutChap, NoneIsTaken) {
  EXPECT_EQ(ask(stay_in(kSecurity), names({"AuthMethod=CHAP,None"})).value("AuthMethod"), "None");
}

//= ledger R7143-6.3.2-03 R7143-6.3.2-05 R7143-12.1-10
TEST(Rfc7143_6_3_2_TargetRejection, WithoutACommonMethodTheAnswerIsReject) {
  for (const bool wants_chap : {true, false}) {
    for (const char* list : {"KRB5", "SRP,Z-com.example.m", "chap,none"}) {
      TargetRig rig;
      if (wants_chap) rig.directory.policy.chap.emplace();
      rig.send(wire::LoginRequest::build(login_fields(stay_in(kSecurity))),
               bytes_of(names({"AuthMethod=" + std::string(list)})));
      const auto answer = rig.receive();
      EXPECT_THAT(answer, Is<wire::LoginResponse>(
                              With(&wire::LoginResponse::Fields::status, LoginStatus::authentication_failure)));
      EXPECT_EQ(answer->text(), text_pairs({"AuthMethod=Reject"}));
      EXPECT_TRUE(rig.closed);
    }
  }
}

//= ledger R7143-9.2-02
TEST_F(Rfc7143_9_2_TargetChap, NoMethodSendsASecretInClear) {
  // All that the RFC knows: only CHAP and None are ever taken, and None only where nothing is asked for.
  const auto last = log_in_with_chap(mutual);
  EXPECT_TRUE(last.is_final());
  for (const std::string& text : {method.text, challenge.text, last.text}) {
    EXPECT_EQ(text.find("secret of"), std::string::npos);
  }
}

//= ledger R7143-6.3.2-04 R7143-4.2.4-01 R7143-9.2.1-01 R7143-12.1-02 R7143-12.1-03
//= ledger R7143-12.1.3-02
TEST_F(Rfc7143_6_3_2_TargetSecurity, AProvedInitiatorGoesStraightToFullFeatureWithATsih) {
  const auto last = log_in_with_chap(one_way);
  EXPECT_EQ(method.text, text_pairs({"TargetPortalGroupTag=1", "AuthMethod=CHAP"}));
  EXPECT_NE(challenge.value("CHAP_A"), "(none)");
  EXPECT_NE(challenge.value("CHAP_I"), "(none)");
  EXPECT_NE(challenge.value("CHAP_C"), "(none)");
  EXPECT_TRUE(last.is_final());
  EXPECT_NE(last.fields.tsih, wire::kNewSession);
  EXPECT_EQ(last.value("CHAP_R"), "(none)") << "target authentication was not asked for";
}

//= ledger R7143-9.2-01 R7143-12.1.3-05 R7143-9.2.1-01 R7143-6.3-10 R7143-4.2.4-01
//= ledger R7143-9.2-06
TEST_F(Rfc7143_9_2_1_TargetChap, ProvesItselfWhenAsked) {
  const auto last = log_in_with_chap(mutual);
  EXPECT_TRUE(last.is_final());
  EXPECT_EQ(last.value("CHAP_N"), "storage") << "an identity that is not the iSCSI name";
}

//= ledger R7143-12.1.3-05
TEST_F(Rfc7143_12_1_3_TargetChap, WithoutAnAccountOfItsOwnFailsAMutualLogin) {
  rig.directory.policy.chap->own.reset();
  expect_refused(log_in_with_chap(mutual), LoginStatus::authentication_failure);
}

//= ledger R7143-12.1.3-02
TEST_F(Rfc7143_12_1_3_TargetChap, WithoutACommonAlgorithmTheAuthenticationFails) {
  ask(stay_in(kSecurity), names({"AuthMethod=CHAP"}));
  expect_refused(ask(stay_in(kSecurity), text_pairs({"CHAP_A=9,250"})), LoginStatus::authentication_failure);
}

// --- What goes wrong.

//= ledger R7143-9.2-05 R7143-12.1.3-04 R7143-6.3.2-05
TEST_F(Rfc7143_9_2_TargetChap, AWrongResponseIsAnAuthenticationFailure) {
  expect_refused(log_in_with_chap({.settings = {}, .own = {"alice", text::ChapSecret("another secret")}, .target = {}}),
                 LoginStatus::authentication_failure);
}

//= ledger R7143-9.2-05 R7143-12.1.3-04
TEST_F(Rfc7143_12_1_3_TargetChap, AnUnknownNameIsAnAuthenticationFailure) {
  expect_refused(log_in_with_chap({.settings = {}, .own = {"bob", alice().secret}, .target = {}}),
                 LoginStatus::authentication_failure);
}

//= ledger R7143-9.2-04
TEST_F(Rfc7143_9_2_TargetChap, AMissingKeyIsAMissingParameter) {
  expect_refused(log_in_with_chap(one_way, [](std::string& keys) { replace(keys, "CHAP_R", ""); }),
                 LoginStatus::missing_parameter);
}

//= ledger R7143-9.2-04
TEST_F(Rfc7143_9_2_TargetChap, AStepOutOfTurnIsAnInitiatorError) {
  ask(stay_in(kSecurity), names({"AuthMethod=CHAP"}));
  expect_refused(ask(stay_in(kSecurity), text_pairs({"CHAP_N=alice", "CHAP_R=0x00"})), LoginStatus::initiator_error);
}

//= ledger R7143-9.2-04
TEST_F(Rfc7143_9_2_TargetChap, LeavingTheStageBeforeTheLastStepDoesNotWork) {
  ask(stay_in(kSecurity), names({"AuthMethod=CHAP"}));
  const auto answer = ask(from_to(kSecurity, kFullFeature), text_pairs({"CHAP_A=8,7,6,5"}));
  EXPECT_FALSE(answer.fields.flags.transit);
  EXPECT_FALSE(ask(from_to(kSecurity, kFullFeature)).fields.flags.transit) << "nor by asking again";
  EXPECT_FALSE(rig.logged_in);
}

//= ledger R7143-6.1-03
TEST(Rfc7143_6_1_TargetChap, ABinaryValueInDecimalIsRefused) {
  TargetRig rig;
  rig.directory.policy.chap = text::ChapTarget::Config{.settings = {}, .initiators = {alice()}, .own = storage()};
  for (const std::string& text : {names({"AuthMethod=CHAP"}), text_pairs({"CHAP_A=5"})}) {
    rig.send(wire::LoginRequest::build(login_fields(stay_in(kSecurity))), bytes_of(text));
    const auto answer = rig.receive();
    ASSERT_TRUE(answer);
    const std::size_t at = answer->text().find("CHAP_C=");
    if (at == std::string_view::npos) continue;
    const std::string_view constant = answer->text().substr(at + 7, 2);
    EXPECT_TRUE(constant == "0x" || constant == "0b") << "our own challenge is no decimal number";
  }
  rig.send(wire::LoginRequest::build(login_fields(stay_in(kSecurity))),
           bytes_of(text_pairs({"CHAP_N=alice", "CHAP_R=340282366920938463463374607431768211455"})));
  EXPECT_THAT(rig.receive(),
              Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::initiator_error)));
}

//= ledger R7143-12.1.3-07
TEST_F(Rfc7143_12_1_3_TargetChap, AChallengeOf1025BytesIsRefused) {
  const auto answer = log_in_with_chap(mutual, [](std::string& keys) {
    replace(keys, "CHAP_C", text::hex_constant(std::vector<std::byte>(1025, std::byte(1))));
  });
  expect_refused(answer, LoginStatus::initiator_error);
}

// --- Reflection.

//= ledger R7143-9.2.1-12
TEST_F(Rfc7143_9_2_1_TargetChap, ItsOwnChallengeComingBackEndsTheConnection) {
  const auto answer =
      log_in_with_chap(mutual, [this](std::string& keys) { replace(keys, "CHAP_C", challenge.value("CHAP_C")); });
  expect_refused(answer, LoginStatus::authentication_failure);
}

//= ledger R7143-9.2.1-08 R7143-9.2.1-09
TEST_F(Rfc7143_9_2_1_TargetChap, OneSecretForBothDirectionsEndsTheConnection) {
  rig.directory.policy.chap->own = text::ChapAccount{"storage", alice().secret};
  expect_refused(log_in_with_chap({.settings = {}, .own = alice(), .target = {}}), LoginStatus::authentication_failure);
}

// What one login has heard is of no use in the next.
TEST(Rfc7143_9_2_1_TargetChallenge, IsANewOneInEveryLogin) {
  std::set<std::string> challenges;
  CountingEntropy entropy;
  for (int login = 0; login < 4; ++login) {
    OpenDirectory directory;
    directory.policy.chap = text::ChapTarget::Config{.settings = {}, .initiators = {alice()}, .own = storage()};
    Portal portal;
    portal.address = {.host = "192.0.2.1", .port = 3260, .portal_group_tag = {}};
    TargetRig rig;
    rig.connection = std::make_unique<TargetConnection>(rig.now, directory, entropy, portal, ConnectionLimits{});
    for (const std::string& text : {names({"AuthMethod=CHAP"}), text_pairs({"CHAP_A=5"})}) {
      rig.send(wire::LoginRequest::build(login_fields(stay_in(kSecurity))), bytes_of(text));
      const auto answer = rig.receive();
      ASSERT_TRUE(answer);
      const std::size_t at = answer->text().find("CHAP_C=");
      if (at == std::string_view::npos) continue;
      const std::string_view rest = answer->text().substr(at);
      challenges.emplace(rest.substr(0, rest.find('\0')));
    }
  }
  EXPECT_EQ(challenges.size(), 4U);
}

}  // namespace
}  // namespace lunway::session::testing
