// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The client on a real socket: what it does with its connection, from the first byte to the last.

#include "initiator/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "initiator/testing/client_and_target.h"
#include "wire/asynchronous_message.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::array<std::byte, 6> kTestUnitReady{};
constexpr milliseconds kMoment{100};

struct Conversation : ClientAndTarget {
  /// T -> I: an Async Message
  void say(wire::AsynchronousMessage::Fields fields) {
    target.deliver(wire::AsynchronousMessage::build(target.numbered(fields)));
  }
  void answer_logout() {
    const auto logout = target.next_as<wire::LogoutRequest>();
    EXPECT_EQ(logout.reason, wire::LogoutReason::close_session);
    const wire::Itt itt = logout.itt;
    target.deliver(wire::LogoutResponse::build(target.numbered(wire::LogoutResponse::Fields{.itt = itt})));
  }
  /// T -> I: a Login Response with this status
  void refuse_login(wire::LoginStatus status, const std::string& pairs = "") {
    const auto request = target.next_as<wire::LoginRequest>();
    wire::LoginResponse::Fields fields{.isid = request.isid, .itt = request.itt, .status = status};
    target.deliver(wire::LoginResponse::build(target.numbered(fields)), std::string_view(pairs));
  }
};

// ------------------------------------------------------------------------------------------------------- login

using Rfc7143_4_2_4_Client = Conversation;

//= ledger R7143-4.2.4-05
TEST_F(Rfc7143_4_2_4_Client, ALoginRequestIsTheFirstThingSaid) {
  open();
  target.accept();
  const auto request = target.next_as<wire::LoginRequest>();
  EXPECT_EQ(request.tsih, wire::kNewSession);
  EXPECT_TRUE(target.hears_nothing_for(kMoment)) << "the rest waits for the answer";
}

//= ledger R7143-4.2.4-09
TEST_F(Rfc7143_4_2_4_Client, AnythingButALoginResponseEndsTheTransportConnection) {
  open();
  target.accept();
  target.next_as<wire::LoginRequest>();
  target.deliver(wire::NopIn::build(target.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(1)})));
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  ASSERT_TRUE(opened);
  ASSERT_FALSE(*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::protocol);
}

TEST_F(Rfc7143_4_2_4_Client, ALoginWithoutAnAnswerTimesOut) {
  options.login_timeout = milliseconds(50);
  open();
  target.accept();
  target.next_as<wire::LoginRequest>();
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::timed_out);
}

TEST_F(Rfc7143_4_2_4_Client, ALoginThatItsOwnerGivesUpIsNoSuccess) {
  open();
  target.accept();
  target.next_as<wire::LoginRequest>();
  client->log_out();
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::aborted);
}

TEST_F(Rfc7143_4_2_4_Client, AnAttemptToConnectThatItsOwnerGivesUpIsNoFailure) {
  open();
  client->log_out();
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::aborted);
  EXPECT_FALSE(client->failure());
}

using Rfc7143_11_13_5_ClientRefusal = Conversation;

//= ledger R7143-11.13.5-06
TEST_F(Rfc7143_11_13_5_ClientRefusal, IsToldWithItsStatusAndEndsTheConnection) {
  open();
  target.accept();
  refuse_login(wire::LoginStatus::not_found);
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::login_refused);
  EXPECT_EQ(opened->error().code, 0x0203);
}

// ------------------------------------------------------------------------------------------------- redirection

struct Rfc7143_11_13_5_ClientRedirection : Conversation {
  static std::string address_of(const ScriptedTarget& to) {
    return "TargetAddress=" + to.portal() + ",1" + std::string(1, '\0');
  }
  ScriptedTarget other{[this] { turn(); }};
};

//= ledger R7143-11.13.5-03 R7143-11.13.5-06
TEST_F(Rfc7143_11_13_5_ClientRedirection, LeadsToANewLoginElsewhere) {
  for (const auto status : {wire::LoginStatus::target_moved_temporarily, wire::LoginStatus::target_moved_permanently}) {
    opened.reset();
    open();
    target.accept();
    const auto first = target.next_as<wire::LoginRequest>();
    const std::string said(target.last.text());
    wire::LoginResponse::Fields fields{.isid = first.isid, .itt = first.itt, .status = status};
    target.deliver(wire::LoginResponse::build(target.numbered(fields)), std::string_view(address_of(other)));
    EXPECT_TRUE(target.sees_the_end());
    // The same initiator asks for the same target there, in a session that is new.
    other.accept();
    const auto again = other.next_as<wire::LoginRequest>();
    EXPECT_EQ(other.last.text(), said);
    EXPECT_EQ(again.isid, first.isid);
    EXPECT_EQ(again.tsih, wire::kNewSession);
    EXPECT_FALSE(opened) << "nothing is decided yet";
    EXPECT_EQ(client->portal(), other.portal());
    client.reset();
  }
}

