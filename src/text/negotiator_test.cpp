// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The rules of order, of answers and of refusals, one exchange at a time.

#include "text/negotiator.h"

#include <gtest/gtest.h>

#include "text/negotiator_testing.h"

namespace lunway::text {
namespace {

using testing::answer;
using testing::hear;
using testing::initiator_offering;
using testing::quiet_policy;
using testing::reason_of;
using testing::say;
using testing::target;
using testing::target_with;

// --- What may be sent, when, by whom.

//= ledger(target) R7143-6.3-11 R7143-6.3-09
TEST(Rfc7143_6_3_KeyOrder, AKeyOfAnotherStageIsAProtocolError) {
  Negotiator security = target(Stage::security);
  EXPECT_EQ(reason_of(hear(security, "MaxBurstLength=8192")), Reason::wrong_stage);
  Negotiator operational = target();
  EXPECT_EQ(reason_of(hear(operational, "AuthMethod=None")), Reason::wrong_stage);
  EXPECT_EQ(reason_of(hear(operational, "SendTargets=All")), Reason::wrong_stage);
  Negotiator full_feature = target(Stage::full_feature);
  EXPECT_EQ(reason_of(hear(full_feature, "MaxBurstLength=8192")), Reason::wrong_stage);
  EXPECT_EQ(reason_of(hear(full_feature, "HeaderDigest=None")), Reason::wrong_stage);
}

TEST(Rfc7143_6_3_KeyOrder, AnyStageKeysAreTakenInBothLoginStages) {
  for (const Stage stage : {Stage::security, Stage::operational}) {
    Negotiator listener = target(stage);
    EXPECT_EQ(
        answer(listener, "InitiatorName=iqn.2001-04.com.example;SessionType=Normal;TargetName=x;InitiatorAlias=a"), "");
    EXPECT_EQ(listener.declared(KeyId::initiator_name), "iqn.2001-04.com.example");
    EXPECT_EQ(listener.declared(KeyId::initiator_alias), "a");
  }
}

TEST(Rfc7143_13_Senders, AKeyOfTheOtherSideIsAProtocolError) {
  for (const char* pair : {"TargetAlias=a", "TargetPortalGroupTag=1", "TargetAddress=10.0.0.1"}) {
    Negotiator listener = target();
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::wrong_sender) << pair;
  }
  for (const char* pair :
       {"InitiatorName=x", "InitiatorAlias=a", "SessionType=Normal", "SendTargets=All", "TargetName=x"}) {
    Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
    EXPECT_EQ(reason_of(hear(initiator, pair)), Reason::wrong_sender) << pair;
  }
}

//= ledger(target) R7143-13-01
TEST(Rfc7143_13_LeadingOnly, KeysOfTheSessionAreRefusedOnOtherConnections) {
  Negotiator second({.role = Role::target, .stage = Stage::operational, .leading_connection = false}, quiet_policy());
  EXPECT_EQ(reason_of(hear(second, "MaxConnections=2")), Reason::not_leading);
  Negotiator third({.role = Role::target, .stage = Stage::operational, .leading_connection = false}, quiet_policy());
  EXPECT_EQ(hear(third, "HeaderDigest=None;MaxRecvDataSegmentLength=65536"), std::nullopt);
}

//= ledger(initiator) R7143-13-01
TEST(Rfc7143_13_LeadingOnly, AnInitiatorDoesNotOfferThemOnOtherConnections) {
  Policy policy;
  policy.header_digest = {Digest::crc32c, Digest::none};
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational, .leading_connection = false}, policy);
  EXPECT_EQ(say(initiator), "MaxRecvDataSegmentLength=8192;HeaderDigest=CRC32C,None;DataDigest=None");
}

//= ledger(target) R7143-6.3-16
TEST(Rfc7143_6_3_Repetition, IsDetectedInOneTextAndAcrossStages) {
  Negotiator listener = target();
  EXPECT_EQ(reason_of(hear(listener, "ImmediateData=Yes;ImmediateData=Yes")), Reason::repeated);
  Negotiator later = target();
  EXPECT_EQ(answer(later, "ImmediateData=Yes"), "ImmediateData=Yes");
  EXPECT_EQ(reason_of(hear(later, "ImmediateData=Yes")), Reason::repeated);
  Negotiator stages = target(Stage::security);
  EXPECT_EQ(hear(stages, "InitiatorName=x"), std::nullopt);
  stages.enter(Stage::operational);
  EXPECT_EQ(reason_of(hear(stages, "InitiatorName=x")), Reason::repeated);
}

