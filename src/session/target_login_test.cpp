// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Phase at a target, as ladders.
//= rfc7143#6.3

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;

using Login = wire::LoginResponse::Fields;
using wire::LoginStatus;

wire::Header login(wire::LoginFlags flags) { return wire::LoginRequest::build(login_fields(flags)); }

wire::LoginFlags stay(wire::LoginStage csg) {
  wire::LoginFlags flags;
  flags.csg = csg;
  return flags;
}

/// The login ends with `status`, and the connection closes once that is sent.
void expect_refusal(TargetRig& rig, LoginStatus status) {
  EXPECT_FALSE(rig.closed) << "the answer comes first";
  EXPECT_THAT(rig.receive(), Is<wire::LoginResponse>(With(&Login::status, status)));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::login_refused);
  EXPECT_FALSE(rig.logged_in);
}

TEST(Rfc7143_6_3_TargetLogin, OneRequestMayDoItAll) {
  TargetRig rig;
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names({"MaxBurstLength=65536"})));
  const auto response = rig.receive();
  EXPECT_THAT(response, Is<wire::LoginResponse>(With(&Login::status, LoginStatus::success),
                                                With(&Login::flags, Eq(from_to(kOperational, kFullFeature))),
                                                With(&Login::tsih, wire::Tsih(7)), With(&Login::itt, kLoginTag),
                                                With(&Login::stat_sn, wire::StatSN(0)),
                                                With(&Login::exp_cmd_sn, wire::CmdSN(100))));
  EXPECT_THAT(response->text(), AllOf(HasSubstr("TargetPortalGroupTag=1"), HasSubstr("MaxBurstLength=65536")));
  EXPECT_TRUE(rig.logged_in);
  ASSERT_TRUE(rig.requested);
  EXPECT_EQ(rig.requested->initiator_name.text(), kInitiatorName);
  EXPECT_EQ(rig.requested->target_name->text(), kTargetName);
  EXPECT_EQ(rig.requested->session.max_burst_length, 65536U);
  EXPECT_EQ(rig.requested->cid, wire::Cid(3));
}

TEST(Rfc7143_6_3_TargetLogin, WalksThroughBothStages) {
  TargetRig rig;
  rig.send(login(from_to(kSecurity, kOperational)), bytes_of(names({"AuthMethod=CHAP,None"})));
  const auto first = rig.receive();
  EXPECT_THAT(first, Is<wire::LoginResponse>(With(&Login::flags, Eq(from_to(kSecurity, kOperational))),
                                             With(&Login::tsih, wire::kNewSession)));
  EXPECT_THAT(first->text(), AllOf(HasSubstr("AuthMethod=None"), HasSubstr("TargetPortalGroupTag=1")));
  rig.send(login(stay(kOperational)), bytes_of(text_pairs({"HeaderDigest=None"})));
  const auto second = rig.receive();
  EXPECT_THAT(second, Is<wire::LoginResponse>(With(&Login::flags, Eq(stay(kOperational))),
                                              With(&Login::stat_sn, wire::StatSN(1))));
  EXPECT_THAT(second->text(), Not(HasSubstr("TargetPortalGroupTag"))) << "once is enough";
  rig.send(login(from_to(kOperational, kFullFeature)));
  EXPECT_THAT(rig.receive(), Is<wire::LoginResponse>(With(&Login::flags, Eq(from_to(kOperational, kFullFeature)))));
  EXPECT_TRUE(rig.logged_in);
}

TEST(Rfc7143_6_3_TargetLogin, MayEndInTheSecurityStage) {
  TargetRig rig;
  rig.send(login(from_to(kSecurity, kFullFeature)), bytes_of(names({"AuthMethod=None"})));
  EXPECT_THAT(rig.receive(), Is<wire::LoginResponse>(With(&Login::flags, Eq(from_to(kSecurity, kFullFeature))),
                                                     With(&Login::tsih, wire::Tsih(7))));
  EXPECT_TRUE(rig.logged_in);
}

