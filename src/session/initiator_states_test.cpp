// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The transitions of chapter 8 as an initiator's connection and session go through them. T8 and T18 need a second
// connection; T1 and T2 are over before the engine begins.

#include <gtest/gtest.h>

#include "session/testing/full_feature_ladder.h"
#include "session/testing/initiator_login_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/reject.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;
using Connection = InitiatorConnectionState;
using Session = InitiatorSessionState;

struct States : FullFeature {
  /// T -> I: an Async Message
  void say(wire::AsyncEvent event, std::uint16_t parameter3 = 0) {
    rig.deliver(wire::AsynchronousMessage::build(
        rig.numbered(wire::AsynchronousMessage::Fields{.event = event, .parameter3 = parameter3})));
  }
  /// Up to LOGOUT_REQUESTED: a command is under way, and the target wants to be left.
  void be_asked_to_leave() {
    rig.log_in();
    submit({}, {});
    command = sent<wire::ScsiCommand>().itt;
    say(wire::AsyncEvent::logout_request, 20);
    EXPECT_EQ(rig.connection.state(), Connection::logout_requested);
  }
  /// Up to IN_LOGOUT.
  void begin_logout() {
    rig.log_in();
    rig.session.log_out();
    rig.pump();
    logout = sent<wire::LogoutRequest>().itt;
    EXPECT_EQ(rig.connection.state(), Connection::in_logout);
  }
  void answer_logout(wire::LogoutResponseCode response) {
    rig.deliver(
        wire::LogoutResponse::build(rig.numbered(wire::LogoutResponse::Fields{.response = response, .itt = logout})));
  }
  /// The connection is given up; with the transport the session fails, and nothing is sent any more.
  void expect_cleanup(InitiatorCloseReason reason) {
    ASSERT_NE(rig.closed(), nullptr);
    EXPECT_EQ(rig.closed()->reason, reason) << rig.closed()->detail;
    EXPECT_EQ(rig.connection.state(), Connection::cleanup_wait);
    rig.connection.transport_ended(rig.time);
    rig.pump();
    EXPECT_EQ(rig.session.state(), Session::failed);
    EXPECT_FALSE(rig.has_sent());
  }
  void lose_transport() {
    rig.connection.transport_ended(rig.time);
    rig.pump();
  }

  wire::Itt command, logout;
};

// ------------------------------------------------------------------------------------------------------- login

using Rfc7143_8_1_InitiatorLoginStates = InitiatorLoginLadder;

TEST_F(Rfc7143_8_1_InitiatorLoginStates, T5LeadsToLoggedIn) {
  EXPECT_EQ(rig.connection.state(), Connection::in_login);
  EXPECT_EQ(rig.session.state(), Session::free);
  pass_security();
  EXPECT_EQ(rig.connection.state(), Connection::in_login);
  accept();
  EXPECT_EQ(rig.connection.state(), Connection::logged_in);
  EXPECT_EQ(rig.session.state(), Session::logged_in);
}

TEST_F(Rfc7143_8_1_InitiatorLoginStates, T7ComesOfARefusal) {
  request();
  auto fields = response(kSecurity);
  fields.status = wire::LoginStatus::not_found;
  deliver(fields);
  expect_closed(InitiatorCloseReason::login_refused);
  rig.connection.transport_ended(rig.time);
  EXPECT_EQ(rig.session.state(), Session::free);
}

TEST_F(Rfc7143_8_1_InitiatorLoginStates, T7ComesOfALoginThatTakesTooLong) {
  rig.advance(seconds(15));
  expect_closed(InitiatorCloseReason::login_timed_out);
}

TEST_F(Rfc7143_8_1_InitiatorLoginStates, T7ComesOfALostTransport) {
  rig.connection.transport_ended(rig.time);
  rig.pump();
  expect_closed(InitiatorCloseReason::transport_ended);
  EXPECT_EQ(rig.session.state(), Session::free);
}

// ------------------------------------------------------------------------------------------------------ logout

using Rfc7143_8_1_2_InitiatorStates = States;

TEST_F(Rfc7143_8_1_2_InitiatorStates, T9AndT13AreALogout) {
  begin_logout();
  answer_logout(wire::LogoutResponseCode::closed);
  EXPECT_EQ(rig.connection.state(), Connection::free);
  rig.connection.transport_ended(rig.time);
  EXPECT_EQ(rig.session.state(), Session::free);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T10T11AndT12AreALogoutThatTheTargetAsksFor) {
  be_asked_to_leave();
  say(wire::AsyncEvent::logout_request, 20);
  EXPECT_EQ(rig.connection.state(), Connection::logout_requested);
  respond(command);
  logout = sent<wire::LogoutRequest>().itt;
  EXPECT_EQ(rig.connection.state(), Connection::in_logout);
  answer_logout(wire::LogoutResponseCode::closed);
  EXPECT_EQ(rig.connection.state(), Connection::free);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T14IsAWishThatIsBeingFulfilled) {
  begin_logout();
  say(wire::AsyncEvent::logout_request, 20);
  EXPECT_EQ(rig.connection.state(), Connection::in_logout);
  EXPECT_FALSE(rig.has_sent()) << "one Logout Request is enough";
  answer_logout(wire::LogoutResponseCode::closed);
  EXPECT_EQ(rig.connection.state(), Connection::free);
}

//= ledger R7143-8.1.2-04
TEST_F(Rfc7143_8_1_2_InitiatorStates, T17ComesOfALogoutThatFails) {
  begin_logout();
  answer_logout(wire::LogoutResponseCode::cleanup_failed);
  expect_cleanup(InitiatorCloseReason::logout_failed);
}

//= ledger R7143-8.1.2-04
TEST_F(Rfc7143_8_1_2_InitiatorStates, T17ComesOfALogoutThatIsRejected) {
  begin_logout();
  const wire::Header rejected = last.header;
  rig.deliver(
      wire::Reject::build(rig.numbered(wire::Reject::Fields{.reason = wire::RejectReason::command_not_supported})),
      Bytes(rejected));
  expect_cleanup(InitiatorCloseReason::logout_failed);
}

//= ledger R7143-8.1.2-04
TEST_F(Rfc7143_8_1_2_InitiatorStates, T17ComesOfALogoutWithoutAnAnswer) {
  begin_logout();
  rig.advance(seconds(10));
  expect_cleanup(InitiatorCloseReason::logout_failed);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T17ComesOfADrop) {
  begin_logout();
  say(wire::AsyncEvent::session_drop);
  expect_cleanup(InitiatorCloseReason::target_dropped);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T17ComesOfALostTransport) {
  begin_logout();
  lose_transport();
  expect_cleanup(InitiatorCloseReason::transport_ended);
}

// ------------------------------------------------------------------------------------------------------- losses

TEST_F(Rfc7143_8_1_2_InitiatorStates, T15ComesOfADrop) {
  rig.log_in();
  say(wire::AsyncEvent::session_drop);
  expect_cleanup(InitiatorCloseReason::target_dropped);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T15ComesOfALostTransport) {
  rig.log_in();
  lose_transport();
  expect_cleanup(InitiatorCloseReason::transport_ended);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T16ComesOfADropBeforeTheLogout) {
  be_asked_to_leave();
  say(wire::AsyncEvent::connection_drop);
  expect_cleanup(InitiatorCloseReason::target_dropped);
}

TEST_F(Rfc7143_8_1_2_InitiatorStates, T16ComesOfALostTransportBeforeTheLogout) {
  be_asked_to_leave();
  lose_transport();
  expect_cleanup(InitiatorCloseReason::transport_ended);
}

}  // namespace
}  // namespace lunway::session