//= ledger(target) R7143-6.3-16
TEST(Rfc7143_6_3_Repetition, DeclarationsCountToo) {
  for (const char* pairs : {"MaxRecvDataSegmentLength=8192;MaxRecvDataSegmentLength=8192", "TargetName=x;TargetName=x",
                            "X#NodeArchitecture=a;X#NodeArchitecture=a", "IFMarker=No;IFMarker=No"}) {
    Negotiator listener = target();
    EXPECT_EQ(reason_of(hear(listener, pairs)), Reason::repeated) << pairs;
  }
}

TEST(Rfc7143_6_3_Repetition, SecurityKeysCountToo) {
  Negotiator listener = target(Stage::security);
  EXPECT_EQ(reason_of(hear(listener, "CHAP_N=a;CHAP_N=a")), Reason::repeated);
}

TEST(Rfc7143_6_3_Repetition, TargetAddressMayComeAgain) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
  EXPECT_EQ(hear(initiator, "TargetAddress=10.0.0.1;TargetAddress=10.0.0.2"), std::nullopt);
}

Policy tolerant_policy() {
  Policy policy = quiet_policy();
  policy.tolerate_repeated_names = true;
  return policy;
}

TEST(Rfc7143_6_3_Repetition, TheSameNamesAgainInALaterStageAreToleratedOnDemand) {
  constexpr std::string_view kNames = "InitiatorName=x;InitiatorAlias=a;TargetName=y;SessionType=Normal";
  Negotiator listener = target_with(tolerant_policy(), Stage::security);
  EXPECT_EQ(hear(listener, kNames), std::nullopt);
  listener.enter(Stage::operational);
  EXPECT_EQ(hear(listener, kNames), std::nullopt);
}

TEST(Rfc7143_6_3_Repetition, OtherNamesAndTheSameStageAreNotTolerated) {
  for (const char* pair : {"InitiatorName=other", "TargetName=other", "SessionType=Discovery"}) {
    Negotiator listener = target_with(tolerant_policy(), Stage::security);
    EXPECT_EQ(hear(listener, "InitiatorName=x;TargetName=y;SessionType=Normal"), std::nullopt);
    listener.enter(Stage::operational);
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::repeated) << pair;
  }
  Negotiator same_stage = target_with(tolerant_policy(), Stage::security);
  EXPECT_EQ(reason_of(hear(same_stage, "InitiatorName=x;InitiatorName=x")), Reason::repeated);
}

TEST(Rfc7143_6_4_Repetition, ANewSequenceIsANewNegotiation) {
  ConnectionParameters connection;
  for (const std::uint32_t length : {65536U, 16384U}) {
    Negotiator sequence({.role = Role::target, .stage = Stage::full_feature, .connection = connection}, quiet_policy());
    EXPECT_EQ(answer(sequence, "MaxRecvDataSegmentLength=" + std::to_string(length)), "");
    EXPECT_EQ(sequence.finish(), std::nullopt);
    connection = sequence.connection_parameters();
    EXPECT_EQ(connection.peer_max_recv_data_segment_length, length);
  }
}

TEST(Rfc7143_6_2_Atomicity, AnAbandonedNegotiationChangesNothing) {
  const ConnectionParameters connection;
  Negotiator sequence({.role = Role::target, .stage = Stage::full_feature, .connection = connection}, quiet_policy());
  EXPECT_EQ(reason_of(hear(sequence, "MaxRecvDataSegmentLength=65536;MaxRecvDataSegmentLength=1")), Reason::repeated);
  EXPECT_EQ(connection.peer_max_recv_data_segment_length, 8192U) << "the caller's values are the caller's";
}

// --- Keys that nobody knows, reserved words.

//= ledger(target) R7143-6.2-08 R7143-6.1-06 R7143-13.22-03
TEST(Rfc7143_6_2_NotUnderstood, AnswersKeysThatWeDoNotKnow) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "X-com.example.a=1;MaxConnections=1;Z-b=2;Future=x;maxconnections=1"),
            "X-com.example.a=NotUnderstood;MaxConnections=1;Z-b=NotUnderstood;Future=NotUnderstood;"
            "maxconnections=NotUnderstood");
}

TEST(Rfc7143_6_2_NotUnderstood, IsNoAnswerToAnAnswer) {
  for (const char* pair : {"X-a=NotUnderstood", "X-a=Reject", "X-a=Irrelevant"}) {
    Negotiator listener = target();
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::reserved_word) << pair;
  }
}

TEST(Rfc7143_6_2_NotUnderstood, IsAProtocolErrorForKeysOfTheRfc) {
  Negotiator initiator = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
  EXPECT_EQ(reason_of(hear(initiator, "MaxBurstLength=NotUnderstood")), Reason::not_understood);
}

// It has said its offer.
Negotiator initiator_offering_task_reporting(bool tolerates_rfc3720_peer) {
  Policy policy = quiet_policy();
  policy.task_reporting.offer = true;
  policy.tolerate_rfc3720_peer = tolerates_rfc3720_peer;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  say(initiator);
  return initiator;
}