TEST(Rfc7143_6_3_TargetLogin, TextMayBeCutAnywhereByTheCBit) {
  TargetRig rig;
  const std::string text = names({"MaxBurstLength=65536"});
  wire::LoginFlags more = stay(kOperational);
  more.continues = true;
  for (const std::size_t cut : {std::size_t{5}, std::size_t{40}}) {
    const std::size_t from = cut == 5 ? 0 : 5;
    rig.send(login(more), bytes_of(text.substr(from, cut - from)));
    const auto pause = rig.receive();
    EXPECT_THAT(pause, Is<wire::LoginResponse>(With(&Login::flags, Eq(stay(kOperational)))));
    EXPECT_TRUE(pause->data.empty());
  }
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(text.substr(40)));
  EXPECT_THAT(rig.receive()->text(), HasSubstr("TargetPortalGroupTag=1"));
  EXPECT_TRUE(rig.logged_in);
}

TEST(Rfc7143_6_3_TargetLogin, WithoutInitiatorNameAParameterIsMissing) {
  TargetRig rig;
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(text_pairs({"TargetName=iqn.2026-11.io.lunway:disk"})));
  expect_refusal(rig, LoginStatus::missing_parameter);
}

TEST(Rfc7143_6_3_TargetLogin, WithoutTargetNameAParameterIsMissing) {
  TargetRig rig;
  rig.send(login(from_to(kOperational, kFullFeature)),
           bytes_of(text_pairs({"InitiatorName=iqn.2026-11.io.lunway:initiator"})));
  expect_refusal(rig, LoginStatus::missing_parameter);
}

TEST(Rfc7143_6_3_1_TargetLogin, TheDirectorysRefusalIsPassedOn) {
  TargetRig rig;
  rig.directory.refusal = LoginRefusal{.status = LoginStatus::authorization_failure};
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names()));
  expect_refusal(rig, LoginStatus::authorization_failure);
}

TEST(Rfc7143_6_3_1_TargetLogin, AConnectionForNoSessionIsRefused) {
  TargetRig rig;
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.tsih = wire::Tsih(99);
  rig.send(wire::LoginRequest::build(fields), bytes_of(names()));
  expect_refusal(rig, LoginStatus::session_does_not_exist);
}

TEST(Rfc7143_11_13_5_TargetLogin, ARedirectionSaysWhereTo) {
  TargetRig rig;
  rig.directory.refusal = LoginRefusal{.status = LoginStatus::target_moved_temporarily,
                                       .target_addresses = {{.host = "192.0.2.9", .portal_group_tag = {}}}};
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names()));
  const auto response = rig.receive();
  EXPECT_THAT(response, Is<wire::LoginResponse>(With(&Login::status, LoginStatus::target_moved_temporarily)));
  EXPECT_THAT(response->text(), HasSubstr("TargetAddress=192.0.2.9:3260"));
}

TEST(Rfc7143_6_3_1_TargetLogin, ATargetThatWantsChapRefusesToSkipSecurity) {
  TargetRig rig;
  rig.directory.policy.chap.emplace();
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names()));
  expect_refusal(rig, LoginStatus::authentication_failure);
}

TEST(Rfc7143_12_1_TargetLogin, NoneIsNoMethodForATargetThatWantsChap) {
  TargetRig rig;
  rig.directory.policy.chap.emplace();
  rig.send(login(from_to(kSecurity, kOperational)), bytes_of(names({"AuthMethod=None"})));
  expect_refusal(rig, LoginStatus::authentication_failure);
}

TEST(Rfc7143_12_1_TargetLogin, LeavingTheStageWithoutAnyMethodIsRefused) {
  TargetRig rig;
  rig.directory.policy.chap.emplace();
  rig.send(login(from_to(kSecurity, kFullFeature)), bytes_of(names()));
  expect_refusal(rig, LoginStatus::authentication_failure);
}

//= ledger R7143-6.3-16 R7143-6.3-17
TEST(Rfc7143_6_3_TargetLogin, AKeyTwiceEndsTheLogin) {
  TargetRig rig;
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names({"MaxBurstLength=512", "MaxBurstLength=512"})));
  expect_refusal(rig, LoginStatus::initiator_error);
}

TEST(Rfc7143_6_3_TargetLogin, AnotherStageThanTheCurrentOneEndsTheLogin) {
  TargetRig rig;
  rig.send(login(stay(kSecurity)), bytes_of(names()));
  EXPECT_TRUE(rig.receive());
  rig.send(login(stay(kOperational)));
  expect_refusal(rig, LoginStatus::initiator_error);
}

