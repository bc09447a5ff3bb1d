// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Key by key what section 13 says, and the offers of both roles.

#include <gtest/gtest.h>

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
using testing::target;
using testing::target_with;

// --- Single keys.

//= ledger(target) R7143-13.10-01 R7143-6.2.2-05
TEST(Rfc7143_13_10_InitialR2T, IsAnOr) {
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      Policy policy = quiet_policy();
      policy.number(KeyId::initial_r2t).preferred = ours ? 1 : 0;
      Negotiator listener = target_with(policy);
      const bool result = ours || theirs;
      EXPECT_EQ(answer(listener, theirs ? "InitialR2T=Yes" : "InitialR2T=No"),
                result ? "InitialR2T=Yes" : "InitialR2T=No");
      EXPECT_EQ(listener.session_parameters().initial_r2t, result);
    }
  }
}

TEST(Rfc7143_13_11_ImmediateData, IsAnAnd) {
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      Policy policy = quiet_policy();
      policy.number(KeyId::immediate_data).preferred = ours ? 1 : 0;
      Negotiator listener = target_with(policy);
      const bool result = ours && theirs;
      EXPECT_EQ(answer(listener, theirs ? "ImmediateData=Yes" : "ImmediateData=No"),
                result ? "ImmediateData=Yes" : "ImmediateData=No");
      EXPECT_EQ(listener.session_parameters().immediate_data, result);
    }
  }
}

//= ledger(target) R7143-13.12-02
TEST(Rfc7143_13_12_MaxRecvDataSegmentLength, IsDeclaredByEachSideForItself) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_recv_data_segment_length).preferred = 262144;
  Negotiator listener({.role = Role::target, .stage = Stage::operational}, policy);
  EXPECT_EQ(answer(listener, "MaxRecvDataSegmentLength=65536"), "MaxRecvDataSegmentLength=262144");
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.connection_parameters().our_max_recv_data_segment_length, 262144U);
  EXPECT_EQ(listener.connection_parameters().peer_max_recv_data_segment_length, 65536U);
}

TEST(Rfc7143_13_12_MaxRecvDataSegmentLength, OutOfRangeIsAProtocolError) {
  for (const char* value : {"0", "511", "16777216", "x", "", "0x1000000", "8192~16384"}) {
    Negotiator listener = target();
    EXPECT_EQ(reason_of(hear(listener, "MaxRecvDataSegmentLength=" + std::string(value))),
              Reason::malformed_declaration)
        << value;
  }
}

TEST(Rfc7143_13_12_MaxRecvDataSegmentLength, IsRedeclaredInTheFullFeaturePhaseWhenItChanges) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_recv_data_segment_length).preferred = 65536;
  Negotiator changed({.role = Role::initiator, .stage = Stage::full_feature}, policy);
  EXPECT_EQ(say(changed), "MaxRecvDataSegmentLength=65536");
  const ConnectionParameters same{.our_max_recv_data_segment_length = 65536};
  Negotiator unchanged({.role = Role::initiator, .stage = Stage::full_feature, .connection = same}, policy);
  EXPECT_EQ(say(unchanged), "");
}

TEST(Rfc7143_13_14_FirstBurstLength, IsIrrelevantWithoutUnsolicitedData) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "FirstBurstLength=4192;InitialR2T=Yes;ImmediateData=No"),
            "InitialR2T=Yes;ImmediateData=No;FirstBurstLength=Irrelevant")
      << "the order of the keys does not matter";
}

//= ledger(target) R7143-13.14-01 R7143-6.2-20
TEST(Rfc7143_13_14_FirstBurstLength, IsAnsweredWithinMaxBurstLength) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "FirstBurstLength=65536;MaxBurstLength=4096"),
            "MaxBurstLength=4096;FirstBurstLength=4096");
  EXPECT_EQ(listener.finish(), std::nullopt);
}

