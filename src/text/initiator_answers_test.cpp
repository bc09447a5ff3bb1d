// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator's half of the negotiation: what it says to the proposals of a target, and what it makes of the answers
// to its own offers.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "text/negotiator.h"
#include "text/negotiator_testing.h"

namespace lunway::text {
namespace {

using testing::answer;
using testing::hear;
using testing::initiator_offering;
using testing::quiet_policy;
using testing::reason_of;
using testing::say;

/// An initiator that has declared its MaxRecvDataSegmentLength and leaves all proposals to the target.
Negotiator initiator_with(const Policy& policy, Stage stage = Stage::operational) {
  Negotiator initiator({.role = Role::initiator, .stage = stage}, policy);
  say(initiator);
  return initiator;
}

Negotiator quiet_initiator(Stage stage = Stage::operational) { return initiator_with(quiet_policy(), stage); }

/// May agree to everything that section 13 allows.
Policy widest_policy() {
  Policy policy = quiet_policy();
  for (const KeyInfo& info : kKeys) {
    if (info.type != ValueType::number || !info.negotiated()) continue;
    const bool maximum = info.rule == Rule::maximum;
    policy.number(info.id) = {.preferred = maximum ? info.lowest : info.highest,
                              .worst = maximum ? info.highest : info.lowest,
                              .offer = false};
  }
  return policy;
}

using Exchanges = std::vector<std::pair<std::string, std::string>>;

// --- Every key that a target may send.

//= ledger R7143-6.2-10 R7143-6.2-14 R7143-6.2-15 R7143-6.2.2-01 R7143-11.12.10-02 R7143-11.13.8-02
TEST(Rfc7143_6_2_InitiatorAnswers, EveryKeyOfTheStandardIsUnderstood) {
  const Exchanges exchanges{
      {"HeaderDigest=None", "HeaderDigest=None"},
      {"DataDigest=CRC32C,None", "DataDigest=None"},
      {"MaxConnections=8", "MaxConnections=8"},
      {"TargetAlias=a", ""},
      {"TargetAddress=10.0.0.1:3260,1", ""},
      {"TargetPortalGroupTag=1", ""},
      {"InitialR2T=Yes", "InitialR2T=Yes"},
      {"ImmediateData=Yes", "ImmediateData=Yes"},
      {"MaxRecvDataSegmentLength=4096", ""},
      {"MaxBurstLength=262144", "MaxBurstLength=262144"},
      {"FirstBurstLength=65536", "FirstBurstLength=65536"},
      {"DefaultTime2Wait=2", "DefaultTime2Wait=2"},
      {"DefaultTime2Retain=20", "DefaultTime2Retain=20"},
      {"MaxOutstandingR2T=4", "MaxOutstandingR2T=4"},
      {"DataPDUInOrder=Yes", "DataPDUInOrder=Yes"},
      {"DataSequenceInOrder=Yes", "DataSequenceInOrder=Yes"},
      {"ErrorRecoveryLevel=0", "ErrorRecoveryLevel=0"},
      {"TaskReporting=RFC3720", "TaskReporting=RFC3720"},
      {"iSCSIProtocolLevel=1", "iSCSIProtocolLevel=1"},
      {"X#NodeArchitecture=a", ""},
  };
  for (const auto& [heard, answered] : exchanges) {
    Negotiator listener = initiator_with(widest_policy());
    EXPECT_EQ(answer(listener, heard), answered);
  }
}

//= ledger R7143-6.2-08
TEST(Rfc7143_6_2_InitiatorAnswers, OtherKeysAreNotUnderstood) {
  for (const Stage stage : {Stage::security, Stage::operational, Stage::full_feature}) {
    Negotiator listener = quiet_initiator(stage);
    EXPECT_EQ(answer(listener, "X-com.example.a=1;Future=None;targetalias=a"),
              "X-com.example.a=NotUnderstood;Future=NotUnderstood;targetalias=NotUnderstood");
  }
}

//= ledger R7143-6.2-12
TEST(Rfc7143_6_2_InitiatorAnswers, ReservedWordsAreNoProposals) {
  for (const char* pair : {"MaxConnections=Reject", "InitialR2T=Irrelevant", "HeaderDigest=NotUnderstood",
                           "MaxRecvDataSegmentLength=Reject", "TargetAlias=NotUnderstood", "X-a=NotUnderstood"}) {
    Negotiator listener = quiet_initiator();
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::reserved_word) << pair;
  }
}

//= ledger R7143-6.3-11
TEST(Rfc7143_6_3_InitiatorAnswers, AKeyOfAnotherStageIsAProtocolError) {
  const std::vector<std::pair<Stage, const char*>> misplaced{
      {Stage::security, "MaxBurstLength=8192"},     {Stage::security, "HeaderDigest=None"},
      {Stage::operational, "AuthMethod=None"},      {Stage::operational, "CHAP_A=5"},
      {Stage::full_feature, "MaxBurstLength=8192"}, {Stage::full_feature, "TargetPortalGroupTag=1"}};
  for (const auto& [stage, pair] : misplaced) {
    Negotiator listener = quiet_initiator(stage);
    EXPECT_EQ(reason_of(hear(listener, pair)), Reason::wrong_stage) << pair;
  }
}

//= ledger R7143-6.3-16
TEST(Rfc7143_6_3_InitiatorAnswers, RepetitionIsDetected) {
  for (const char* pairs :
       {"MaxBurstLength=8192;MaxBurstLength=8192", "TargetAlias=a;TargetAlias=a",
        "MaxRecvDataSegmentLength=8192;MaxRecvDataSegmentLength=4096", "X#NodeArchitecture=a;X#NodeArchitecture=a"}) {
    Negotiator listener = quiet_initiator();
    EXPECT_EQ(reason_of(hear(listener, pairs)), Reason::repeated) << pairs;
  }
  // Across stages and over an answer of its own.
  Negotiator stages = quiet_initiator(Stage::security);
  EXPECT_EQ(hear(stages, "TargetPortalGroupTag=1"), std::nullopt);
  stages.enter(Stage::operational);
  EXPECT_EQ(reason_of(hear(stages, "TargetPortalGroupTag=1")), Reason::repeated);
  Negotiator answered = quiet_initiator();
  EXPECT_EQ(answer(answered, "DefaultTime2Wait=2"), "DefaultTime2Wait=2");
  EXPECT_EQ(reason_of(hear(answered, "DefaultTime2Wait=2")), Reason::repeated);
}

// --- Values.

//= ledger R7143-6.2.1-01 R7143-6.2.1-03
TEST(Rfc7143_6_2_1_InitiatorAnswers, TheFirstSupportedValueIsSelected) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::none, Digest::crc32c};
  policy.header_digest.offer = false;
  for (const auto& [list, selected] : Exchanges{{"CRC32C,None", "CRC32C"},
                                                {"None,CRC32C", "None"},
                                                {"Y-com.example.sum,,CRC32C", "CRC32C"},
                                                {"Y-com.example.sum", "Reject"}}) {
    Negotiator listener = initiator_with(policy);
    EXPECT_EQ(answer(listener, "HeaderDigest=" + list), "HeaderDigest=" + selected) << list;
  }
}

