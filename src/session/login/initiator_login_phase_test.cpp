// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The initiator's half of the Login Phase, rule by rule: what is sent and when, what is taken, and what ends it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "session/testing/initiator_login_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/data_in.h"
#include "wire/logout_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_response.h"
#include "wire/task_management_response.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Reason = InitiatorCloseReason;

constexpr std::array<std::byte, 6> kCdb{};

// ------------------------------------------------------------------------------------- nothing but Login PDUs

using Rfc7143_4_2_4_InitiatorLogin = InitiatorLoginLadder;

//= ledger R7143-4.2.4-04
TEST_F(Rfc7143_4_2_4_InitiatorLogin, RequestsOfTheOwnerWaitForItsEnd) {
  ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb}));
  ASSERT_TRUE(rig.session.ping(rig.time, bytes_of("x"), seconds(60)));
  ASSERT_TRUE(rig.session.manage(rig.time, {.function = wire::TaskManagementFunction::target_warm_reset}));
  rig.pump();
  pass_security();  // expects Login Requests
  EXPECT_FALSE(rig.has_sent());
  accept();
  EXPECT_EQ(rig.sent.size(), 3U);
}

//= ledger R7143-4.2.4-06
TEST_F(Rfc7143_4_2_4_InitiatorLogin, ComesOnceInAConnection) {
  pass_security();
  accept();
  // Whatever happens afterwards, up to the end:
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request})));
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::text_request);
  rig.session.log_out();
  rig.pump();
  EXPECT_EQ(rig.next_sent().opcode(), wire::Opcode::logout_request);
  rig.advance(seconds(60));
  EXPECT_FALSE(rig.has_sent());
}

struct Intruder {
  const char* name;
  wire::Header header;
};

struct Rfc7143_4_2_4_InitiatorLoginIntruder : InitiatorLoginLadder, ::testing::WithParamInterface<Intruder> {};

//= ledger R7143-4.2.4-09
TEST_P(Rfc7143_4_2_4_InitiatorLoginIntruder, EndsTheConnectionAtOnce) {
  request();
  rig.deliver(GetParam().header);
  expect_closed(Reason::protocol_error, "during login");
  EXPECT_FALSE(rig.connection.wants_input());
  EXPECT_FALSE(rig.has_sent()) << "not even a Logout Request";
}

//= ledger R7143-4.2.4-09
TEST_P(Rfc7143_4_2_4_InitiatorLoginIntruder, EndsTheConnectionWithItsFirstByte) {
  request();
  rig.deliver_bytes(Bytes(GetParam().header).first(1));
  expect_closed(Reason::protocol_error, "during login");
}

//= ledger R7143-4.2.4-09
TEST_P(Rfc7143_4_2_4_InitiatorLoginIntruder, EndsTheConnectionBetweenTheStagesToo) {
  pass_security();
  rig.cut = Cut::byte_by_byte;
  rig.deliver(GetParam().header);
  expect_closed(Reason::protocol_error, "during login");
}

INSTANTIATE_TEST_SUITE_P(Opcodes, Rfc7143_4_2_4_InitiatorLoginIntruder,
                         ::testing::Values(Intruder{"NopIn", wire::NopIn::build({.ttt = wire::Ttt(1)})},
                                           Intruder{"ScsiResponse", wire::ScsiResponse::build({})},
                                           Intruder{"TaskManagementResponse", wire::TaskManagementResponse::build({})},
                                           Intruder{"TextResponse", wire::TextResponse::build({})},
                                           Intruder{"DataIn", wire::DataIn::build({})},
                                           Intruder{"LogoutResponse", wire::LogoutResponse::build({})},
                                           Intruder{"ReadyToTransfer",
                                                    wire::ReadyToTransfer::build({.ttt = wire::Ttt(1)})},
                                           Intruder{"AsynchronousMessage", wire::AsynchronousMessage::build({})},
                                           Intruder{"Reject", wire::Reject::build({})},
                                           Intruder{"LoginRequest", wire::LoginRequest::build({})}),
                         [](const auto& test) { return std::string(test.param.name); });

// ------------------------------------------------------------------------------------------- the first request

using Rfc7143_6_3_InitiatorFirstRequest = InitiatorLoginLadder;

//= ledger R7143-4.2.7.1-01 R7143-4.2.7.1-04 R7143-6.3-02 R7143-6.3-03 R7143-6.3-04 R7143-4.4.2-01
TEST_F(Rfc7143_6_3_InitiatorFirstRequest, NamesInitiatorAndTarget) {
  request();
  EXPECT_THAT(std::string(last.text()), StartsWith(text_of_pairs("InitiatorName=iqn.2026-11.io.lunway:initiator")));
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("TargetName=iqn.2026-11.io.lunway:disk")));
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("SessionType=Normal")));
}