TEST(Rfc7143_13_14_FirstBurstLength, IsAnsweredWithinTheMaxBurstLengthThatWeWillAnswer) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_burst_length).preferred = 16384;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "FirstBurstLength=65536"), "FirstBurstLength=16384");
  EXPECT_EQ(answer(listener, "MaxBurstLength=65536"), "MaxBurstLength=16384");
  EXPECT_EQ(listener.finish(), std::nullopt);
}

//= ledger(target) R7143-13.14-01 R7143-6.2-20
TEST(Rfc7143_13_14_FirstBurstLength, AboveALaterMaxBurstLengthBreaksIntegrityAtTheTarget) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "FirstBurstLength=65536"), "FirstBurstLength=65536");
  EXPECT_EQ(answer(listener, "MaxBurstLength=4096"), "MaxBurstLength=4096");
  EXPECT_EQ(reason_of(listener.finish()), Reason::integrity);
}

TEST(Rfc7143_13_14_FirstBurstLength, AnInitiatorKeepsToTheSmallerNumber) {
  Policy policy;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  say(initiator);
  EXPECT_EQ(
      hear(initiator,
           "HeaderDigest=None;DataDigest=None;MaxConnections=1;InitialR2T=Yes;ImmediateData=Yes;MaxBurstLength=4096;"
           "FirstBurstLength=65536;DefaultTime2Wait=2;DefaultTime2Retain=20;MaxOutstandingR2T=1;DataPDUInOrder=Yes;"
           "DataSequenceInOrder=Yes;ErrorRecoveryLevel=0"),
      std::nullopt);
  EXPECT_EQ(initiator.finish(), std::nullopt);
  EXPECT_EQ(initiator.session_parameters().first_burst_length, 4096U);
}

TEST(Rfc7143_13_14_FirstBurstLength, TheTargetAsksForItWhenTheDefaultNoLongerFits) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "MaxBurstLength=4096", true), "MaxBurstLength=4096;FirstBurstLength=4096");
  EXPECT_TRUE(listener.awaits_answer()) << "so the T bit stays clear";
  EXPECT_EQ(hear(listener, "FirstBurstLength=2048"), std::nullopt);
  EXPECT_FALSE(listener.awaits_answer());
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_parameters().first_burst_length, 2048U);
}

//= ledger(initiator) R7143-13.14-01
TEST(Rfc7143_13_14_FirstBurstLength, IsOfferedWithinTheMaxBurstLengthOfTheSameOffer) {
  const auto offers = [](std::uint32_t max_burst, std::uint32_t first_burst) {
    Policy policy = quiet_policy();
    policy.number(KeyId::max_burst_length) = {.preferred = max_burst, .worst = 512, .offer = true};
    policy.number(KeyId::first_burst_length) = {.preferred = first_burst, .worst = 512, .offer = true};
    Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
    return say(initiator);
  };
  EXPECT_EQ(offers(4096, 65536), "MaxRecvDataSegmentLength=8192;MaxBurstLength=4096;FirstBurstLength=4096");
  EXPECT_EQ(offers(1U << 20, 1U << 19), "MaxRecvDataSegmentLength=8192;MaxBurstLength=1048576;FirstBurstLength=524288");
}

TEST(Rfc7143_13_14_FirstBurstLength, IsNotOfferedWithAnOfferOfNoUnsolicitedData) {
  Policy policy = quiet_policy();
  policy.number(KeyId::immediate_data) = {.preferred = 0, .worst = 0, .offer = true};
  policy.number(KeyId::first_burst_length).offer = true;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  EXPECT_EQ(say(initiator), "MaxRecvDataSegmentLength=8192;ImmediateData=No");
}

//= ledger(target) R7143-13.19-02
TEST(Rfc7143_13_19_DataSequenceInOrder, WithErrorRecoveryAllowsOneR2T) {
  Policy policy = quiet_policy();
  policy.number(KeyId::error_recovery_level).preferred = 2;
  policy.number(KeyId::max_outstanding_r2t).preferred = 16;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "MaxOutstandingR2T=8;ErrorRecoveryLevel=2;DataSequenceInOrder=Yes"),
            "ErrorRecoveryLevel=2;DataSequenceInOrder=Yes;MaxOutstandingR2T=1");
}

