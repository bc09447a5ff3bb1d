// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The security stage of an initiator with CHAP as ladders: T is played by the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/testing/initiator_login_ladder.h"
#include "session/testing/second_connection.h"
#include "text/chap.h"
#include "text/encoding.h"
#include "text/value.h"

namespace lunway::session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

text::ChapAccount account(std::string_view name, std::string_view secret) {
  return {.name = std::string(name), .secret = text::ChapSecret(secret)};
}

InitiatorProfile with_chap(bool mutual) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.chap = account("app", "a secret of the app");
  if (mutual) profile.target_chap = account("disk", "a secret of the disk");
  return profile;
}

/// A target that authenticates with the target's half of CHAP.
struct Chap : InitiatorLoginLadder {
  explicit Chap(bool mutual) : InitiatorLoginLadder(with_chap(mutual)) {}

  text::ChapTarget target(std::string_view secret = "a secret of the app",
                          std::string_view own = "a secret of the disk") {
    text::ChapTarget::Config config;
    config.initiators = {account("app", secret)};
    config.own = account("disk", own);
    return text::ChapTarget(config, 9, challenge);
  }
  /// T -> I: what `chap` says to the last request.
  text::ChapResult answer(text::ChapTarget& chap, wire::LoginResponse::Fields fields) {
    std::vector<text::KeyValue> pairs;
    text::PairReader reader(last.text());
    while (const auto pair = reader.next()) pairs.push_back(*pair);
    text::TextWriter writer;
    const auto result = chap.step(pairs, writer);
    if (result) rig.deliver(wire::LoginResponse::build(rig.numbered(fields)), writer.text());
    return result;
  }

  std::array<std::byte, 16> challenge{std::byte{1}, std::byte{2}};
};

struct Rfc7143_12_1_3_InitiatorOneWayChap : Chap {
  Rfc7143_12_1_3_InitiatorOneWayChap() : Chap(false) {}
};
struct Rfc7143_12_1_3_InitiatorMutualChap : Chap {
  Rfc7143_12_1_3_InitiatorMutualChap() : Chap(true) {}
};

//= ledger R7143-12.1-01 R7143-12.1.3-01 R7143-12.1.3-03 R7143-9.2-01 R7143-9.2-06 R7143-9.2-07
TEST_F(Rfc7143_12_1_3_InitiatorOneWayChap, ProvesTheInitiator) {
  EXPECT_FALSE(request().flags.transit);
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("AuthMethod=CHAP,None")));
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();  // CHAP_A
  EXPECT_THAT(std::string(last.text()), HasSubstr("CHAP_A="));
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));  // CHAP_A CHAP_I CHAP_C
  EXPECT_TRUE(request().flags.transit);            // CHAP_N CHAP_R
  EXPECT_THAT(std::string(last.text()), Not(HasSubstr("CHAP_C")));
  ASSERT_TRUE(answer(chap, transit(kSecurity, kOperational)));
  EXPECT_TRUE(chap.done());
  offer();
  accept();
  ASSERT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  EXPECT_TRUE(std::get<InitiatorLoggedIn>(rig.events.at(0)).authenticated);
}

TEST_F(Rfc7143_12_1_3_InitiatorOneWayChap, NoneIsTakenToo) {
  request();
  deliver(response(kSecurity), "AuthMethod=None");
  EXPECT_TRUE(request().flags.transit);
}

TEST_F(Rfc7143_12_1_3_InitiatorOneWayChap, AMethodThatWasNotOfferedIsNotTaken) {
  request();
  deliver(response(kSecurity), "AuthMethod=SRP");
  expect_closed(InitiatorCloseReason::authentication_failed);
}

//= ledger R7143-12.1.3-03 R7143-9.2-01 R7143-4.2.4-01
TEST_F(Rfc7143_12_1_3_InitiatorMutualChap, ProvesBoth) {
  request();
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("AuthMethod=CHAP")));
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  EXPECT_THAT(std::string(last.text()), HasSubstr("CHAP_C="));
  ASSERT_TRUE(answer(chap, transit(kSecurity, kOperational)));
  offer();
  accept();
  ASSERT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  EXPECT_TRUE(std::get<InitiatorLoggedIn>(rig.events.at(0)).mutually_authenticated);
}

//= ledger R7143-12.1.3-06
TEST_F(Rfc7143_12_1_3_InitiatorMutualChap, ATargetWithAnotherSecretIsLeft) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target("a secret of the app", "not the secret of the disk");
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  ASSERT_TRUE(answer(chap, transit(kSecurity, kOperational)));
  expect_closed(InitiatorCloseReason::authentication_failed, "CHAP");
}

