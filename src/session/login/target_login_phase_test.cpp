// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The order of a login at a target: what may come when, which stage follows, how text is cut.
//= rfc7143#6.3
//= rfc7143#4.2.4

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "session/testing/login_ladder.h"
#include "wire/snack_request.h"

namespace lunway::session::testing {
namespace {

using wire::LoginStatus;

using Rfc7143_4_2_4_TargetLoginPhase = TargetLoginLadder;
using Rfc7143_6_1_TargetLoginText = TargetLoginLadder;
using Rfc7143_6_2_TargetLoginText = TargetLoginLadder;
using Rfc7143_6_3_TargetLoginPhase = TargetLoginLadder;
using Rfc7143_6_3_1_TargetLoginPhase = TargetLoginLadder;
using Rfc7143_6_3_3_TargetLoginPhase = TargetLoginLadder;
using Rfc7143_8_1_2_TargetConnection = TargetLoginLadder;

/// One of each PDU that an initiator can send but Login Requests.
std::vector<wire::Header> other_requests() {
  return {wire::NopOut::build({.itt = wire::Itt(1)}),
          wire::ScsiCommand::build(read_fields(1, 100, 512)),
          wire::TaskManagementRequest::build({.itt = wire::Itt(1)}),
          wire::TextRequest::build({.itt = wire::Itt(1)}),
          wire::DataOut::build(data_out_fields(1, wire::kNoTtt, 0, 0, true)),
          wire::LogoutRequest::build({.itt = wire::Itt(1)}),
          wire::SnackRequest::build({.itt = wire::Itt(1)})};
}

// --- What may come when.

//= ledger R7143-4.2.4-05 R7143-4.2.4-07
TEST(Rfc7143_4_2_4_TargetFirstPdu, AnythingButALoginRequestClosesWithoutAWord) {
  for (const wire::Header& header : other_requests()) {
    TargetRig rig;
    rig.send(header);
    EXPECT_TRUE(rig.closed);
    EXPECT_FALSE(rig.receive());
    EXPECT_EQ(rig.directory.attempts, 0);
  }
}

//= ledger R7143-4.2.4-04 R7143-4.2.4-08
TEST(Rfc7143_4_2_4_TargetLogin, AnythingElseDuringLoginIsRefusedAndDisconnected) {
  for (const wire::Header& header : other_requests()) {
    TargetRig rig;
    rig.send(wire::LoginRequest::build(login_fields(stay_in(kOperational))), bytes_of(names()));
    ASSERT_TRUE(rig.receive());
    rig.send(header);
    EXPECT_THAT(rig.receive(),
                Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::invalid_during_login)));
    EXPECT_TRUE(rig.closed);
    EXPECT_FALSE(rig.logged_in);
  }
}