TEST(Rfc7143_13_19_DataSequenceInOrder, AnyOrderAllowsMoreR2Ts) {
  Policy policy = quiet_policy();
  policy.number(KeyId::error_recovery_level).preferred = 2;
  policy.number(KeyId::max_outstanding_r2t).preferred = 16;
  policy.number(KeyId::data_sequence_in_order).preferred = 0;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "MaxOutstandingR2T=8;ErrorRecoveryLevel=2;DataSequenceInOrder=No"),
            "ErrorRecoveryLevel=2;DataSequenceInOrder=No;MaxOutstandingR2T=8");
}

//= ledger(target) R7143-13.19-02
TEST(Rfc7143_13_19_DataSequenceInOrder, TheResultIsOneR2TWhateverWasAnsweredBefore) {
  Policy policy = quiet_policy();
  policy.number(KeyId::error_recovery_level).preferred = 1;
  policy.number(KeyId::max_outstanding_r2t).preferred = 16;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "MaxOutstandingR2T=8"), "MaxOutstandingR2T=8");
  EXPECT_EQ(answer(listener, "ErrorRecoveryLevel=1"), "ErrorRecoveryLevel=1");
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_parameters().max_outstanding_r2t, 1U);
}

//= ledger(initiator) R7143-13.19-02
TEST(Rfc7143_13_19_DataSequenceInOrder, WithErrorRecoveryOneR2TIsOffered) {
  for (const std::uint32_t in_order : {0U, 1U}) {
    Policy policy = quiet_policy();
    policy.number(KeyId::error_recovery_level) = {.preferred = 2, .worst = 0, .offer = true};
    policy.number(KeyId::max_outstanding_r2t) = {.preferred = 8, .worst = 1, .offer = true};
    policy.number(KeyId::data_sequence_in_order) = {.preferred = in_order, .worst = 1, .offer = true};
    Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
    const std::string offers = say(initiator) + ";";
    EXPECT_TRUE(offers.contains(in_order == 1 ? "MaxOutstandingR2T=1;" : "MaxOutstandingR2T=8;")) << offers;
    EXPECT_EQ(hear(initiator, std::string("MaxOutstandingR2T=") + (in_order == 1 ? "1" : "8") +
                                  ";DataSequenceInOrder=Yes;ErrorRecoveryLevel=2"),
              std::nullopt);
    EXPECT_EQ(initiator.finish(), std::nullopt);
    EXPECT_EQ(initiator.session_parameters().max_outstanding_r2t, 1U);
  }
}

TEST(Rfc7143_13_21_SessionType, DiscoveryMakesKeysIrrelevant) {
  Negotiator listener = target();
  EXPECT_EQ(
      answer(listener,
             "MaxConnections=4;DataSequenceInOrder=Yes;HeaderDigest=None;DefaultTime2Wait=2;SessionType=Discovery"),
      "MaxConnections=Irrelevant;DataSequenceInOrder=Irrelevant;HeaderDigest=None;DefaultTime2Wait=2");
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_type(), SessionType::discovery);
  EXPECT_EQ(listener.session_parameters().max_connections, 1U);
}

//= ledger(target) R7143-13.21-01
TEST(Rfc7143_13_21_SessionType, DiscoveryHasErrorRecoveryLevelZero) {
  Policy policy = quiet_policy();
  policy.number(KeyId::error_recovery_level).preferred = 2;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "SessionType=Discovery;ErrorRecoveryLevel=2"), "ErrorRecoveryLevel=0");
}

TEST(Rfc7143_13_21_SessionType, IsDiscoveryOrNormal) {
  Negotiator listener = target();
  EXPECT_EQ(reason_of(hear(listener, "SessionType=discovery")), Reason::malformed_declaration);
}

