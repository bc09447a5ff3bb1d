// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Logins as ladders: T is played by the test.

#include "session/login/initiator_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "session/testing/initiator_rig.h"
#include "text/chap.h"
#include "wire/data_in.h"
#include "wire/login_request.h"
#include "wire/nop_in.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using wire::LoginStage;
using wire::LoginStatus;

constexpr LoginStage kSecurity = LoginStage::security_negotiation;
constexpr LoginStage kOperational = LoginStage::login_operational_negotiation;
constexpr LoginStage kFullFeature = LoginStage::full_feature_phase;

/// "A=1;B=2" as the text of a PDU.
std::string text(std::string pairs) {
  if (pairs.empty()) return pairs;
  for (char& c : pairs)
    if (c == ';') c = '\0';
  return pairs + '\0';
}

struct Ladder : ::testing::Test {
  explicit Ladder(InitiatorProfile profile = InitiatorRig::profile()) : rig(std::move(profile)) {}

  wire::LoginRequest::Fields request() {
    last = rig.next_sent();
    EXPECT_EQ(last.opcode(), wire::Opcode::login_request);
    return wire::LoginRequest(last.header).fields();
  }

  wire::LoginResponse::Fields response(LoginStage csg) {
    wire::LoginResponse::Fields fields;
    fields.flags.csg = csg;
    fields.isid = rig.session.profile().isid;
    fields.itt = wire::Itt(0);
    return fields;
  }
  wire::LoginResponse::Fields transit(LoginStage csg, LoginStage nsg) {
    wire::LoginResponse::Fields fields = response(csg);
    fields.flags.transit = true;
    fields.flags.nsg = nsg;
    if (nsg == kFullFeature) fields.tsih = wire::Tsih(1);
    return fields;
  }
  void deliver(const wire::LoginResponse::Fields& fields, const std::string& pairs = "") {
    rig.deliver(wire::LoginResponse::build(rig.numbered(fields)), std::string_view(text(pairs)));
  }
  void expect_closed(InitiatorCloseReason reason, const std::string& detail = "") {
    ASSERT_NE(rig.closed(), nullptr);
    EXPECT_EQ(rig.closed()->reason, reason) << rig.closed()->detail;
    EXPECT_THAT(rig.closed()->detail, HasSubstr(detail));
    EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::free);
  }
  /// T -> I: the end of the login; the target agrees to all offers but those in `keys`.
  void accept(const std::string& keys = "") {
    rig.deliver(wire::LoginResponse::build(rig.numbered(transit(kOperational, kFullFeature))),
                std::string_view(InitiatorRig::agree(offers, keys)));
  }
  /// I -> T: the first request of the operational stage.
  wire::LoginRequest::Fields offer() {
    const auto fields = request();
    offers = last.text();
    return fields;
  }
  /// The security stage without authentication.
  void pass_security() {
    request();
    deliver(transit(kSecurity, kOperational), "AuthMethod=None");
    offer();
  }

  InitiatorRig rig;
  SentPdu last;
  std::string offers;
};

using Rfc7143_6_3_InitiatorLogin = Ladder;

TEST_F(Rfc7143_6_3_InitiatorLogin, FirstRequestNamesBothAndOffersNoMethod) {
  // I -> T
  const auto first = request();
  EXPECT_EQ(first.flags, (wire::LoginFlags{.transit = true, .csg = kSecurity, .nsg = kOperational}));
  EXPECT_EQ(first.tsih, wire::kNewSession);
  EXPECT_EQ(first.cmd_sn, wire::CmdSN(7));
  EXPECT_EQ(last.text(), text("InitiatorName=iqn.2026-11.io.lunway:initiator;TargetName=iqn.2026-11.io.lunway:disk;"
                              "SessionType=Normal;AuthMethod=None"));
  EXPECT_TRUE(wire::BasicHeader(last.header).immediate());
}