//= ledger R7143-4.2.4-06
TEST_F(Rfc7143_4_2_4_TargetLoginPhase, ComesOncePerConnection) {
  log_in(rig);
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))), bytes_of(names()));
  const auto answer = rig.receive();
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->opcode(), wire::Opcode::login_response);
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-8.1.2-01
TEST_F(Rfc7143_8_1_2_TargetConnection, WithoutALoginRequestIsClosedInTime) {
  rig.advance(ConnectionLimits{}.login_time - std::chrono::milliseconds(1));
  EXPECT_FALSE(rig.closed);
  rig.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-8.1.2-02 R7143-8.3-02 R7143-6.2-22 R7143-10.3-01
TEST_F(Rfc7143_8_1_2_TargetConnection, AStalledLoginIsClosedInTimeAndLeavesNoSession) {
  ask(stay_in(kOperational), names());
  rig.advance(ConnectionLimits{}.login_time);
  EXPECT_TRUE(rig.closed);
  EXPECT_FALSE(rig.requested) << "no session was asked for";
}

// --- Stages.

//= ledger R7143-6.3-05 R7143-6.3-07 R7143-6.3-15 R7143-6.3-08 R7143-6.3.3-01
TEST(Rfc7143_6_3_TargetStages, EveryLegalPathLeadsToTheFullFeaturePhase) {
  const std::vector<std::vector<wire::LoginFlags>> paths{
      {from_to(kOperational, kFullFeature)},
      {from_to(kSecurity, kFullFeature)},
      {from_to(kSecurity, kOperational), from_to(kOperational, kFullFeature)},
      {stay_in(kSecurity), from_to(kSecurity, kFullFeature)},
      {stay_in(kSecurity), from_to(kSecurity, kOperational), stay_in(kOperational),
       from_to(kOperational, kFullFeature)}};
  for (const auto& path : paths) {
    TargetRig rig;
    std::string text = names();
    for (const wire::LoginFlags flags : path) {
      rig.send(wire::LoginRequest::build(login_fields(flags)), bytes_of(std::exchange(text, {})));
      const auto pdu = rig.receive();
      ASSERT_TRUE(pdu);
      const auto answer = wire::LoginResponse(wire::HeaderView(pdu->header)).fields();
      EXPECT_EQ(answer.status, LoginStatus::success);
      EXPECT_EQ(answer.flags, flags) << "the transition that was asked for, and no other";
    }
    EXPECT_TRUE(rig.logged_in);
  }
}

//= ledger R7143-6.3-06 R7143-6.3-08 R7143-6.3-17 R7143-6.3-19
TEST(Rfc7143_6_3_TargetStages, PathsOutsideTheTableAreRefused) {
  struct Path {
    wire::LoginFlags first;
    wire::LoginFlags second;
  };
  const std::vector<Path> paths{
      {stay_in(kFullFeature), {}},                                // (start) -> full feature
      {from_to(kFullFeature, kFullFeature), {}},                  //
      {from_to(kOperational, kSecurity), {}},                     // operational -> security
      {from_to(kOperational, kOperational), {}},                  // no transition at all
      {from_to(kSecurity, kSecurity), {}},                        //
      {stay_in(kOperational), from_to(kSecurity, kFullFeature)},  // back, without being asked
      {from_to(kSecurity, kOperational), stay_in(kSecurity)},     // back, after a transition
      {stay_in(kSecurity), from_to(kOperational, kFullFeature)},  // forward, without asking
      {stay_in(kSecurity),
       wire::LoginFlags{.transit = true, .csg = kSecurity, .nsg = wire::LoginStage(2)}},  // reserved
  };
  for (std::size_t i = 0; i < paths.size(); ++i) {
    TargetRig rig;
    rig.send(wire::LoginRequest::build(login_fields(paths[i].first)), bytes_of(names()));
    auto answer = rig.receive();
    if (!rig.closed) {
      rig.send(wire::LoginRequest::build(login_fields(paths[i].second)));
      answer = rig.receive();
    }
    ASSERT_TRUE(answer) << i;
    const auto status = wire::LoginResponse(wire::HeaderView(answer->header)).status();
    EXPECT_EQ(static_cast<unsigned>(status) >> 8U, 2U) << i << ": Initiator Error";
    EXPECT_TRUE(rig.closed) << i;
    EXPECT_FALSE(rig.logged_in) << i;
  }
}

//= ledger R7143-6.3-12
TEST_F(Rfc7143_6_3_TargetLoginPhase, NsgDoesNotExceedWhatWasAskedFor) {
  const auto answer = ask(from_to(kSecurity, kOperational), names({"AuthMethod=None"}));
  EXPECT_TRUE(answer.fields.flags.transit);
  EXPECT_EQ(answer.fields.flags.nsg, kOperational);
  EXPECT_FALSE(rig.logged_in);
}

//= ledger R7143-6.3-13 R7143-11.13.6-02 R7143-6.3.3-02
TEST_F(Rfc7143_6_3_TargetLoginPhase, ATransitionComesOnlyOnDemand) {
  for (const std::string& text : {names({"AuthMethod=None"}), std::string(), std::string()}) {
    const auto answer = ask(stay_in(kSecurity), text);
    EXPECT_EQ(answer.fields.flags, stay_in(kSecurity));
  }
  EXPECT_TRUE(ask(from_to(kSecurity, kFullFeature)).is_final());
}

//= ledger R7143-6.3-14 R7143-11.13.6-01 R7143-6.3.3-04
TEST_F(Rfc7143_6_3_TargetLoginPhase, AnOfferOfTheTargetKeepsTheTransitionBack) {
  // The default MaxBurstLength is more than this target can do, and the initiator says nothing about it.
  rig.directory.policy.negotiation.number(text::KeyId::max_burst_length) = {.preferred = 65536, .worst = 512};
  const auto first = ask(from_to(kOperational, kFullFeature), names());
  EXPECT_EQ(first.value("MaxBurstLength"), "65536");
  EXPECT_EQ(first.fields.flags, stay_in(kOperational));
  EXPECT_FALSE(rig.logged_in);
  const auto second = ask(from_to(kOperational, kFullFeature), text_pairs({"MaxBurstLength=65536"}));
  ASSERT_TRUE(second.is_final());
  EXPECT_EQ(second.value("MaxBurstLength"), "(none)") << "the initiator's answer ends it";
  EXPECT_EQ(rig.requested->session.max_burst_length, 65536U);
}

//= ledger R7143-6.3-01 R7143-6.2-05
TEST_F(Rfc7143_6_3_TargetLoginPhase, OneResponseForOneRequest) {
  for (const std::string& text : {names(), std::string(), std::string()}) {
    ask(stay_in(kOperational), text);
    EXPECT_TRUE(rig.target_is_silent());
  }
}

//= ledger R7143-6.3-01
TEST_F(Rfc7143_6_3_TargetLoginPhase, ASecondRequestBeforeTheResponseIsServedInItsTurn) {
  rig.send(wire::LoginRequest::build(login_fields(stay_in(kOperational))), bytes_of(names()));
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))));
  const auto first = rig.receive();
  const auto second = rig.receive();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(wire::LoginResponse(wire::HeaderView(first->header)).flags(), stay_in(kOperational));
  EXPECT_EQ(wire::LoginResponse(wire::HeaderView(second->header)).flags(), from_to(kOperational, kFullFeature));
}

