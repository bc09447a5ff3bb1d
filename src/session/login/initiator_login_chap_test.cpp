// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The security stage of an initiator with CHAP as ladders: T is played by the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "session/testing/initiator_login_ladder.h"
#include "text/chap.h"

namespace lunway::session {
namespace {

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

}  // namespace
}  // namespace lunway::session