TEST_F(Rfc7143_6_3_InitiatorLogin, TwoStagesLeadToTheFullFeaturePhase) {
  request();
  // T -> I: no authentication
  deliver(transit(kSecurity, kOperational), "AuthMethod=None;TargetPortalGroupTag=3;TargetAlias=disk");
  // I -> T: offers
  const auto second = offer();
  EXPECT_EQ(second.flags, (wire::LoginFlags{.transit = true, .csg = kOperational, .nsg = kFullFeature}));
  EXPECT_EQ(second.exp_stat_sn, wire::StatSN(0x1001));
  EXPECT_THAT(std::string(last.text()), HasSubstr("MaxRecvDataSegmentLength=8192"));
  // T -> I: accepted
  accept("MaxRecvDataSegmentLength=4096");
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::logged_in);
  EXPECT_EQ(rig.session.tsih(), wire::Tsih(1));
  EXPECT_EQ(rig.connection.parameters().peer_max_recv_data_segment_length, 4096U);
  const auto* event = std::get_if<InitiatorLoggedIn>(&rig.events.at(0));
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->portal_group_tag, 3);
  EXPECT_EQ(event->target_alias, "disk");
}

TEST_F(Rfc7143_6_3_InitiatorLogin, WithoutTheTBitTheInitiatorAsksAgain) {
  request();
  deliver(response(kSecurity), "AuthMethod=None");
  EXPECT_TRUE(request().flags.transit);
  EXPECT_EQ(last.text(), "");
  deliver(transit(kSecurity, kOperational));
  EXPECT_EQ(offer().flags.csg, kOperational);
  // T -> I: one answer, no transition yet
  deliver(response(kOperational), "MaxBurstLength=4096");
  EXPECT_TRUE(request().flags.transit);
  EXPECT_EQ(last.text(), "");
  // T -> I: the other answers
  std::string rest = InitiatorRig::agree(offers, "MaxBurstLength=4096");
  rest.erase(0, rest.find('\0') + 1);
  rig.deliver(wire::LoginResponse::build(rig.numbered(transit(kOperational, kFullFeature))), std::string_view(rest));
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  EXPECT_EQ(rig.session.parameters().max_burst_length, 4096U);
}

TEST_F(Rfc7143_6_3_InitiatorLogin, ContinuedTextIsAskedForWithEmptyRequests) {
  request();
  auto part = response(kSecurity);
  part.flags.continues = true;
  rig.deliver(wire::LoginResponse::build(rig.numbered(part)), std::string_view("AuthMet"));
  EXPECT_FALSE(request().flags.transit);
  EXPECT_EQ(last.text(), "");
  deliver(response(kSecurity), "hod=None");
  EXPECT_TRUE(request().flags.transit);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_6_3_InitiatorLogin, TakesTooLong) {
  rig.advance(std::chrono::seconds(15));
  expect_closed(InitiatorCloseReason::login_timed_out);
}

TEST_F(Rfc7143_6_3_InitiatorLogin, HasALimitOfResponses) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  for (int i = 0; i < 100 && rig.closed() == nullptr; ++i) deliver(response(kOperational));
  expect_closed(InitiatorCloseReason::protocol_error, "more Login Responses");
}

// ------------------------------------------------------------------------------------------------------ refusals

TEST_F(Rfc7143_6_3_InitiatorLogin, AnotherPduEndsTheConnection) {
  request();
  rig.deliver(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(1)})));
  expect_closed(InitiatorCloseReason::protocol_error, "during login");
}

TEST_F(Rfc7143_6_3_InitiatorLogin, TornDataInEndsTheConnectionToo) {
  request();
  rig.cut = Cut::byte_by_byte;
  rig.deliver(wire::DataIn::build(rig.windowed(wire::DataIn::Fields{.itt = wire::Itt(1)})), std::string_view("data"));
  expect_closed(InitiatorCloseReason::protocol_error, "during login");
}

TEST_F(Rfc7143_6_3_InitiatorLogin, SecondResponseWithoutARequestEndsTheConnection) {
  pass_security();
  accept();
  ASSERT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  accept();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::cleanup_wait);
}

using Rfc7143_11_13_InitiatorLoginResponse = Ladder;

struct BadResponse {
  const char* name;
  void (*spoil)(wire::LoginResponse::Fields&);
  const char* says;
};

class Rfc7143_11_13_InitiatorLoginResponseChecks : public Ladder, public ::testing::WithParamInterface<BadResponse> {};