//= ledger R7143-6.3-16 R7143-6.3-17
TEST(Rfc7143_6_3_TargetRepetition, IsRefusedAsAnInitiatorError) {
  for (const bool in_one_pdu : {true, false}) {
    for (const std::string pair : {"MaxBurstLength=65536", "MaxRecvDataSegmentLength=8192", "InitiatorAlias=a"}) {
      TargetRig rig;
      const std::string again = text_pairs({pair});
      rig.send(wire::LoginRequest::build(login_fields(stay_in(kOperational))),
               bytes_of(names({pair}) + (in_one_pdu ? again : "")));
      if (!in_one_pdu) {
        ASSERT_TRUE(rig.receive());
        rig.send(wire::LoginRequest::build(login_fields(stay_in(kOperational))), bytes_of(again));
      }
      EXPECT_THAT(rig.receive(),
                  Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::initiator_error)));
      EXPECT_TRUE(rig.closed);
    }
  }
}

//= ledger R7143-6.3-11 R7143-12-01
TEST(Rfc7143_6_3_TargetKeys, OfAnotherStageAreRefused) {
  const std::vector<std::pair<wire::LoginStage, std::string>> misplaced{{kSecurity, "MaxBurstLength=65536"},
                                                                        {kSecurity, "HeaderDigest=None"},
                                                                        {kSecurity, "MaxRecvDataSegmentLength=512"},
                                                                        {kOperational, "AuthMethod=None"},
                                                                        {kOperational, "CHAP_A=5"},
                                                                        {kOperational, "SendTargets=All"},
                                                                        {kSecurity, "X#NodeArchitecture=a"},
                                                                        {kSecurity, "ErrorRecoveryLevel=0"}};
  for (const auto& [stage, pair] : misplaced) {
    TargetRig rig;
    rig.send(wire::LoginRequest::build(login_fields(stay_in(stage))), bytes_of(names({pair})));
    EXPECT_THAT(rig.receive(),
                Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::initiator_error)))
        << pair;
    EXPECT_TRUE(rig.closed);
  }
}

// --- Text.

//= ledger R7143-6.2-02 R7143-6.3.1-01 R7143-13.6-01
TEST_F(Rfc7143_6_2_TargetLoginText, AContinuedTextIsAnsweredWithNothingUntilItIsWhole) {
  rig.directory.policy.target_alias = "a disk";
  const std::string text = names();
  for (std::size_t at = 0; at + 20 < text.size(); at += 20) {
    const auto pause = ask(more_in(kOperational), std::string_view(text).substr(at, 20));
    EXPECT_TRUE(pause.text.empty());
    EXPECT_EQ(pause.fields.flags, stay_in(kOperational));
  }
  const auto whole = ask(from_to(kOperational, kFullFeature), text.substr(text.size() / 20 * 20));
  EXPECT_EQ(whole.value("TargetPortalGroupTag"), "1");
  EXPECT_EQ(whole.value("TargetAlias"), "a disk");
}

//= ledger R7143-6.2-01
TEST(Rfc7143_6_2_TargetLoginFlags, CWithTIsRefused) {
  TargetRig rig;
  wire::LoginFlags both = from_to(kOperational, kFullFeature);
  both.continues = true;
  rig.send(wire::LoginRequest::build(login_fields(both)), bytes_of(names()));
  EXPECT_THAT(rig.receive(),
              Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::initiator_error)));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-6.1-01
