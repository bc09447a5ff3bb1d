// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Logins as ladders: T is played by the test.

#include "session/login/initiator_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "session/testing/initiator_login_ladder.h"
#include "wire/data_in.h"
#include "wire/nop_in.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;
using wire::LoginStatus;

using Rfc7143_6_3_InitiatorLogin = InitiatorLoginLadder;

TEST_F(Rfc7143_6_3_InitiatorLogin, FirstRequestNamesBothAndOffersNoMethod) {
  // I -> T
  const auto first = request();
  EXPECT_EQ(first.flags, (wire::LoginFlags{.transit = true, .csg = kSecurity, .nsg = kOperational}));
  EXPECT_EQ(first.tsih, wire::kNewSession);
  EXPECT_EQ(first.cmd_sn, wire::CmdSN(7));
  EXPECT_EQ(last.text(),
            text_of_pairs("InitiatorName=iqn.2026-11.io.lunway:initiator;TargetName=iqn.2026-11.io.lunway:disk;"
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
  request();
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

using Rfc7143_11_13_InitiatorLoginResponse = InitiatorLoginLadder;

struct BadResponse {
  const char* name;
  void (*spoil)(wire::LoginResponse::Fields&);
  const char* says;
};

class Rfc7143_11_13_InitiatorLoginResponseChecks : public InitiatorLoginLadder,
                                                   public ::testing::WithParamInterface<BadResponse> {};

TEST_P(Rfc7143_11_13_InitiatorLoginResponseChecks, EndTheConnection) {
  request();
  auto fields = transit(kSecurity, kOperational);
  GetParam().spoil(fields);
  deliver(fields, "AuthMethod=None");
  expect_closed(InitiatorCloseReason::protocol_error, GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_11_13_InitiatorLoginResponseChecks,
    ::testing::Values(
        BadResponse{"Isid", [](auto& fields) { fields.isid = wire::Isid(); }, "ISID"},
        BadResponse{"Csg",
                    [](auto& fields) {
                      fields.flags.csg = InitiatorLoginLadder::kOperational,
                      fields.flags.nsg = InitiatorLoginLadder::kFullFeature;
                    },
                    "CSG"},
        BadResponse{"Nsg", [](auto& fields) { fields.flags.nsg = InitiatorLoginLadder::kFullFeature; }, "NSG"},
        BadResponse{"Version", [](auto& fields) { fields.version_active = 1; }, "Version"},
        BadResponse{"Tag", [](auto& fields) { fields.itt = wire::Itt(9); }, "another task"},
        BadResponse{"TWithC", [](auto& fields) { fields.flags.continues = true; }, ""},
        BadResponse{"StageBack", [](auto& fields) { fields.flags.nsg = InitiatorLoginLadder::kSecurity; }, ""}),
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

using Rfc7143_6_2_InitiatorNegotiation = InitiatorLoginLadder;

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

}  // namespace
}  // namespace lunway::session