//= ledger R7143-11.13.5-04
TEST_F(Rfc7143_11_13_5_ClientRedirection, MayComeAfterTheSecurityStage) {
  open();
  target.accept();
  const auto request = target.next_as<wire::LoginRequest>();
  const wire::LoginFlags transit{.transit = true,
                                 .csg = wire::LoginStage::security_negotiation,
                                 .nsg = wire::LoginStage::login_operational_negotiation};
  target.deliver(wire::LoginResponse::build(target.numbered(
                     wire::LoginResponse::Fields{.flags = transit, .isid = request.isid, .itt = request.itt})),
                 std::string_view("AuthMethod=None\0", 16));
  refuse_login(wire::LoginStatus::target_moved_temporarily, address_of(other));
  other.log_in();
  ASSERT_TRUE(turn_until([this] { return opened.has_value(); }));
  EXPECT_TRUE(*opened);
  EXPECT_EQ(client->state(), SessionState::logged_in);
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, IsAFailureWhenItIsNotToBeFollowed) {
  options.follow_redirects = false;
  open();
  target.accept();
  refuse_login(wire::LoginStatus::target_moved_temporarily, address_of(other));
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::login_refused);
  EXPECT_EQ(opened->error().code, 0x0101);
  EXPECT_FALSE(other.is_called_within(kMoment));
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, InCirclesEndsSomewhere) {
  open();
  int logins = 0;
  for (; logins < 20 && client->state() != SessionState::closed; ++logins) {
    target.accept();
    refuse_login(wire::LoginStatus::target_moved_permanently, address_of(target));
    ASSERT_TRUE(target.sees_the_end());
    ASSERT_TRUE(turn_until([this] { return client->state() != SessionState::logging_in; }));
  }
  EXPECT_EQ(logins, 6) << "the first, and five redirections";
  turn();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().code, 0x0102);
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, ToAPortThatNobodyListensOnIsAFailure) {
  open();
  target.accept();
  refuse_login(wire::LoginStatus::target_moved_temporarily, std::string("TargetAddress=127.0.0.1:1,1\0", 28));
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::unreachable);
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, ToSeveralAddressesLeadsToTheFirstThatAnswers) {
  open();
  target.accept();
  refuse_login(wire::LoginStatus::target_moved_temporarily,
               std::string("TargetAddress=127.0.0.1:1\0TargetAddress=not.a.name.invalid\0", 59) + address_of(other));
  other.log_in();
  ASSERT_TRUE(turn_until([this] { return opened.has_value(); }));
  EXPECT_TRUE(*opened);
  EXPECT_EQ(client->portal(), other.portal());
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, ToManyAddressesIsNotFollowedForEver) {
  open();
  target.accept();
  std::string addresses;
  for (int i = 0; i < 8; ++i) addresses += std::string("TargetAddress=127.0.0.1:1\0", 26);
  refuse_login(wire::LoginStatus::target_moved_temporarily, addresses + address_of(other));
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::unreachable);
  EXPECT_FALSE(other.is_called_within(kMoment));
}

TEST_F(Rfc7143_11_13_5_ClientRedirection, ToNowhereBreaksTheRules) {
  open();
  target.accept();
  refuse_login(wire::LoginStatus::target_moved_temporarily);
  wait_for_the_end();
  ASSERT_TRUE(opened && !*opened);
  EXPECT_EQ(opened->error().kind, ErrorKind::protocol);
}

// ------------------------------------------------------------------------------------------------------ the end

using Rfc7143_4_2_6_Client = Conversation;

//= ledger R7143-4.2.6-01
TEST_F(Rfc7143_4_2_6_Client, ClosesTheTransportAfterTheLogoutResponse) {
  log_in();
  client->log_out();
  const wire::Itt itt = target.next_as<wire::LogoutRequest>().itt;
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
  target.deliver(wire::LogoutResponse::build(target.numbered(wire::LogoutResponse::Fields{.itt = itt})));
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  EXPECT_FALSE(client->failure());
}

