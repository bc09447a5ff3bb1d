// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a session ends at a target, as ladders: Logout, reinstatement, the target's own wish.
//= rfc7143#11.14
//= rfc7143#11.15
//= rfc7143#4.2.6

#include <gtest/gtest.h>

#include <array>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using wire::LogoutReason;
using wire::LogoutResponseCode;

class TargetLogoutLadder : public ::testing::Test {
 protected:
  TargetLogoutLadder() { log_in(rig); }

  /// I -> T an immediate Logout.
  void log_out(LogoutReason reason, wire::Cid cid = wire::Cid(3)) {
    rig.send(wire::LogoutRequest::build({.immediate = true, .reason = reason, .itt = wire::Itt(90), .cid = cid}));
  }

  void expect_response(LogoutResponseCode code) {
    const auto pdu = rig.receive();
    EXPECT_THAT(pdu, Is<wire::LogoutResponse>(With(&wire::LogoutResponse::Fields::response, code),
                                              With(&wire::LogoutResponse::Fields::itt, wire::Itt(90))));
    if (!pdu) return;
    EXPECT_EQ(wire::BasicHeader(wire::HeaderView(pdu->header)).total_ahs_length(), 0U);
    EXPECT_TRUE(pdu->data.empty());
  }

  TargetRig rig;
};

using Rfc7143_4_2_6_TargetTermination = TargetLogoutLadder;
using Rfc7143_6_3_5_TargetReinstatement = TargetLogoutLadder;
using Rfc7143_8_3_TargetSession = TargetLogoutLadder;
using Rfc7143_11_14_TargetLogoutRequest = TargetLogoutLadder;
using Rfc7143_11_15_TargetLogoutResponse = TargetLogoutLadder;

//= ledger R7143-11.14-04 R7143-11.15-01 R7143-11.15.2-01 R7143-7.6-01
TEST(Rfc7143_11_14_TargetPendingCommands, AreTerminatedWithoutAResponse) {
  for (const LogoutReason reason : {LogoutReason::close_session, LogoutReason::close_connection}) {
    TargetRig rig;
    log_in(rig);
    rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
    rig.send(wire::ScsiCommand::build(write_fields(2, 101, 4096)));
    const auto running = rig.take<Submit>();
    const auto writing = rig.take<Submit>();
    // Behind a gap of the CmdSN order: never delivered.
    rig.send(wire::ScsiCommand::build(read_fields(3, 103, 512)));
    rig.send(
        wire::LogoutRequest::build({.immediate = true, .reason = reason, .itt = wire::Itt(90), .cid = wire::Cid(3)}));
    rig.aborted(running->task);
    rig.aborted(writing->task);
    const auto answer = rig.receive();
    EXPECT_THAT(answer,
                Is<wire::LogoutResponse>(With(&wire::LogoutResponse::Fields::response, LogoutResponseCode::closed)));
    EXPECT_TRUE(rig.target_is_silent()) << "no additional responses";
    EXPECT_TRUE(rig.closed);
    while (!rig.asked.empty()) {
      EXPECT_FALSE(rig.take<Submit>()) << "the command behind the gap";
      if (!rig.asked.empty()) rig.asked.pop_front();
    }
  }
}

//= ledger R7143-11.14.3-01 R7143-11.15-01
TEST_F(Rfc7143_11_14_TargetLogoutRequest, ForTheSessionLooksAtNoCid) {
  log_out(LogoutReason::close_session, wire::Cid(55));
  expect_response(LogoutResponseCode::closed);
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-11.14.3-01 R7143-11.15.1-01 R7143-11.15.2-01
TEST_F(Rfc7143_11_15_TargetLogoutResponse, ForAConnectionNeedsItsCid) {
  log_out(LogoutReason::close_connection, wire::Cid(55));
  expect_response(LogoutResponseCode::cid_not_found);
  log_out(LogoutReason::remove_for_recovery, wire::Cid(55));
  expect_response(LogoutResponseCode::cid_not_found);
  log_out(LogoutReason::remove_for_recovery);
  expect_response(LogoutResponseCode::recovery_not_supported);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  EXPECT_TRUE(rig.take<Submit>()) << "the session goes on as before";
  EXPECT_FALSE(rig.closed);
}

//= ledger R7143-11.15-01 R7143-4.2.6-01
TEST_F(Rfc7143_11_15_TargetLogoutResponse, TheConnectionClosesWhenTheResponseIsSentAndNotBefore) {
  log_out(LogoutReason::close_connection);
  EXPECT_FALSE(rig.closed);
  expect_response(LogoutResponseCode::closed);
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-4.2.6-02 R7143-4.2.6-03
TEST_F(Rfc7143_4_2_6_TargetTermination, IsAnnouncedByAnAsynchronousMessage) {
  rig.connection->drop(rig.now);
  rig.drain();
  EXPECT_FALSE(rig.closed) << "the message comes first";
  EXPECT_THAT(rig.receive(), Is<wire::AsynchronousMessage>(
                                 With(&wire::AsynchronousMessage::Fields::event, wire::AsyncEvent::connection_drop),
                                 With(&wire::AsynchronousMessage::Fields::parameter1, 3)));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-6.3.5-03
TEST_F(Rfc7143_6_3_5_TargetReinstatement, EndsTheOldTasksWithoutNotice) {
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  rig.send(wire::ScsiCommand::build(write_fields(2, 101, 4096)));
  const auto read = rig.take<Submit>();
  const auto write = rig.take<Submit>();
  rig.session->close();
  rig.drain();
  EXPECT_TRUE(rig.closed);
  EXPECT_FALSE(rig.receive()) << "not a word to the initiator";
  EXPECT_EQ(rig.take<Abort>()->task, read->task);
  EXPECT_EQ(rig.take<Abort>()->task, write->task);
  rig.destroy_connection();
  EXPECT_FALSE(rig.take<SessionEnded>()) << "its tasks still touch data";
  rig.session->aborted(read->task);
  rig.session->aborted(write->task);
  rig.drain();
  EXPECT_TRUE(rig.take<Release>() && rig.take<Release>());
  EXPECT_EQ(rig.take<SessionEnded>()->reason, SessionEnded::Reason::closed) << "now the new session may begin";
}

//= ledger R7143-8.3-01
TEST_F(Rfc7143_8_3_TargetSession, IsFreeWhenItHasBeenWithoutAConnectionForTooLong) {
  rig.connection->peer_closed(rig.now);
  rig.drain();
  rig.destroy_connection();
  // DefaultTime2Wait=2, DefaultTime2Retain=20.
  rig.advance(std::chrono::milliseconds(21'999));
  EXPECT_FALSE(rig.take<SessionEnded>());
  EXPECT_TRUE(rig.session->has_failed());
  rig.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(rig.take<SessionEnded>()->reason, SessionEnded::Reason::connection_lost);
}

//= rfc7143#13.16
TEST(Rfc7143_13_16_TargetTime2Retain, ZeroDiscardsAtOnce) {
  TargetRig rig;
  log_in(rig, {"DefaultTime2Retain=0"});
  rig.connection->peer_closed(rig.now);
  rig.drain();
  rig.destroy_connection();
  EXPECT_EQ(rig.take<SessionEnded>()->reason, SessionEnded::Reason::connection_lost);
}

}  // namespace
}  // namespace lunway::session::testing