//= ledger R7143-6.2.1-02
TEST(Rfc7143_6_2_1_InitiatorOffers, NoneStandsForAMissingDigest) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::crc32c, Digest::none};
  policy.data_digest = {Digest::none};
  Negotiator offering({.role = Role::initiator, .stage = Stage::operational}, policy);
  EXPECT_EQ(say(offering), "MaxRecvDataSegmentLength=8192;HeaderDigest=CRC32C,None;DataDigest=None");
  EXPECT_EQ(hear(offering, "HeaderDigest=None;DataDigest=None"), std::nullopt);
  EXPECT_EQ(offering.finish(), std::nullopt);
  EXPECT_EQ(offering.connection_parameters().header_digest, Digest::none);
}

//= ledger R7143-6.2.2-02 R7143-6.2.2-03
TEST(Rfc7143_6_2_2_InitiatorAnswers, AnInadmissibleProposalIsRejected) {
  for (const char* pair : {"MaxConnections=0", "MaxConnections=1~4", "MaxBurstLength=511", "MaxBurstLength=16777216",
                           "InitialR2T=yes", "DefaultTime2Wait=3601", "ErrorRecoveryLevel=3", "MaxOutstandingR2T=x"}) {
    Negotiator listener = initiator_with(widest_policy());
    const std::string_view key = std::string_view(pair).substr(0, std::string_view(pair).find('='));
    EXPECT_EQ(answer(listener, pair), std::string(key) + "=Reject") << pair;
    EXPECT_EQ(listener.session_parameters(), SessionParameters{});
  }
}