TEST_F(Rfc7143_6_1_TargetLoginText, TheLastPairNeedsItsNullByte) {
  const std::string text = names();
  const auto answer = ask(from_to(kOperational, kFullFeature), std::string_view(text).substr(0, text.size() - 1));
  EXPECT_EQ(answer.fields.status, LoginStatus::initiator_error);
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-6.1-01
TEST_F(Rfc7143_6_1_TargetLoginText, EveryPairOfTheAnswerEndsWithANullByte) {
  const auto answer = ask(from_to(kOperational, kFullFeature), names({"MaxBurstLength=65536", "X-k=1"}));
  ASSERT_FALSE(answer.text.empty());
  EXPECT_EQ(answer.text.back(), '\0');
  EXPECT_EQ(answer.text.find(std::string(2, '\0')), std::string::npos);
}

//= ledger R7143-6.1-04 R7143-6.2-08 R7143-11.13.7-01 R7143-6.2-01
TEST_F(Rfc7143_6_1_TargetLoginText, EightKibibytesOfKeysAreTakenAndAnswered) {
  // As short as keys can be told apart: the number of pairs is no limit below 8192 bytes.
  std::string text = names();
  std::size_t unknown = 0;
  for (; text.size() < 8192 - 8; ++unknown) {
    std::string digits = std::to_string(unknown);
    text += "X" + digits + "=" + '\0';
  }
  ask(more_in(kOperational), std::string_view(text).substr(0, 4096));
  auto answer = ask(from_to(kOperational, kFullFeature), std::string_view(text).substr(4096));
  std::string all = answer.text;
  // The answer is longer than one PDU: its parts have the C bit, and no T bit.
  while (answer.fields.flags.continues) {
    EXPECT_FALSE(answer.fields.flags.transit);
    EXPECT_LE(answer.text.size(), 8192U);
    answer = ask(from_to(kOperational, kFullFeature));
    all += answer.text;
  }
  EXPECT_TRUE(answer.is_final());
  std::size_t not_understood = 0;
  text::PairReader reader(all, {.bytes = 1U << 20U, .pairs = 1U << 20U});
  while (const auto pair = reader.next()) not_understood += pair->value == "NotUnderstood" ? 1U : 0U;
  EXPECT_EQ(not_understood, unknown);
}

//= ledger R7143-11.13.6-02 R7143-6.3-13 R7143-11.13.7-01
TEST_F(Rfc7143_6_3_TargetLoginPhase, TheRestOfALongAnswerEndsTheStageOnlyWithATBit) {
  std::string text = names();
  for (int i = 100; i < 700; ++i) text += "X" + std::to_string(i) + "=" + '\0';
  auto answer = ask(from_to(kOperational, kFullFeature), text);
  EXPECT_TRUE(answer.fields.flags.continues);
  while (answer.fields.flags.continues) {
    EXPECT_FALSE(answer.fields.flags.transit);
    answer = ask(stay_in(kOperational));
  }
  EXPECT_EQ(answer.fields.flags, stay_in(kOperational)) << "the last request had no T bit";
  EXPECT_TRUE(ask(from_to(kOperational, kFullFeature)).is_final());
}

//= ledger R7143-6.2-23 R7143-6.2-04 R7143-10.3-02
TEST_F(Rfc7143_6_2_TargetLoginText, SixExchangesAndMoreAreAllowed) {
  const std::vector<std::string> keys{"ImmediateData=Yes",    "MaxBurstLength=65536",    "FirstBurstLength=65536",
                                      "InitialR2T=Yes",       "DefaultTime2Wait=2",      "DefaultTime2Retain=0",
                                      "DataPDUInOrder=Yes",   "DataSequenceInOrder=Yes", "MaxOutstandingR2T=1",
                                      "ErrorRecoveryLevel=0", "MaxConnections=1",        "HeaderDigest=None",
                                      "DataDigest=None",      "iSCSIProtocolLevel=1",    "TaskReporting=RFC3720"};
  ask(stay_in(kOperational), names());
  for (const std::string& key : keys) {
    const auto answer = ask(stay_in(kOperational), text_pairs({key}));
    EXPECT_EQ(answer.text, text_pairs({key})) << "an answer to this, and to nothing else";
  }
  EXPECT_TRUE(ask(from_to(kOperational, kFullFeature)).is_final());
}

//= ledger R7143-6.2-06
TEST_F(Rfc7143_6_2_TargetLoginText, WhatWasNotProposedIsNotAnsweredAndKeepsItsDefault) {
  const auto answer = ask(from_to(kOperational, kFullFeature), names());
  for (const char* key : {"HeaderDigest", "MaxConnections", "InitialR2T", "MaxBurstLength", "ErrorRecoveryLevel"}) {
    EXPECT_EQ(answer.value(key), "(none)");
  }
  EXPECT_EQ(rig.requested->session, text::SessionParameters{});
}

//= ledger R7143-6.1-06
TEST_F(Rfc7143_6_1_TargetLoginText, KeysAndValuesAreCaseSensitive) {
  const auto answer = ask(from_to(kOperational, kFullFeature), names({"headerdigest=None", "DataDigest=none"}));
  EXPECT_EQ(answer.value("headerdigest"), "NotUnderstood");
  EXPECT_EQ(answer.value("DataDigest"), "Reject");
}

//= ledger R7143-6.2-19 R7143-6.2-20 R7143-7.12-01 R7143-7.12-02
TEST_F(Rfc7143_6_2_TargetLoginText, AContradictionFailsTheLoginAsAWhole) {
  rig.directory.policy.negotiation.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  ask(stay_in(kOperational), names({"FirstBurstLength=65536", "InitialR2T=No"}));
  const auto answer = ask(from_to(kOperational, kFullFeature), text_pairs({"MaxBurstLength=4096"}));
  EXPECT_EQ(answer.fields.status, LoginStatus::initiator_error);
  EXPECT_FALSE(rig.requested) << "no value took effect: there is no session";
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::login_refused);
}