//= ledger R7143-12.1.3-06 R7143-9.2-03
TEST_F(Rfc7143_12_1_3_InitiatorMutualChap, ATargetThatSkipsItsProofIsLeft) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  deliver(transit(kSecurity, kOperational));
  expect_closed(InitiatorCloseReason::authentication_failed);
}

TEST_F(Rfc7143_12_1_3_InitiatorMutualChap, ATargetThatWantsNoAuthenticationIsLeft) {
  request();
  deliver(response(kSecurity), "AuthMethod=None");
  expect_closed(InitiatorCloseReason::authentication_failed);
}

// ---------------------------------------------------------------------------------------------------------- AuthMethod

/// The words of the AuthMethod that a login begins with.
std::vector<std::string> offered_methods(InitiatorProfile profile) {
  InitiatorRig rig(std::move(profile));
  const SentPdu request = rig.next_sent();
  std::vector<std::string> words;
  text::PairReader reader(request.text());
  while (const auto pair = reader.next()) {
    if (pair->key != "AuthMethod") continue;
    std::string_view rest = pair->value;
    while (!rest.empty()) words.emplace_back(text::take_list_item(rest));
  }
  return words;
}

//= ledger(initiator) R7143-9.2-02 R7143-12.1-05 R7143-12.1-06 R7143-12.1-07 R7143-12.1-08 R7143-12.1-09 R7143-12.1-10
TEST(Rfc7143_12_1_InitiatorAuthMethod, IsChapOrNoneAndNothingElse) {
  EXPECT_THAT(offered_methods(InitiatorRig::profile()), ElementsAre("None"));
  EXPECT_THAT(offered_methods(with_chap(false)), ElementsAre("CHAP", "None"));
  EXPECT_THAT(offered_methods(with_chap(true)), ElementsAre("CHAP"));
}

using Rfc7143_12_1_InitiatorWithoutChap = InitiatorLoginLadder;

TEST_F(Rfc7143_12_1_InitiatorWithoutChap, ATargetThatInsistsOnProofIsLeft) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  expect_closed(InitiatorCloseReason::authentication_failed);
}

TEST_F(Rfc7143_12_1_InitiatorWithoutChap, AuthenticationFailureIsReportedAsSuch) {
  request();
  auto fields = response(kSecurity);
  fields.status = wire::LoginStatus::authentication_failure;
  deliver(fields);
  expect_closed(InitiatorCloseReason::login_refused);
  EXPECT_EQ(rig.closed()->status, wire::LoginStatus::authentication_failure);
}

TEST_F(Rfc7143_12_1_3_InitiatorMutualChap, ATargetThatSaysNothingOfAMethodIsLeft) {
  request();
  deliver(response(kSecurity), "TargetPortalGroupTag=1");
  expect_closed(InitiatorCloseReason::authentication_failed);
}

// ------------------------------------------------------------------------------------------------------ wrong steps

struct WrongStep {
  const char* name;
  std::string keys;
};

std::string hex(std::size_t bytes) { return "0x" + std::string(2 * bytes, '1'); }

struct Rfc7143_9_2_InitiatorFirstStep : Chap, ::testing::WithParamInterface<WrongStep> {
  Rfc7143_9_2_InitiatorFirstStep() : Chap(true) {}
};

//= ledger R7143-9.2-03 R7143-12.1.3-07
TEST_P(Rfc7143_9_2_InitiatorFirstStep, OfAnotherKindEndsTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  deliver(response(kSecurity), GetParam().keys);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_FALSE(rig.has_sent()) << "no response to a challenge like this";
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_9_2_InitiatorFirstStep,
    ::testing::Values(WrongStep{"Nothing", ""}, WrongStep{"NoAlgorithm", "CHAP_I=1;CHAP_C=0x1111"},
                      WrongStep{"NoIdentifier", "CHAP_A=7;CHAP_C=0x1111"},
                      WrongStep{"NoChallenge", "CHAP_A=7;CHAP_I=1"},
                      WrongStep{"AlgorithmThatWasNotOffered", "CHAP_A=9;CHAP_I=1;CHAP_C=0x1111"},
                      WrongStep{"TwoAlgorithms", "CHAP_A=7,5;CHAP_I=1;CHAP_C=0x1111"},
                      WrongStep{"IdentifierTooLarge", "CHAP_A=7;CHAP_I=256;CHAP_C=0x1111"},
                      WrongStep{"ChallengeInDecimal", "CHAP_A=7;CHAP_I=1;CHAP_C=1111"},
                      WrongStep{"EmptyChallenge", "CHAP_A=7;CHAP_I=1;CHAP_C=0x"},
                      WrongStep{"ChallengeTooLong", "CHAP_A=7;CHAP_I=1;CHAP_C=" + hex(1025)},
                      WrongStep{"ResponseToo", "CHAP_A=7;CHAP_I=1;CHAP_C=0x1111;CHAP_N=disk;CHAP_R=0x22"},
                      WrongStep{"KeyTwice", "CHAP_A=7;CHAP_I=1;CHAP_I=1;CHAP_C=0x1111"},
                      WrongStep{"KeyOfAnotherMethod", "CHAP_A=7;CHAP_I=1;CHAP_C=0x1111;SRP_s=0x11"},
                      WrongStep{"KeyOfTheOtherStage", "CHAP_A=7;CHAP_I=1;CHAP_C=0x1111;MaxBurstLength=512"}),
    [](const auto& test) { return std::string(test.param.name); });