TEST(Rfc7143_6_2_NotUnderstood, TaskReportingIsUnknownToOldPeersOnly) {
  for (const bool tolerant : {false, true}) {
    Negotiator initiator = initiator_offering_task_reporting(tolerant);
    EXPECT_EQ(hear(initiator, "TaskReporting=NotUnderstood").has_value(), !tolerant);
    EXPECT_EQ(initiator.session_parameters().task_reporting, TaskReporting::rfc3720);
  }
}

TEST(Rfc7143_6_2_NotUnderstood, SilenceIsTheSameFromOldPeersOnly) {
  for (const bool tolerant : {false, true}) {
    Negotiator initiator = initiator_offering_task_reporting(tolerant);
    EXPECT_EQ(initiator.finish().has_value(), !tolerant);
    EXPECT_EQ(initiator.session_parameters().task_reporting, TaskReporting::rfc3720);
  }
}

//= ledger(target) R7143-6.2-12
TEST(Rfc7143_6_2_ReservedWords, AreNoProposals) {
  for (const char* pair :
       {"MaxConnections=Reject", "InitialR2T=Irrelevant", "HeaderDigest=NotUnderstood", "IFMarker=Reject",
        "MaxRecvDataSegmentLength=Reject", "InitiatorAlias=NotUnderstood", "SessionType=Reject"}) {
    Negotiator listener = target();
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::reserved_word) << pair;
  }
}

TEST(Rfc7143_6_2_Reject, LeavesTheCurrentValue) {
  Negotiator initiator = initiator_offering(KeyId::max_burst_length, {.preferred = 1U << 20, .worst = 512});
  EXPECT_EQ(hear(initiator, "MaxBurstLength=Reject"), std::nullopt);
  EXPECT_EQ(initiator.finish(), std::nullopt);
  EXPECT_EQ(initiator.session_parameters().max_burst_length, 262144U);
}

TEST(Rfc7143_6_2_Reject, EndsTheNegotiationWhenTheCurrentValueWillNotDo) {
  Negotiator initiator = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
  const auto violation = hear(initiator, "MaxBurstLength=Reject");
  EXPECT_EQ(reason_of(violation), Reason::unacceptable);
  EXPECT_FALSE(is_protocol_error(violation->reason)) << "the peer broke no rule";
}

TEST(Rfc7143_6_2_Irrelevant, IsNoFailure) {
  Negotiator initiator = initiator_offering(KeyId::first_burst_length, {.preferred = 65536, .worst = 512});
  EXPECT_EQ(hear(initiator, "FirstBurstLength=Irrelevant"), std::nullopt);
  EXPECT_EQ(initiator.finish(), std::nullopt);
}

// --- Simple values.

//= ledger(target) R7143-6.2.2-02 R7143-6.2-07
TEST(Rfc7143_6_2_2_SimpleValues, AnInadmissibleProposalIsRejected) {
  for (const char* pair :
       {"MaxConnections=0", "MaxConnections=65536", "MaxConnections=1~4", "MaxConnections=x",
        "MaxConnections=", "InitialR2T=yes", "InitialR2T=", "ImmediateData=1", "ErrorRecoveryLevel=3",
        "ErrorRecoveryLevel=-1", "MaxBurstLength=511", "MaxBurstLength=16777216", "DefaultTime2Wait=3601",
        "MaxOutstandingR2T=0", "iSCSIProtocolLevel=32"}) {
    Negotiator listener = target();
    const std::string_view key = std::string_view(pair).substr(0, std::string_view(pair).find('='));
    EXPECT_EQ(answer(listener, pair), std::string(key) + "=Reject") << pair;
    EXPECT_EQ(listener.finish(), std::nullopt);
    EXPECT_EQ(listener.session_parameters(), SessionParameters{});
  }
}

//= ledger(target) R7143-6.1-07 R7143-6.2.2-01
TEST(Rfc7143_6_2_2_SimpleValues, NumbersMayBeHex) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "MaxBurstLength=0x2000"), "MaxBurstLength=8192");
}

TEST(Rfc7143_6_2_2_SimpleValues, AnAnswerBeyondTheOfferIsAProtocolError) {
  Negotiator minimum = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
  EXPECT_EQ(reason_of(hear(minimum, "MaxBurstLength=65537")), Reason::answer_not_offered);
  Negotiator maximum = initiator_offering(KeyId::default_time2wait, {.preferred = 5, .worst = 3600});
  EXPECT_EQ(reason_of(hear(maximum, "DefaultTime2Wait=4")), Reason::answer_not_offered);
  Negotiator boolean_and = initiator_offering(KeyId::immediate_data, {.preferred = 0, .worst = 0});
  EXPECT_EQ(reason_of(hear(boolean_and, "ImmediateData=Yes")), Reason::answer_not_offered);
  Negotiator boolean_or = initiator_offering(KeyId::initial_r2t, {.preferred = 1, .worst = 1});
  EXPECT_EQ(reason_of(hear(boolean_or, "InitialR2T=No")), Reason::answer_not_offered);
}