//= ledger R7143-6.2.2-03 R7143-6.2.2-01
TEST(Rfc7143_6_2_2_InitiatorAnswers, TheAnswerIsAdmissibleAndTheResult) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_burst_length) = {.preferred = 1U << 20, .worst = 512, .offer = false};
  Negotiator listener = initiator_with(policy);
  EXPECT_EQ(answer(listener, "MaxBurstLength=0x200000;DefaultTime2Wait=7"),
            "MaxBurstLength=1048576;DefaultTime2Wait=7");
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_parameters().max_burst_length, 1048576U);
  EXPECT_EQ(listener.session_parameters().default_time2wait_s, 7U);
}

//= ledger R7143-6.2.2-04
TEST(Rfc7143_6_2_2_InitiatorAnswers, RangesAreRejected) {
  // The only keys whose values are ranges are obsolete.
  Negotiator listener = quiet_initiator();
  EXPECT_EQ(answer(listener, "IFMarkInt=2048~8192;OFMarkInt=1~65535"), "IFMarkInt=Reject;OFMarkInt=Reject");
}

//= ledger R7143-6.2.2-05
TEST(Rfc7143_6_2_2_InitiatorAnswers, ABooleanIsAnsweredWithTheResultOfBothSides) {
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      Policy policy = quiet_policy();
      policy.number(KeyId::initial_r2t) = {.preferred = ours ? 1U : 0U, .worst = ours ? 0U : 1U, .offer = false};
      policy.number(KeyId::immediate_data) = policy.number(KeyId::initial_r2t);
      Negotiator listener = initiator_with(policy);
      const std::string proposed = theirs ? "Yes" : "No";
      EXPECT_EQ(answer(listener, "InitialR2T=" + proposed + ";ImmediateData=" + proposed),
                std::string("InitialR2T=") + (ours || theirs ? "Yes" : "No") +
                    ";ImmediateData=" + (ours && theirs ? "Yes" : "No"));
    }
  }
}

//= ledger R7143-7.4.1-01 R7143-7.4.1-02
TEST(Rfc7143_7_4_1_InitiatorAnswers, ADiscoverySessionHasErrorRecoveryLevelZero) {
  Policy policy = quiet_policy();
  policy.number(KeyId::error_recovery_level) = {.preferred = 2, .worst = 0, .offer = true};
  Negotiator discovery({.role = Role::initiator, .stage = Stage::operational, .session_type = SessionType::discovery},
                       policy);
  EXPECT_EQ(say(discovery), "MaxRecvDataSegmentLength=8192");
  EXPECT_EQ(answer(discovery, "ErrorRecoveryLevel=2"), "ErrorRecoveryLevel=0");
  EXPECT_EQ(discovery.finish(), std::nullopt);
  EXPECT_EQ(discovery.session_parameters().error_recovery_level, 0U);
}

// --- The initiator's own offers.

//= ledger R7143-6.2-06
TEST(Rfc7143_6_2_InitiatorOffers, WhatNobodyProposedKeepsItsDefault) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_burst_length).preferred = 1U << 20;
  Negotiator silent = initiator_with(policy);
  EXPECT_EQ(silent.finish(), std::nullopt);
  EXPECT_EQ(silent.session_parameters(), SessionParameters{});
}

//= ledger R7143-6.2-09
TEST(Rfc7143_6_2_InitiatorOffers, NotUnderstoodEndsTheMatterForKeysThatAllowIt) {
  Policy policy = quiet_policy();
  policy.node_architecture = "Lunway/0.1";
  policy.number(KeyId::protocol_level) = {.preferred = 2, .worst = 0, .offer = true};
  Negotiator offering({.role = Role::initiator, .stage = Stage::operational}, policy);
  EXPECT_EQ(say(offering), "MaxRecvDataSegmentLength=8192;X#NodeArchitecture=Lunway/0.1;iSCSIProtocolLevel=2");
  EXPECT_EQ(hear(offering, "X#NodeArchitecture=NotUnderstood;iSCSIProtocolLevel=NotUnderstood"), std::nullopt);
  EXPECT_EQ(offering.finish(), std::nullopt);
  EXPECT_EQ(offering.session_parameters().protocol_level, 1U);
}