struct Rfc7143_12_1_3_InitiatorFirstStep : Chap {
  Rfc7143_12_1_3_InitiatorFirstStep() : Chap(false) {}
};

//= ledger R7143-12.1.3-07
TEST_F(Rfc7143_12_1_3_InitiatorFirstStep, MayHaveAChallengeOf1024Bytes) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  deliver(response(kSecurity), "CHAP_A=7;CHAP_I=1;CHAP_C=" + hex(1024));
  request();
  EXPECT_THAT(std::string(last.text()), HasSubstr("CHAP_R=0x"));
}

struct Rfc7143_9_2_InitiatorSecondStep : Chap, ::testing::WithParamInterface<WrongStep> {
  Rfc7143_9_2_InitiatorSecondStep() : Chap(true) {}
};

//= ledger R7143-9.2-03 R7143-12.1.3-06 R7143-12.1.3-07
TEST_P(Rfc7143_9_2_InitiatorSecondStep, OfAnotherKindEndsTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  deliver(transit(kSecurity, kOperational), GetParam().keys);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::free);
  EXPECT_FALSE(rig.has_sent());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_9_2_InitiatorSecondStep,
    ::testing::Values(WrongStep{"Nothing", ""}, WrongStep{"NoName", "CHAP_R=" + hex(32)},
                      WrongStep{"NoResponse", "CHAP_N=disk"}, WrongStep{"Wrong", "CHAP_N=disk;CHAP_R=" + hex(32)},
                      WrongStep{"ResponseTooLong", "CHAP_N=disk;CHAP_R=" + hex(1025)},
                      WrongStep{"AnotherChallenge", "CHAP_N=disk;CHAP_R=" + hex(32) + ";CHAP_I=1;CHAP_C=0x1111"},
                      WrongStep{"NoneAfterAll", "CHAP_N=None"}, WrongStep{"KeyOfTheOtherStage", "MaxBurstLength=512"}),
    [](const auto& test) { return std::string(test.param.name); });

// ------------------------------------------------------------------------------------------------------- reflection

/// What the initiator takes from its source of randomness: an identifier and a challenge.
std::array<std::byte, 33> foreseen() {
  SeededEntropy same;
  std::array<std::byte, 33> random;
  same.fill(random);
  return random;
}

std::string own_challenge() {
  const auto random = foreseen();
  return text::hex_constant(Bytes(random).subspan(1));
}

struct Rfc7143_9_2_1_InitiatorReflection : Chap {
  Rfc7143_9_2_1_InitiatorReflection() : Chap(true) {}
};

//= ledger R7143-9.2.1-11 R7143-9.2.1-12
TEST_F(Rfc7143_9_2_1_InitiatorReflection, OfTheSameChallengeEndsTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  deliver(response(kSecurity), "CHAP_A=7;CHAP_I=1;CHAP_C=" + own_challenge());
  expect_closed(InitiatorCloseReason::authentication_failed, "challenge");
  EXPECT_FALSE(rig.has_sent());
}

//= ledger R7143-9.2.1-11
TEST_F(Rfc7143_9_2_1_InitiatorReflection, DoesNotComeFromTheInitiator) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  deliver(response(kSecurity), "CHAP_A=7;CHAP_I=1;CHAP_C=" + hex(32));
  request();
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("CHAP_C=" + own_challenge())));
  EXPECT_THAT(std::string(last.text()), Not(HasSubstr(hex(32))));
}

struct Rfc7143_9_2_1_InitiatorSameSecret : Chap {
  Rfc7143_9_2_1_InitiatorSameSecret() : Chap(true) {}
};