TEST(Rfc7143_13_23_TaskReporting, OffersAlwaysNameTheTwoBasicValues) {
  Policy policy = quiet_policy();
  policy.task_reporting = {TaskReporting::fast_abort};
  policy.task_reporting.offer = true;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  EXPECT_EQ(say(initiator), "MaxRecvDataSegmentLength=8192;TaskReporting=FastAbort,ResponseFence,RFC3720");
  EXPECT_EQ(hear(initiator, "TaskReporting=FastAbort"), std::nullopt);
  EXPECT_EQ(initiator.session_parameters().task_reporting, TaskReporting::fast_abort);
}

//= ledger(target) R7143-13.23-01
TEST(Rfc7143_13_23_TaskReporting, TheFirstSupportedValueIsAnswered) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "TaskReporting=FastAbort,ResponseFence,RFC3720"), "TaskReporting=ResponseFence");
}

//= ledger(target) R7143-13.24-01
TEST(Rfc7143_13_24_ProtocolLevel, IsOneUnlessWeSayMore) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "iSCSIProtocolLevel=2"), "iSCSIProtocolLevel=1");
  EXPECT_EQ(listener.session_parameters().protocol_level, 1U);
}

TEST(Rfc7144_7_1_1_ProtocolLevel, TwoNeedsBothSides) {
  Policy policy = quiet_policy();
  policy.number(KeyId::protocol_level).preferred = 2;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener, "iSCSIProtocolLevel=2"), "iSCSIProtocolLevel=2");
  EXPECT_EQ(listener.session_parameters().protocol_level, 2U);
}

//= ledger(initiator) R7144-7.1.1-01 R7144-7.1.1-02
TEST(Rfc7144_7_1_1_ProtocolLevel, SilenceAndNotUnderstoodLeaveLevelOne) {
  Negotiator silent = initiator_offering(KeyId::protocol_level, {.preferred = 2, .worst = 0});
  EXPECT_EQ(silent.finish(), std::nullopt);
  EXPECT_EQ(silent.session_parameters().protocol_level, 1U);
  Negotiator unknown = initiator_offering(KeyId::protocol_level, {.preferred = 2, .worst = 0});
  EXPECT_EQ(hear(unknown, "iSCSIProtocolLevel=NotUnderstood"), std::nullopt);
  EXPECT_EQ(unknown.finish(), std::nullopt);
  EXPECT_EQ(unknown.session_parameters().protocol_level, 1U);
}

//= ledger(target) R7143-13.25-01 R7143-13.25-03 R7143-13.25-04 R7143-13.25-05
TEST(Rfc7143_13_25_ObsoleteKeys, AreRejected) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "IFMarker=Yes;OFMarker=No;IFMarkInt=1~2;OFMarkInt=65535"),
            "IFMarker=Reject;OFMarker=Reject;IFMarkInt=Reject;OFMarkInt=Reject");
}

//= ledger(target) R7143-13.26.1-01
TEST(Rfc7143_13_26_NodeArchitecture, IsKeptForTheLogAndNeverAnswered) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "X#NodeArchitecture=ExampleOS/v1234,Firmware/2.0"), "");
  EXPECT_EQ(listener.declared(KeyId::node_architecture), "ExampleOS/v1234,Firmware/2.0");
  Negotiator limit = target();
  EXPECT_EQ(reason_of(hear(limit, "X#NodeArchitecture=" + std::string(256, 'a'))), Reason::malformed_declaration);
}

TEST(Rfc7143_13_26_NodeArchitecture, IsSentOnDemandAndNeedNotBeUnderstood) {
  Policy policy = quiet_policy();
  policy.node_architecture = "Lunway/0.1";
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, policy);
  EXPECT_EQ(say(initiator), "MaxRecvDataSegmentLength=8192;X#NodeArchitecture=Lunway/0.1");
  EXPECT_EQ(hear(initiator, "X#NodeArchitecture=NotUnderstood"), std::nullopt);
  EXPECT_EQ(initiator.declared(KeyId::node_architecture), std::nullopt);
}