//= ledger R7143-6.2-11
TEST(Rfc7143_6_2_InitiatorOffers, NotUnderstoodIsAProtocolErrorForKeysOfTheStandard) {
  for (const KeyInfo& info : kKeys) {
    if (!info.negotiated() || info.not_understood != NotUnderstood::protocol_error) continue;
    Policy policy;
    Negotiator offering({.role = Role::initiator, .stage = Stage::operational}, policy);
    const std::string offers = say(offering);
    ASSERT_NE(offers.find(std::string(info.name) + "="), std::string::npos) << info.name;
    const auto violation = hear(offering, std::string(info.name) + "=NotUnderstood");
    ASSERT_EQ(reason_of(violation), Reason::not_understood) << info.name;
    EXPECT_TRUE(is_protocol_error(violation->reason));
  }
}

//= ledger R7143-6.2-12
TEST(Rfc7143_6_2_InitiatorOffers, NoneIsNoNumberAndNoBoolean) {
  Negotiator number = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
  EXPECT_EQ(reason_of(hear(number, "MaxBurstLength=None")), Reason::malformed_answer);
  Negotiator boolean = initiator_offering(KeyId::immediate_data, {.preferred = 1, .worst = 0});
  EXPECT_EQ(reason_of(hear(boolean, "ImmediateData=None")), Reason::malformed_answer);
}

//= ledger R7143-6.2-13
TEST(Rfc7143_6_2_InitiatorOffers, ARejectedOneEndsItWhenTheCurrentValueWillNotDo) {
  Negotiator offering = initiator_offering(KeyId::max_burst_length, {.preferred = 65536, .worst = 512});
  EXPECT_EQ(reason_of(hear(offering, "MaxBurstLength=Reject")), Reason::unacceptable);
}

//= ledger R7143-6.2.1-04
TEST(Rfc7143_6_2_1_InitiatorOffers, ASelectionThatWasNotProposedIsAProtocolError) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::crc32c};
  for (const char* selection : {"None", "CRC32C,None", "Y-com.example.sum", ""}) {
    Negotiator offering = initiator_with(policy);
    const auto violation = hear(offering, "HeaderDigest=" + std::string(selection));
    ASSERT_EQ(reason_of(violation), Reason::answer_not_offered);
    EXPECT_TRUE(is_protocol_error(violation->reason));
  }
}

//= ledger R7143-6.2.2-06
TEST(Rfc7143_6_2_2_InitiatorOffers, AnOfferThatDecidesNeedsNoAnswer) {
  Negotiator offering = initiator_offering(KeyId::immediate_data, {.preferred = 0, .worst = 0});
  EXPECT_EQ(offering.finish(), std::nullopt);
  EXPECT_FALSE(offering.session_parameters().immediate_data);
}

//= ledger R7143-6.2.2-07
TEST(Rfc7143_6_2_2_InitiatorOffers, AllOthersNeedAnAnswer) {
  for (const KeyId key : {KeyId::max_burst_length, KeyId::default_time2wait, KeyId::immediate_data}) {
    Negotiator offering = initiator_offering(key, {.preferred = info_of(key).highest, .worst = info_of(key).lowest});
    EXPECT_TRUE(offering.awaits_answer());
    EXPECT_EQ(reason_of(offering.finish()), Reason::unanswered) << info_of(key).name;
  }
}

//= ledger R7143-6.2-17 R7143-6.2-12 R7143-13.1-06 R7143-13.1-07 R7143-13.1-08 R7143-13.1-09 R7143-13.22-01 R7143-6.2-07
TEST(Rfc7143_6_2_InitiatorOffers, NameOnlyKeysAndValuesOfTheStandard) {
  // Whatever the policy wants: all that an initiator can say comes from the table of keys.
  Policy policy = widest_policy();
  for (NumberWish& wish : policy.numbers) wish.offer = true;
  policy.header_digest = policy.data_digest = {Digest::crc32c};
  policy.task_reporting.offer = true;
  Negotiator offering({.role = Role::initiator, .stage = Stage::operational}, policy);
  std::string said = say(offering) + ";";
  while (!said.empty()) {
    const std::string pair = said.substr(0, said.find(';'));
    said.erase(0, pair.size() + 1);
    const std::string key = pair.substr(0, pair.find('='));
    EXPECT_NE(find_key(key), nullptr) << key;
    EXPECT_FALSE(key.starts_with("X"));
    const std::string value = pair.substr(key.size() + 1);
    EXPECT_EQ(value.find('~'), std::string::npos) << "a range, for " << key;
    for (const char* reserved : {"Reject", "Irrelevant", "NotUnderstood"}) EXPECT_NE(value, reserved) << key;
  }
}

}  // namespace
}  // namespace lunway::text
