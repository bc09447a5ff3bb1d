// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The end of sessions and connections as ladders, with one connection and with two.
//= rfc7143#11.14
//= rfc7143#11.15

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/full_feature_ladder.h"
#include "session/testing/second_connection.h"
#include "wire/asynchronous_message.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

using Rfc7143_11_14_InitiatorLogoutRequest = FullFeature;
using Rfc7143_11_15_InitiatorLogoutResponse = FullFeature;

//= ledger R7143-11.14-02
TEST_F(Rfc7143_11_14_InitiatorLogoutRequest, IsTheLastRequestOfItsConnection) {
  rig.log_in();
  rig.session.log_out();
  rig.pump();
  sent<wire::LogoutRequest>();
  // Nothing of ours, and no answer to the target's ping either.
  EXPECT_FALSE(rig.session.submit(rig.time, {.cdb = kCdb}));
  EXPECT_FALSE(rig.session.ping(rig.time, {}, seconds(5)));
  EXPECT_FALSE(rig.session.send_targets(rig.time, "", seconds(5)));
  rig.deliver(wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(42), .stat_sn = rig.stat_sn})));
  rig.deliver(wire::AsynchronousMessage::build(rig.numbered(
      wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5})));
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_FALSE(rig.has_sent());
}

//= ledger R7143-11.14.2-01
TEST_F(Rfc7143_11_14_InitiatorLogoutRequest, HasNeitherAdditionalHeadersNorData) {
  rig.log_in();
  rig.session.log_out();
  rig.pump();
  sent<wire::LogoutRequest>();
  EXPECT_EQ(last.header[4], std::byte{0}) << "TotalAHSLength";
  EXPECT_EQ(wire::BasicHeader(last.header).data_segment_length(), 0U);
  EXPECT_TRUE(last.ahs.empty());
  EXPECT_TRUE(last.data.empty());
}

//= ledger R7143-11.14-06 R7143-11.15-01
TEST_F(Rfc7143_11_15_InitiatorLogoutResponse, ClosesTheConnectionWhateverItSays) {
  for (const auto code : {wire::LogoutResponseCode::closed, wire::LogoutResponseCode::cid_not_found,
                          wire::LogoutResponseCode::recovery_not_supported, wire::LogoutResponseCode::cleanup_failed}) {
    InitiatorRig other;
    other.log_in();
    other.session.log_out();
    other.pump();
    const wire::Itt itt = other.next_sent().itt();
    other.deliver(
        wire::LogoutResponse::build(other.numbered(wire::LogoutResponse::Fields{.response = code, .itt = itt})));
    ASSERT_NE(other.closed(), nullptr);
    const bool closed = code == wire::LogoutResponseCode::closed;
    EXPECT_EQ(other.closed()->reason, closed ? InitiatorCloseReason::logged_out : InitiatorCloseReason::logout_failed);
    EXPECT_FALSE(other.connection.wants_input());
    EXPECT_TRUE(other.connection.next_transmit(other.time).empty());
  }
}

// --------------------------------------------------------------------------------------------------- two connections

struct TwoConnections : ::testing::Test {
  TwoConnections() : rig(SecondConnection::profile()) {
    rig.log_in();
    second.emplace(rig);
    second->log_in();
    EXPECT_EQ(second->connection.state(), InitiatorConnectionState::logged_in);
  }

  wire::LogoutRequest::Fields logout_of(const SentPdu& pdu) {
    EXPECT_EQ(pdu.opcode(), wire::Opcode::logout_request);
    return wire::LogoutRequest(pdu.header).fields();
  }

  InitiatorRig rig;
  std::optional<SecondConnection> second;
};

using Rfc7143_11_14_InitiatorSessionLogout = TwoConnections;
using Rfc7143_11_15_InitiatorSessionLogout = TwoConnections;

//= ledger R7143-11.14-01 R7143-11.14-03
TEST_F(Rfc7143_11_14_InitiatorSessionLogout, SilencesTheOtherConnectionToo) {
  rig.session.log_out();
  rig.pump();
  EXPECT_EQ(logout_of(rig.next_sent()).reason, wire::LogoutReason::close_session);
  // T -> I on the other connection: a ping that wants an answer
  second->deliver(wire::NopIn::build, wire::NopIn::Fields{.ttt = wire::Ttt(42)});
  EXPECT_TRUE(second->sent().empty());
  EXPECT_EQ(second->closed(), nullptr);
}

//= ledger R7143-11.15-01
TEST_F(Rfc7143_11_15_InitiatorSessionLogout, ClosesAllConnections) {
  rig.session.log_out();
  rig.pump();
  const wire::Itt itt = rig.next_sent().itt();
  rig.deliver(wire::LogoutResponse::build(rig.numbered(wire::LogoutResponse::Fields{.itt = itt})));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_TRUE(second->sent().empty());
  ASSERT_NE(second->closed(), nullptr);
  EXPECT_EQ(second->closed()->reason, InitiatorCloseReason::logged_out);
  EXPECT_EQ(second->connection.state(), InitiatorConnectionState::free);
  rig.connection.transport_ended(rig.time);
  second->connection.transport_ended(rig.time);
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::free);
}

TEST_F(Rfc7143_11_15_InitiatorSessionLogout, IsTriedOnTheOtherConnectionWhenItFailed) {
  rig.session.log_out();
  rig.pump();
  EXPECT_TRUE(second->sent().empty());
  rig.connection.transport_ended(rig.time);
  const std::vector<SentPdu> sent = second->sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(logout_of(sent[0]).reason, wire::LogoutReason::close_session);
}

//= ledger R7143-11.14-01
TEST_F(Rfc7143_11_14_InitiatorSessionLogout, OneOfSeveralConnectionsLeavesAlone) {
  // T -> I: log this connection out
  second->deliver(wire::AsynchronousMessage::build,
                  wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 20});
  const std::vector<SentPdu> sent = second->sent();
  ASSERT_EQ(sent.size(), 1U);
  const auto logout = logout_of(sent[0]);
  EXPECT_EQ(logout.reason, wire::LogoutReason::close_connection);
  EXPECT_EQ(logout.cid, kSecondCid);
  second->deliver(wire::LogoutResponse::build, wire::LogoutResponse::Fields{.itt = logout.itt});
  ASSERT_NE(second->closed(), nullptr);
  second->connection.transport_ended(rig.time);
  // The session goes on.
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::logged_in);
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb}));
  rig.pump();
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::scsi_command);
}

}  // namespace
}  // namespace lunway::session