TEST(Rfc7143_13_6_TargetAlias, IsUtf8OfAtMost255Bytes) {
  const auto heard = [](const std::string& alias) {
    Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
    return reason_of(hear(initiator, "TargetAlias=" + alias));
  };
  EXPECT_EQ(heard("Bob-s Disk \xc3\xa4"), std::nullopt);
  EXPECT_EQ(heard(""), std::nullopt);
  EXPECT_EQ(heard("\xff"), Reason::malformed_declaration);
  EXPECT_EQ(heard(std::string(256, 'a')), Reason::malformed_declaration);
}

TEST(Rfc7143_13_9_TargetPortalGroupTag, IsDeclaredByTheTarget) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::security}, quiet_policy());
  EXPECT_EQ(hear(initiator, "TargetPortalGroupTag=0x10"), std::nullopt);
  EXPECT_EQ(initiator.declared(KeyId::target_portal_group_tag), "0x10");
  Negotiator malformed({.role = Role::initiator, .stage = Stage::security}, quiet_policy());
  EXPECT_EQ(reason_of(hear(malformed, "TargetPortalGroupTag=65536")), Reason::malformed_declaration);
}

TEST(Rfc7143_12_SecurityKeys, GoToTheCaller) {
  Negotiator listener = target(Stage::security);
  for (const KeyValue pair :
       {KeyValue{"AuthMethod", "CHAP,None"}, {"CHAP_A", "5"}, {"CHAP_N", "Reject"}, {"SRP_U", "a"}}) {
    const auto received = listener.receive(pair);
    ASSERT_TRUE(received) << pair.key;
    EXPECT_EQ(*received, Negotiator::Received::for_caller);
  }
}

// --- Offers.

TEST(Rfc7143_6_3_3_Offers, AnInitiatorOffersInTheOperationalStageOnly) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::security}, Policy());
  EXPECT_EQ(say(initiator), "");
  initiator.enter(Stage::operational);
  EXPECT_EQ(say(initiator),
            "MaxRecvDataSegmentLength=8192;HeaderDigest=None;DataDigest=None;MaxConnections=1;InitialR2T=Yes;"
            "ImmediateData=Yes;MaxBurstLength=262144;FirstBurstLength=65536;DefaultTime2Wait=2;DefaultTime2Retain=20;"
            "MaxOutstandingR2T=1;DataPDUInOrder=Yes;DataSequenceInOrder=Yes;ErrorRecoveryLevel=0");
  EXPECT_EQ(say(initiator), "") << "once";
}

TEST(Rfc7143_6_3_3_Offers, ADiscoverySessionOffersNothingIrrelevant) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational, .session_type = SessionType::discovery},
                       Policy());
  EXPECT_EQ(say(initiator),
            "MaxRecvDataSegmentLength=8192;HeaderDigest=None;DataDigest=None;DefaultTime2Wait=2;DefaultTime2Retain=20");
}

TEST(Rfc7143_6_2_TargetOffers, ATargetOffersWhatItCannotDoWithout) {
  Policy policy = quiet_policy();
  policy.number(KeyId::immediate_data) = {.preferred = 0, .worst = 0, .offer = false};
  policy.number(KeyId::max_burst_length).preferred = 131072;
  policy.header_digest = {Digest::crc32c};
  Negotiator listener = target_with(policy);
  EXPECT_EQ(say(listener), "") << "the initiator may still say it itself";
  EXPECT_EQ(say(listener, true), "HeaderDigest=CRC32C;ImmediateData=No;MaxBurstLength=131072");
  EXPECT_TRUE(listener.awaits_answer());
  EXPECT_EQ(hear(listener, "HeaderDigest=CRC32C;MaxBurstLength=65536"), std::nullopt);
  EXPECT_EQ(listener.finish(), std::nullopt) << "ImmediateData=No needs no answer";
  EXPECT_FALSE(listener.session_parameters().immediate_data);
  EXPECT_EQ(listener.session_parameters().max_burst_length, 65536U);
}

TEST(Rfc7143_6_2_TargetOffers, AnInitiatorAnswersThem) {
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, quiet_policy());
  say(initiator);
  EXPECT_EQ(answer(initiator, "MaxBurstLength=131072;HeaderDigest=CRC32C,None;X-t=1"),
            "MaxBurstLength=131072;HeaderDigest=None;X-t=NotUnderstood");
}