TEST(Rfc7143_6_2_2_SimpleValues, AnAnswerThatIsNoValueIsAProtocolError) {
  for (const char* pair : {"MaxBurstLength=", "MaxBurstLength=1~2", "MaxBurstLength=511", "MaxBurstLength=None"}) {
    Negotiator initiator = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
    EXPECT_EQ(reason_of(hear(initiator, pair)), Reason::malformed_answer) << pair;
  }
}

TEST(Rfc7143_6_2_2_SimpleValues, AnAnswerBelowOurOwnLimitIsUnacceptable) {
  Negotiator initiator = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 4096});
  EXPECT_EQ(reason_of(hear(initiator, "MaxBurstLength=4095")), Reason::unacceptable);
}

TEST(Rfc7143_6_2_2_Booleans, AnswersAreOptionalWhereTheOfferDecides) {
  Negotiator and_no = initiator_offering(KeyId::immediate_data, {.preferred = 0, .worst = 0});
  EXPECT_EQ(and_no.finish(), std::nullopt);
  EXPECT_FALSE(and_no.session_parameters().immediate_data);
  Negotiator or_yes = initiator_offering(KeyId::initial_r2t, {.preferred = 1, .worst = 1});
  EXPECT_EQ(or_yes.finish(), std::nullopt);
  EXPECT_TRUE(or_yes.session_parameters().initial_r2t);
}

TEST(Rfc7143_6_2_2_Booleans, AnswersAreRequiredElsewhere) {
  for (const auto& [key, value] : {std::pair(KeyId::immediate_data, 1U), std::pair(KeyId::initial_r2t, 0U)}) {
    Negotiator initiator = initiator_offering(key, {.preferred = value, .worst = 1 - value});
    EXPECT_TRUE(initiator.awaits_answer());
    EXPECT_EQ(reason_of(initiator.finish()), Reason::unanswered);
  }
}

//= ledger(target) R7143-6.2-06
TEST(Rfc7143_6_2_NoImplicitProposals, WhatNobodyProposedKeepsItsDefault) {
  Negotiator listener = target();
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_parameters(), SessionParameters{});
}

TEST(Rfc7143_6_3_LastResponse, CannotAskForAnAnswer) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
  say(initiator);
  EXPECT_EQ(hear(initiator, "MaxBurstLength=65536"), std::nullopt);
  EXPECT_EQ(reason_of(initiator.finish()), Reason::too_late);
}

TEST(Rfc7143_6_3_LastResponse, MayHoldWhatNeedsNoAnswer) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
  say(initiator);
  EXPECT_EQ(hear(initiator, "ImmediateData=No;X-com.example.a=1;IFMarker=No;TargetAlias=a"), std::nullopt);
  EXPECT_EQ(initiator.finish(), std::nullopt);
  EXPECT_FALSE(initiator.session_parameters().immediate_data);
}

// --- Lists.

//= ledger(target) R7143-6.2.1-01 R7143-6.2.1-03 R7143-6.2.1-02 R7143-13.1-05 R7143-13.1-10
TEST(Rfc7143_6_2_1_Lists, TheFirstSupportedValueIsSelected) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::none, Digest::crc32c};
  for (const auto& [list, selected] :
       std::vector<std::pair<std::string, std::string>>{{"CRC32C,None", "CRC32C"},
                                                        {"None,CRC32C", "None"},
                                                        {"Y-com.example.sum,,CRC32C", "CRC32C"},
                                                        {"x", "Reject"},
                                                        {"", "Reject"},
                                                        {"crc32c", "Reject"}}) {
    Negotiator listener = target_with(policy);
    EXPECT_EQ(answer(listener, "HeaderDigest=" + list), "HeaderDigest=" + selected) << list;
  }
}

TEST(Rfc7143_6_2_1_Lists, WithoutACommonValueAndWithoutTheDefaultThereIsNoAgreement) {
  Policy policy = quiet_policy();
  policy.data_digest = {Digest::crc32c};
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "DataDigest=None"),
            "violation: DataDigest: a value outside of our own limits (rfc7143#6.2)");
}

TEST(Rfc7143_6_2_1_Lists, ASelectionThatWasNotOfferedIsAProtocolError) {
  Policy policy;
  policy.header_digest = {Digest::crc32c};
  for (const char* selection : {"None", "CRC64", "CRC32C,None", ""}) {
    Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
    say(initiator);
    EXPECT_EQ(reason_of(hear(initiator, "HeaderDigest=" + std::string(selection))), Reason::answer_not_offered);
  }
}

}  // namespace
}  // namespace lunway::text