struct Rfc7143_4_2_7_1_InitiatorDiscovery : InitiatorLoginLadder {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.target_name.clear();
    profile.session_type = text::SessionType::discovery;
    return profile;
  }
  Rfc7143_4_2_7_1_InitiatorDiscovery() : InitiatorLoginLadder(profile()) {}
};

//= ledger R7143-4.2.7.1-01 R7143-4.2.7.1-05 R7143-6.3-02
TEST_F(Rfc7143_4_2_7_1_InitiatorDiscovery, NamesTheInitiatorAndNeedsNoTarget) {
  request();
  EXPECT_THAT(std::string(last.text()), StartsWith(text_of_pairs("InitiatorName=iqn.2026-11.io.lunway:initiator")));
  EXPECT_THAT(std::string(last.text()), HasSubstr(text_of_pairs("SessionType=Discovery")));
  EXPECT_THAT(std::string(last.text()), Not(HasSubstr("TargetName")));
}

using Rfc7143_4_4_2_InitiatorPort = InitiatorLoginLadder;

//= ledger R7143-4.4.2-02
TEST_F(Rfc7143_4_4_2_InitiatorPort, IsTheNameWithOneIsidInAllRequests) {
  const wire::Isid isid = rig.session.profile().isid;
  EXPECT_EQ(request().isid, isid);
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  EXPECT_EQ(offer().isid, isid);
}

/// Logs in and sends the first request of a second connection.
struct SecondConnection : InitiatorLoginLadder {
  SecondConnection() {
    pass_security();
    accept();
    second.emplace(rig.time, rig.session, rig.entropy, wire::Cid(1), InitiatorConnectionLimits{});
    for (const Bytes piece : second->next_transmit(rig.time)) sent += text_of(piece);
    second->transmitted(rig.time, sent.size());
    copy_bytes(header, bytes_of(sent));
  }

  std::optional<InitiatorConnection> second;
  std::string sent;
  wire::Header header{};
};

using Rfc7143_6_3_InitiatorSecondConnection = SecondConnection;
using Rfc7143_4_4_3_InitiatorSecondConnection = SecondConnection;

//= ledger R7143-4.2.7.1-04 R7143-6.3-02 R7143-6.3-04
TEST_F(Rfc7143_6_3_InitiatorSecondConnection, NamesInitiatorAndTargetToo) {
  EXPECT_THAT(sent, HasSubstr(text_of_pairs("InitiatorName=iqn.2026-11.io.lunway:initiator")));
  EXPECT_THAT(sent, HasSubstr(text_of_pairs("TargetName=iqn.2026-11.io.lunway:disk")));
  EXPECT_THAT(sent, Not(HasSubstr("SessionType")));
}

//= ledger R7143-4.4.3-01
TEST_F(Rfc7143_4_4_3_InitiatorSecondConnection, RefersToTheSessionByItsTsih) {
  ASSERT_NE(rig.session.tsih(), wire::kNewSession);
  EXPECT_EQ(wire::LoginRequest(header).tsih(), rig.session.tsih());
}

//= ledger R7143-4.4.3-01
TEST_F(Rfc7143_4_4_3_InitiatorSecondConnection, TakesNoOtherTsihForIt) {
  auto fields = transit(kSecurity, kOperational);
  fields.itt = wire::LoginRequest(header).itt();
  fields.tsih = wire::Tsih(rig.session.tsih().value() + 1);
  const wire::EncodedPdu pdu(wire::LoginResponse::build(rig.numbered(fields)), {}, {});
  for (const Bytes piece : pdu.pieces()) EXPECT_EQ(second->receive(rig.time, piece), piece.size());
  const auto output = second->next_output();
  ASSERT_TRUE(output);
  const auto* close = std::get_if<InitiatorClose>(&*output);
  ASSERT_NE(close, nullptr);
  EXPECT_EQ(close->reason, Reason::protocol_error);
  EXPECT_THAT(close->detail, HasSubstr("TSIH"));
}

// ----------------------------------------------------------------------------------------------- long texts

using Rfc7143_6_1_InitiatorLongLogin = InitiatorLoginLadder;