TEST(Rfc7143_11_12_TargetLogin, ACidThatChangesEndsTheLogin) {
  TargetRig rig;
  rig.send(login(stay(kOperational)), bytes_of(names()));
  EXPECT_TRUE(rig.receive());
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.cid = wire::Cid(4);
  rig.send(wire::LoginRequest::build(fields));
  expect_refusal(rig, LoginStatus::initiator_error);
}

TEST(Rfc7143_11_12_4_TargetLogin, AFutureVersionIsRefused) {
  TargetRig rig;
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.version_min = fields.version_max = 1;
  rig.send(wire::LoginRequest::build(fields), bytes_of(names()));
  expect_refusal(rig, LoginStatus::unsupported_version);
}

TEST(Rfc7143_4_2_4_TargetLogin, AnyOtherFirstPduEndsTheConnection) {
  TargetRig rig;
  rig.send(wire::NopOut::build({.itt = wire::Itt(1)}));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::protocol_error);
}

TEST(Rfc7143_4_2_4_TargetLogin, AnyOtherPduDuringLoginIsRefused) {
  TargetRig rig;
  rig.send(login(stay(kOperational)), bytes_of(names()));
  EXPECT_TRUE(rig.receive());
  rig.send(wire::NopOut::build({.itt = wire::Itt(1)}));
  expect_refusal(rig, LoginStatus::invalid_during_login);
}

TEST(Rfc7143_6_3_TargetLogin, EndsWhenItTakesTooLong) {
  TargetRig rig({.login_time = std::chrono::seconds(10)});
  rig.send(login(stay(kOperational)), bytes_of(names()));
  EXPECT_TRUE(rig.receive());
  rig.advance(std::chrono::seconds(9));
  EXPECT_FALSE(rig.closed);
  rig.advance(std::chrono::seconds(1));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::login_timed_out);
}

TEST(Rfc7143_6_3_TargetLogin, EndsWhenItTakesTooManyRequests) {
  TargetRig rig({.login_requests = 3});
  rig.send(login(stay(kOperational)), bytes_of(names()));
  EXPECT_TRUE(rig.receive());
  rig.send(login(stay(kOperational)));
  rig.send(login(stay(kOperational)));
  EXPECT_TRUE(rig.receive() && rig.receive());
  rig.send(login(stay(kOperational)));
  expect_refusal(rig, LoginStatus::out_of_resources);
}

TEST(Rfc7143_6_3_TargetLogin, TheOwnersRefusalIsTheAnswer) {
  TargetRig rig;
  rig.opens_sessions = false;
  rig.send(login(from_to(kOperational, kFullFeature)), bytes_of(names()));
  EXPECT_TRUE(rig.target_is_silent());
  rig.connection->refuse(rig.now, LoginStatus::out_of_resources);
  rig.drain();
  expect_refusal(rig, LoginStatus::out_of_resources);
}

TEST(Rfc7143_6_3_TargetLogin, IsTheSameHoweverTheBytesAreCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{48}}) {
    TargetRig rig;
    rig.piece_size = piece;
    rig.send_size = piece;
    log_in(rig, {"HeaderDigest=CRC32C"});
  }
}

TEST(Rfc7143_13_1_TargetDigests, BeginWithTheFullFeaturePhase) {
  TargetRig rig;
  rig.directory.policy.negotiation.list(text::KeyId::header_digest) = {text::Digest::crc32c, text::Digest::none};
  rig.directory.policy.negotiation.list(text::KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
  log_in(rig, {"HeaderDigest=CRC32C,None", "DataDigest=CRC32C,None"});
  EXPECT_EQ(rig.digests, (wire::Digests{.header = true, .data = true}));
  const auto data = pattern(100);
  rig.send(wire::NopOut::build({.itt = wire::Itt(1)}), data);
  const auto echo = rig.receive();
  EXPECT_THAT(echo, Is<wire::NopIn>(With(&wire::NopIn::Fields::itt, wire::Itt(1))));
  EXPECT_EQ(echo->data, data);
}

}  // namespace
}  // namespace lunway::session::testing