// --- The first request.

//= ledger R7143-6.3.1-01 R7143-11.13.8-01
TEST_F(Rfc7143_6_3_1_TargetLoginPhase, TheFirstAnswerSaysWhichPortalGroupServes) {
  rig.directory.policy.portal_group_tag = 0x1234;
  EXPECT_EQ(ask(stay_in(kSecurity), names()).value("TargetPortalGroupTag"), "4660");
  EXPECT_EQ(ask(from_to(kSecurity, kFullFeature)).value("TargetPortalGroupTag"), "(none)") << "once";
}

//= ledger R7143-6.3.1-01
TEST_F(Rfc7143_6_3_1_TargetLoginPhase, TheFirstAnswerSaysItInADiscoverySessionToo) {
  const auto answer = ask(from_to(kOperational, kFullFeature), names({"SessionType=Discovery"}));
  EXPECT_EQ(answer.value("TargetPortalGroupTag"), "1");
  EXPECT_TRUE(answer.is_final());
}

using Rfc7143_4_2_7_TargetNames = TargetLoginLadder;

//= ledger R7143-4.2.7.1-01 R7143-4.2.7.1-03
TEST_F(Rfc7143_4_2_7_TargetNames, OfTheLongestSizeAreTaken) {
  const std::string initiator = "iqn.2026-11.io.lunway:" + std::string(223 - 22, 'a');
  const std::string target = "iqn.2026-11.io.lunway:" + std::string(223 - 22, 'b');
  ASSERT_EQ(initiator.size(), 223U);
  EXPECT_TRUE(
      ask(from_to(kOperational, kFullFeature), text_pairs({"InitiatorName=" + initiator, "TargetName=" + target}))
          .is_final());
  EXPECT_EQ(rig.requested->initiator_name.text(), initiator);
  EXPECT_EQ(rig.requested->target_name->text(), target);
}

//= ledger R7143-4.2.7.2-01
TEST(Rfc7143_4_2_7_2_TargetNames, ThatAreNoneAreRefused) {
  for (const std::string& name :
       {"iqn.2026-11.io.lunway:" + std::string(224 - 22, 'a'), std::string(""),
        std::string("iqn.2026-11.io.lunway:\xff"), std::string("iqn.2026-11.io.lunway:a b"), std::string("nonsense")}) {
    TargetRig rig;
    rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))),
             bytes_of(text_pairs({"InitiatorName=" + name, "TargetName=iqn.2026-11.io.lunway:disk"})));
    EXPECT_THAT(rig.receive(),
                Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::status, LoginStatus::initiator_error)))
        << name;
    EXPECT_TRUE(rig.closed);
  }
}

//= ledger R7143-4.2.7.1-06
TEST_F(Rfc7143_4_2_7_TargetNames, InUpperCaseArePrepared) {
  ask(from_to(kOperational, kFullFeature),
      text_pairs({"InitiatorName=IQN.2026-11.IO.Lunway:INITIATOR", "TargetName=iqn.2026-11.io.lunway:Disk"}));
  ASSERT_TRUE(rig.requested);
  EXPECT_EQ(rig.requested->initiator_name.text(), kInitiatorName);
  EXPECT_EQ(rig.requested->target_name->text(), kTargetName);
}

}  // namespace
}  // namespace lunway::session::testing