//= ledger R7143-9.2.1-09
TEST_F(Rfc7143_9_2_1_InitiatorSameSecret, AResponseThatWeWouldHaveGivenEndsTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  // Another connection has made the initiator itself answer its challenge.
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  const auto random = foreseen();
  const auto reflected =
      text::ChapDigest::compute(text::ChapAlgorithm::sha3_256, std::to_integer<std::uint8_t>(random[0]),
                                text::ChapSecret("a secret of the app"), Bytes(random).subspan(1));
  deliver(transit(kSecurity, kOperational), "CHAP_N=disk;CHAP_R=" + text::hex_constant(reflected->bytes()));
  expect_closed(InitiatorCloseReason::authentication_failed, "both directions");
}

struct Rfc7143_9_2_1_InitiatorOneSecret : InitiatorLoginLadder {
  static InitiatorProfile profile() {
    InitiatorProfile profile = with_chap(true);
    profile.target_chap = account("disk", "a secret of the app");
    return profile;
  }
  Rfc7143_9_2_1_InitiatorOneSecret() : InitiatorLoginLadder(profile()) {}
};

//= ledger R7143-9.2.1-08
TEST_F(Rfc7143_9_2_1_InitiatorOneSecret, IsNotUsedForBothDirections) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  expect_closed(InitiatorCloseReason::authentication_failed, "both directions");
  EXPECT_FALSE(rig.has_sent());
}

// ------------------------------------------------------------------------------------------------------ redirection

struct Rfc7143_11_13_5_InitiatorRedirection : Chap {
  Rfc7143_11_13_5_InitiatorRedirection() : Chap(true) {}

  void redirect(wire::LoginStage csg) {
    auto fields = response(csg);
    fields.status = wire::LoginStatus::target_moved_temporarily;
    deliver(fields, "TargetAddress=10.0.0.2:3261");
    expect_closed(InitiatorCloseReason::login_redirected);
    ASSERT_EQ(rig.closed()->redirect.size(), 1U);
    EXPECT_EQ(rig.closed()->redirect[0].host, "10.0.0.2");
  }
};

//= ledger R7143-11.13.5-03
TEST_F(Rfc7143_11_13_5_InitiatorRedirection, IsTakenBeforeTheTargetHasProvedItself) {
  request();
  redirect(kSecurity);
}

//= ledger R7143-11.13.5-04
TEST_F(Rfc7143_11_13_5_InitiatorRedirection, IsTakenAfterTheSecurityStage) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  ASSERT_TRUE(answer(chap, transit(kSecurity, kOperational)));
  offer();
  redirect(kOperational);
}

// ------------------------------------------------------------------------------------------- connections of a session

std::string_view method_offered_by(const SentPdu& request) {
  text::PairReader reader(request.text());
  while (const auto pair = reader.next())
    if (pair->key == "AuthMethod") return pair->value;
  return {};
}

struct Rfc7143_9_2_InitiatorSession : Chap {
  Rfc7143_9_2_InitiatorSession() : Chap(false) {}
};

//= ledger R7143-9.2-11 R7143-9.2-12 R7143-9.2-13
TEST_F(Rfc7143_9_2_InitiatorSession, AllConnectionsAreAuthenticatedWhenTheFirstWas) {
  request();
  deliver(response(kSecurity), "AuthMethod=CHAP");
  request();
  text::ChapTarget chap = target();
  ASSERT_TRUE(answer(chap, response(kSecurity)));
  request();
  ASSERT_TRUE(answer(chap, transit(kSecurity, kOperational)));
  offer();
  accept();
  SecondConnection second(rig);
  const std::vector<SentPdu> first = second.sent();
  EXPECT_EQ(method_offered_by(first.at(0)), "CHAP");
  // T -> I: not this time
  auto fields = transit(kSecurity, kOperational);
  fields.flags.transit = false;
  fields.flags.nsg = kSecurity;
  fields.tsih = rig.session.tsih();
  fields.itt = first.at(0).itt();
  second.deliver(wire::LoginResponse::build, fields, std::string_view("AuthMethod=None\0", 16));
  ASSERT_NE(second.closed(), nullptr);
  EXPECT_EQ(second.closed()->reason, InitiatorCloseReason::authentication_failed);
}

//= ledger R7143-9.2-11 R7143-9.2-13
TEST_F(Rfc7143_9_2_InitiatorSession, NoConnectionIsAuthenticatedWhenTheFirstWasNot) {
  request();
  deliver(response(kSecurity), "AuthMethod=None");
  request();
  deliver(transit(kSecurity, kOperational));
  offer();
  accept();
  SecondConnection second(rig);
  EXPECT_EQ(method_offered_by(second.sent().at(0)), "None");
}

}  // namespace
}  // namespace lunway::session