TEST(Rfc7143_6_2_TargetOffers, ALoginThatLeavesNoRoomForThemFails) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::crc32c};
  Negotiator listener = target_with(policy, Stage::security);
  EXPECT_EQ(reason_of(listener.finish()), Reason::unacceptable);
}

TEST(Rfc7143_B_LoginExamples, TheTargetProposesMaxBurstLength) {
  // I-> FirstBurstLength=8192   T-> FirstBurstLength=4096 MaxBurstLength=8192   I-> MaxBurstLength=8192
  Policy ours = quiet_policy();
  ours.number(KeyId::first_burst_length) = {.preferred = 8192, .worst = 512, .offer = true};
  Policy theirs = quiet_policy();
  theirs.number(KeyId::first_burst_length).preferred = 4096;
  theirs.number(KeyId::max_burst_length).preferred = 8192;
  Negotiator initiator({.role = Role::initiator, .stage = Stage::operational}, ours);
  Negotiator listener = target_with(theirs);
  EXPECT_EQ(say(initiator), "MaxRecvDataSegmentLength=8192;FirstBurstLength=8192");
  EXPECT_EQ(answer(listener, "FirstBurstLength=8192", true), "FirstBurstLength=4096;MaxBurstLength=8192");
  EXPECT_EQ(answer(initiator, "FirstBurstLength=4096;MaxBurstLength=8192"), "MaxBurstLength=8192");
}

TEST(Rfc7143_6_3_3_Offers, OfAnotherInitiatorAreAnsweredInFull) {
  // The operational stage as libiscsi 1.19.0 opens it.
  Policy policy = quiet_policy();
  policy.header_digest = policy.data_digest = {Digest::crc32c, Digest::none};
  policy.number(KeyId::initial_r2t).preferred = 0;
  policy.number(KeyId::first_burst_length).preferred = 131072;
  policy.number(KeyId::error_recovery_level).preferred = 2;
  Negotiator listener = target_with(policy);
  EXPECT_EQ(answer(listener,
                   "HeaderDigest=None,CRC32C;DataDigest=None;InitialR2T=No;ImmediateData=Yes;MaxBurstLength=262144;"
                   "FirstBurstLength=262144;DefaultTime2Wait=2;DefaultTime2Retain=0;MaxOutstandingR2T=1;"
                   "ErrorRecoveryLevel=0;IFMarker=No;OFMarker=No;MaxConnections=1;MaxRecvDataSegmentLength=262144;"
                   "DataPDUInOrder=Yes;DataSequenceInOrder=Yes",
                   true),
            "HeaderDigest=None;DataDigest=None;InitialR2T=No;ImmediateData=Yes;MaxBurstLength=262144;"
            "DefaultTime2Wait=2;DefaultTime2Retain=0;ErrorRecoveryLevel=0;IFMarker=Reject;OFMarker=Reject;"
            "MaxConnections=1;DataPDUInOrder=Yes;DataSequenceInOrder=Yes;FirstBurstLength=131072;MaxOutstandingR2T=1");
  EXPECT_FALSE(listener.awaits_answer()) << "so the T bit can be set";
  EXPECT_EQ(listener.finish(), std::nullopt);
}

TEST(Rfc7143_6_1_Limits, AnswersThatDoNotFitEndTheNegotiation) {
  Negotiator listener = target();
  EXPECT_EQ(hear(listener, "X-long.key.name=1;X-another=2"), std::nullopt);
  TextWriter out(40);
  const auto failed = listener.compose(out, false);
  EXPECT_EQ(reason_of(failed), Reason::answer_too_long);
}

TEST(Violation, SaysKeyRuleAndSectionAndNothingOfThePeer) {
  Negotiator listener = target();
  const auto violation = hear(listener, "SessionType=%s%n<script>");
  EXPECT_EQ(describe(*violation), "SessionType: a declaration of a value that the key does not allow (rfc7143#6.1)");
}

}  // namespace
}  // namespace lunway::text