//= ledger R7143-6.1-04 R7143-6.1-05 R7143-6.2-03
TEST_F(Rfc7143_6_1_InitiatorLongLogin, SixtyFourKibibytesAreTaken) {
  request();
  // TargetAddress may be repeated, and wants no answer.
  std::string text = text_of_pairs("AuthMethod=None");
  while (text.size() < 65'536 - 33) text += text_of_pairs("TargetAddress=10.0.0.1:3260,1");
  for (std::size_t at = 0; at < text.size(); at += 8192) {
    const bool continues = at + 8192 < text.size();
    auto fields = continues ? response(kSecurity) : transit(kSecurity, kOperational);
    fields.flags.continues = continues;
    rig.deliver(wire::LoginResponse::build(rig.numbered(fields)), std::string_view(text).substr(at, 8192));
    ASSERT_EQ(rig.closed(), nullptr) << rig.closed()->detail;
    if (!continues) break;
    request();
    EXPECT_EQ(last.text(), "") << "each part is asked for with an empty request";
  }
  EXPECT_EQ(offer().flags.csg, kOperational);
}

using Rfc7143_6_2_InitiatorLongLogin = InitiatorLoginLadder;

//= ledger R7143-6.2-01
TEST_F(Rfc7143_6_2_InitiatorLongLogin, TheCBitAndTheTBitAreNeverSetTogether) {
  pass_security();
  // T -> I: keys whose answers do not fit into one request
  std::string keys;
  for (int i = 0; i < 250; ++i) keys += "X-com.example.key" + std::to_string(i) + "=1;";
  keys.pop_back();
  deliver(response(kOperational), keys);
  const auto first = request();
  EXPECT_EQ(last.data.size(), 8192U);
  EXPECT_TRUE(first.flags.continues);
  EXPECT_FALSE(first.flags.transit);
  std::string said(last.text());
  deliver(response(kOperational));
  const auto second = request();
  said += last.text();
  EXPECT_FALSE(second.flags.continues);
  EXPECT_TRUE(second.flags.transit);
  EXPECT_TRUE(said.starts_with(text_of_pairs("X-com.example.key0=NotUnderstood")));
  EXPECT_TRUE(said.ends_with(text_of_pairs("X-com.example.key249=NotUnderstood")));
}

// ----------------------------------------------------------------------------------------------- the exchange

using Rfc7143_6_3_InitiatorStages = InitiatorLoginLadder;

//= ledger R7143-6.3-01
TEST_F(Rfc7143_6_3_InitiatorStages, OneRequestIsOutstandingAtATime) {
  request();
  EXPECT_FALSE(rig.has_sent());
  rig.advance(seconds(5));
  EXPECT_FALSE(rig.has_sent());
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  offer();
  EXPECT_FALSE(rig.has_sent());
}

//= ledger R7143-6.3-05 R7143-6.3-06 R7143-6.3-08 R7143-6.3-15 R7143-6.3.3-01 R7143-6.3.3-03 R7143-6.2-04
//= ledger R7143-6.3-19
TEST_F(Rfc7143_6_3_InitiatorStages, SecurityComesFirstAndTheTBitEndsEach) {
  EXPECT_EQ(request().flags, (wire::LoginFlags{.transit = true, .csg = kSecurity, .nsg = kOperational}));
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  EXPECT_EQ(offer().flags, (wire::LoginFlags{.transit = true, .csg = kOperational, .nsg = kFullFeature}));
  EXPECT_NE(offers, "") << "no empty request when nobody asked for one";
  accept();
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

//= ledger R7143-6.3.3-02 R7143-6.3.3-05 R7143-6.2-23
TEST_F(Rfc7143_6_3_InitiatorStages, TheTBitStaysUntilTheTargetAgrees) {
  pass_security();
  for (int exchange = 0; exchange < 8; ++exchange) {
    deliver(response(kOperational));
    EXPECT_TRUE(request().flags.transit);
    EXPECT_EQ(last.text(), "");
  }
  accept();
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

//= ledger R7143-6.3.3-05
TEST_F(Rfc7143_6_3_InitiatorStages, TheTBitStaysWhileTheTargetsTextContinues) {
  pass_security();
  auto part = response(kOperational);
  part.flags.continues = true;
  rig.deliver(wire::LoginResponse::build(rig.numbered(part)), std::string_view("TargetAl"));
  EXPECT_TRUE(request().flags.transit);
  rig.deliver(wire::LoginResponse::build(rig.numbered(transit(kOperational, kFullFeature))),
              std::string_view(text_of_pairs("ias=disk") + InitiatorRig::agree(offers, "")));
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

//= ledger R7143-6.3-15
TEST_F(Rfc7143_6_3_InitiatorStages, AnEndThatWasNotAskedForEndsTheConnection) {
  // The request says: next is the operational stage.
  request();
  deliver(transit(kSecurity, kFullFeature), "AuthMethod=None");
  expect_closed(Reason::protocol_error, "NSG");
}

//= ledger R7143-6.3-15
TEST_F(Rfc7143_6_3_InitiatorStages, AFinalResponseToAPartOfTheTextEndsTheConnection) {
  pass_security();
  std::string keys;
  for (int i = 0; i < 250; ++i) keys += "X-com.example.key" + std::to_string(i) + "=1;";
  keys.pop_back();
  deliver(response(kOperational), keys);
  EXPECT_FALSE(request().flags.transit);
  accept();
  expect_closed(Reason::protocol_error, "T bit");
}

// ------------------------------------------------------------------------------------------------------- keys

using Rfc7143_6_3_InitiatorKeys = InitiatorLoginLadder;
using Rfc7143_6_2_InitiatorKeys = InitiatorLoginLadder;

//= ledger R7143-6.3-16 R7143-6.3-18
TEST_F(Rfc7143_6_3_InitiatorKeys, ARepeatedAnswerEndsTheConnection) {
  pass_security();
  deliver(response(kOperational), "MaxBurstLength=4096");
  request();
  deliver(response(kOperational), "MaxBurstLength=4096");
  expect_closed(Reason::protocol_error, "MaxBurstLength");
}

//= ledger R7143-6.3-16 R7143-6.3-18
TEST_F(Rfc7143_6_3_InitiatorKeys, ARepeatedDeclarationEndsTheConnection) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None;TargetAlias=disk");
  offer();
  deliver(response(kOperational), "TargetAlias=disk");
  expect_closed(Reason::protocol_error, "TargetAlias");
}

//= ledger R7143-6.3-11
TEST_F(Rfc7143_6_3_InitiatorKeys, AKeyOfTheOtherStageEndsTheConnection) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None;MaxBurstLength=4096");
  expect_closed(Reason::protocol_error, "MaxBurstLength");
}

//= ledger R7143-6.2-19 R7143-6.2-11
TEST_F(Rfc7143_6_2_InitiatorKeys, AFailedNegotiationLeavesNothingBehind) {
  pass_security();
  deliver(response(kOperational), "MaxBurstLength=4096;MaxRecvDataSegmentLength=4096");
  request();
  deliver(response(kOperational), "DefaultTime2Wait=NotUnderstood");
  expect_closed(Reason::protocol_error, "DefaultTime2Wait");
  EXPECT_EQ(rig.session.parameters(), text::SessionParameters{});
  EXPECT_EQ(rig.connection.parameters().peer_max_recv_data_segment_length, 8192U);
}

//= ledger R7143-6.2-22
TEST_F(Rfc7143_6_2_InitiatorKeys, ANegotiationWithoutAnEndIsEnded) {
  pass_security();
  for (int i = 0; i < 100 && rig.closed() == nullptr; ++i) deliver(response(kOperational));
  expect_closed(Reason::protocol_error, "more Login Responses");
}

struct Rfc7143_6_3_InitiatorSecurity : InitiatorLoginLadder {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.chap = text::ChapAccount{.name = "app", .secret = text::ChapSecret("a secret of the app")};
    return profile;
  }
  Rfc7143_6_3_InitiatorSecurity() : InitiatorLoginLadder(profile()) {}
};

//= ledger R7143-6.3-09 R7143-6.3-10
TEST_F(Rfc7143_6_3_InitiatorSecurity, KeysOfTheMethodAfterItsStageEndTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=None");
  request();
  deliver(transit(kSecurity, kOperational));
  offer();
  for (const char* key : {"AuthMethod", "CHAP_"}) EXPECT_THAT(offers, Not(HasSubstr(key)));
  deliver(response(kOperational), "CHAP_A=5");
  expect_closed(Reason::protocol_error, "CHAP_A");
}

//= ledger R7143-6.3-09
TEST_F(Rfc7143_6_3_InitiatorSecurity, TheStageIsNotLeftInTheMiddleOfAMethod) {
  EXPECT_FALSE(request().flags.transit);
  deliver(response(kSecurity), "AuthMethod=CHAP");
  EXPECT_FALSE(request().flags.transit);
  // T -> I: the next stage, with its half of CHAP not said
  deliver(transit(kSecurity, kOperational));
  expect_closed(Reason::protocol_error, "T bit");
}

//= ledger R7143-6.3.2-06
TEST_F(Rfc7143_6_3_InitiatorSecurity, AFailureEndsTheConnection) {
  request();
  deliver(response(kSecurity), "AuthMethod=Reject");
  expect_closed(Reason::authentication_failed);
  EXPECT_FALSE(rig.has_sent());
}

// ------------------------------------------------------------------------------------------------ reinstatement

//= ledger R7143-6.3.5-01 R7143-7.15-01
TEST(Rfc7143_6_3_5_InitiatorReinstatement, IsALoginWithTheSameIsidAndTsihZero) {
  InitiatorRig old;
  old.log_in();
  EXPECT_NE(old.session.tsih(), wire::kNewSession);
  old.connection.transport_ended(old.time);
  old.pump();
  EXPECT_EQ(old.connection.state(), InitiatorConnectionState::cleanup_wait);
  EXPECT_EQ(old.session.state(), InitiatorSessionState::failed);

  InitiatorRig next(old.session.profile());
  const auto request = next.next_sent().as<wire::LoginRequest>();
  EXPECT_EQ(request.isid, old.session.profile().isid);
  EXPECT_EQ(request.tsih, wire::kNewSession);
}

}  // namespace
}  // namespace lunway::session