TEST_P(Rfc7143_11_13_InitiatorLoginResponseChecks, EndTheConnection) {
  request();
  auto fields = transit(kSecurity, kOperational);
  GetParam().spoil(fields);
  deliver(fields, "AuthMethod=None");
  expect_closed(InitiatorCloseReason::protocol_error, GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_11_13_InitiatorLoginResponseChecks,
    ::testing::Values(BadResponse{"Isid", [](auto& fields) { fields.isid = wire::Isid(); }, "ISID"},
                      BadResponse{
                          "Csg", [](auto& fields) { fields.flags.csg = kOperational, fields.flags.nsg = kFullFeature; },
                          "CSG"},
                      BadResponse{"Nsg", [](auto& fields) { fields.flags.nsg = kFullFeature; }, "NSG"},
                      BadResponse{"Version", [](auto& fields) { fields.version_active = 1; }, "Version"},
                      BadResponse{"Tag", [](auto& fields) { fields.itt = wire::Itt(9); }, "another task"},
                      BadResponse{"TWithC", [](auto& fields) { fields.flags.continues = true; }, ""},
                      BadResponse{"StageBack", [](auto& fields) { fields.flags.nsg = kSecurity; }, ""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, StatSnMustGoUpByOne) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  request();
  rig.stat_sn = rig.stat_sn.next();
  deliver(transit(kOperational, kFullFeature));
  expect_closed(InitiatorCloseReason::protocol_error, "StatSN");
}

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, FinalResponseNamesTheSession) {
  pass_security();
  auto fields = transit(kOperational, kFullFeature);
  fields.tsih = wire::kNewSession;
  deliver(fields);
  expect_closed(InitiatorCloseReason::protocol_error, "TSIH");
}

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, KeysThatWantAnAnswerDoNotComeWithTheTBit) {
  pass_security();
  deliver(transit(kOperational, kFullFeature), "X-unknown=1");
  expect_closed(InitiatorCloseReason::protocol_error, "T bit");
}

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, RefusalsCarryTheirStatus) {
  request();
  auto fields = response(kSecurity);
  fields.status = LoginStatus::not_found;
  deliver(fields);
  expect_closed(InitiatorCloseReason::login_refused);
  EXPECT_EQ(rig.closed()->status, LoginStatus::not_found);
}

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, RedirectionIsAnOutcomeWithItsAddresses) {
  request();
  auto fields = response(kSecurity);
  fields.status = LoginStatus::target_moved_temporarily;
  deliver(fields, "TargetAddress=10.0.0.2:3261;TargetAddress=[::1]");
  expect_closed(InitiatorCloseReason::login_redirected);
  EXPECT_EQ(rig.closed()->status, LoginStatus::target_moved_temporarily);
  ASSERT_EQ(rig.closed()->redirect.size(), 2U);
  EXPECT_EQ(rig.closed()->redirect[0].host, "10.0.0.2");
  EXPECT_EQ(rig.closed()->redirect[0].port, 3261);
  EXPECT_EQ(rig.closed()->redirect[1].host, "::1");
}

TEST_F(Rfc7143_11_13_InitiatorLoginResponse, RedirectionToNowhereIsAProtocolError) {
  request();
  auto fields = response(kSecurity);
  fields.status = LoginStatus::target_moved_permanently;
  deliver(fields, "TargetAddress=");
  expect_closed(InitiatorCloseReason::protocol_error);
}

// ---------------------------------------------------------------------------------------------------------- keys

using Rfc7143_6_2_InitiatorNegotiation = Ladder;

TEST_F(Rfc7143_6_2_InitiatorNegotiation, AnAnswerThatWasNotOfferedEndsTheConnection) {
  pass_security();
  accept("MaxOutstandingR2T=2");
  expect_closed(InitiatorCloseReason::protocol_error, "MaxOutstandingR2T");
}

TEST_F(Rfc7143_6_2_InitiatorNegotiation, KeysOfTheOtherStageEndTheConnection) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None;MaxBurstLength=4096");
  expect_closed(InitiatorCloseReason::protocol_error);
}

TEST_F(Rfc7143_6_2_InitiatorNegotiation, TextThatIsNoTextEndsTheConnection) {
  request();
  rig.deliver(wire::LoginResponse::build(rig.numbered(response(kSecurity))), std::string_view("AuthMethod"));
  expect_closed(InitiatorCloseReason::protocol_error, "6.1");
}

// ---------------------------------------------------------------------------------------------------------- CHAP

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
struct Chap : Ladder {
  explicit Chap(bool mutual) : Ladder(with_chap(mutual)) {}

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
  EXPECT_THAT(std::string(last.text()), HasSubstr(text("AuthMethod=CHAP,None")));
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
  EXPECT_THAT(std::string(last.text()), HasSubstr(text("AuthMethod=CHAP")));
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