TEST_F(Rfc7143_4_2_6_Client, ALostConnectionEndsItsTasks) {
  log_in();
  std::optional<session::TaskResult> ended;
  ASSERT_TRUE(client->submit({.cdb = kTestUnitReady}, [&](session::TaskResult result) { ended = std::move(result); }));
  target.next();
  target.hang_up();
  wait_for_the_end();
  ASSERT_TRUE(ended);
  EXPECT_EQ(std::get<session::TaskFailure>(*ended).fault, session::TaskFault::connection_lost);
  ASSERT_TRUE(client->failure());
  EXPECT_EQ(client->failure()->kind, ErrorKind::connection_lost);
}

// ----------------------------------------------------------------------------------------- asynchronous messages

using Rfc7143_11_9_1_Client = Conversation;

//= ledger R7143-11.9.1-03
TEST_F(Rfc7143_11_9_1_Client, HonoursALogoutRequest) {
  log_in();
  say({.event = wire::AsyncEvent::logout_request, .parameter3 = 20});
  answer_logout();
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  ASSERT_TRUE(client->failure());
  EXPECT_EQ(client->failure()->kind, ErrorKind::connection_lost);
  EXPECT_THAT(events, ElementsAre(HasSubstr("within 20 s")));
}

TEST_F(Rfc7143_11_9_1_Client, EndsTasksBeforeItLogsOut) {
  log_in();
  bool ended = false;
  ASSERT_TRUE(client->submit({.cdb = kTestUnitReady}, [&](const session::TaskResult&) { ended = true; }));
  const wire::Itt itt = target.next().itt();
  say({.event = wire::AsyncEvent::logout_request, .parameter3 = 20});
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
  target.respond(itt);
  answer_logout();
  EXPECT_TRUE(target.sees_the_end());
  EXPECT_TRUE(ended);
}

//= ledger R7143-11.9.1-06
TEST_F(Rfc7143_11_9_1_Client, HonoursANegotiationRequest) {
  log_in();
  ASSERT_EQ(client->negotiated().max_recv_data_segment_length_target, 8192U);
  say({.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5});
  const wire::Itt itt = target.next_as<wire::TextRequest>().itt;
  target.deliver(wire::TextResponse::build(target.numbered(wire::TextResponse::Fields{.itt = itt})),
                 std::string_view("MaxRecvDataSegmentLength=1024\0", 30));
  EXPECT_TRUE(turn_until([this] { return client->negotiated().max_recv_data_segment_length_target == 1024; }));
  EXPECT_EQ(client->state(), SessionState::logged_in);
}

TEST_F(Rfc7143_11_9_1_Client, TellsOfAnEventThatAsksForNothing) {
  log_in();
  say({.event = static_cast<wire::AsyncEvent>(0xff)});
  EXPECT_TRUE(turn_until([this] { return !events.empty(); }));
  EXPECT_EQ(client->state(), SessionState::logged_in);
}

struct Rfc7143_7_5_Client : Conversation, ::testing::WithParamInterface<wire::AsyncEvent> {};

// It comes back only when its owner opens a new session.
//= ledger R7143-7.5-01 R7143-11.9.1-10
TEST_P(Rfc7143_7_5_Client, DoesNotComeBackByItselfAfterADrop) {
  log_in();
  say({.event = GetParam(), .parameter2 = 1, .parameter3 = 0});
  EXPECT_TRUE(target.sees_the_end()) << "and no Logout Request";
  wait_for_the_end();
  EXPECT_FALSE(target.is_called_within(kMoment));
  ASSERT_TRUE(client->failure());
  EXPECT_EQ(client->failure()->kind, ErrorKind::connection_lost);
  EXPECT_THAT(client->failure()->message, HasSubstr("come back after 1 s"));
  EXPECT_THAT(events, ElementsAre(HasSubstr("come back after 1 s")));
}

INSTANTIATE_TEST_SUITE_P(Events, Rfc7143_7_5_Client,
                         ::testing::Values(wire::AsyncEvent::connection_drop, wire::AsyncEvent::session_drop),
                         [](const auto& test) {
                           return test.param == wire::AsyncEvent::session_drop ? "Session" : "Connection";
                         });

}  // namespace
}  // namespace lunway::initiator
