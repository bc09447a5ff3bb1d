// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target's half of the negotiation: what it answers to every key, and what it does with the answers to its own
// offers.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/negotiator.h"
#include "text/negotiator_testing.h"

namespace lunway::text {
namespace {

using testing::answer;
using testing::hear;
using testing::quiet_policy;
using testing::reason_of;
using testing::say;
using testing::target;
using testing::target_with;

/// A target that may agree to everything that section 13 allows.
Policy widest_policy() {
  Policy policy = quiet_policy();
  for (const KeyInfo& info : kKeys) {
    if (info.type != ValueType::number || !info.negotiated()) continue;
    // The value that leaves the choice to the peer.
    const bool maximum = info.rule == Rule::maximum;
    policy.number(info.id) = {.preferred = maximum ? info.lowest : info.highest,
                              .worst = maximum ? info.highest : info.lowest,
                              .offer = false};
  }
  return policy;
}

/// A target that cannot work without a MaxBurstLength of 64 KiB, and has just said so.
Negotiator target_that_offers() {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_burst_length) = {.preferred = 65536, .worst = 4096, .offer = false};
  Negotiator offering = target_with(policy);
  EXPECT_EQ(say(offering, true), "MaxBurstLength=65536");
  return offering;
}

// --- Every key of section 13.

//= ledger R7143-6.2-10 R7143-6.2-14 R7143-6.2-15 R7143-11.12.10-02 R7143-11.13.8-02
//= ledger R7143-6.2.2-01
TEST(Rfc7143_6_2_TargetAnswers, EveryKeyOfTheStandardIsUnderstood) {
  const std::vector<std::pair<std::string, std::string>> exchanges{
      {"HeaderDigest=None", "HeaderDigest=None"},
      {"DataDigest=CRC32C,None", "DataDigest=None"},
      {"MaxConnections=8", "MaxConnections=8"},
      {"InitiatorName=iqn.2026-11.io.lunway:a", ""},
      {"InitiatorAlias=a", ""},
      {"TargetName=iqn.2026-11.io.lunway:b", ""},
      {"SessionType=Normal", ""},
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
    Negotiator listener = target_with(widest_policy());
    EXPECT_EQ(answer(listener, heard), answered);
  }
}

struct Bounds {
  std::string key;
  std::uint32_t lowest;
  std::uint32_t highest;
};

class TargetNumber : public ::testing::TestWithParam<Bounds> {
 protected:
  static std::string pair(std::uint64_t value) { return GetParam().key + "=" + std::to_string(value); }
};

using Rfc7143_13_TargetNumber = TargetNumber;

//= ledger R7143-13.2-01 R7143-13.13-01 R7143-13.15-01 R7143-13.16-01 R7143-13.17-01
//= ledger R7143-13.20-01 R7143-6.2.2-03 R7144-7.1.1-02
TEST_P(Rfc7143_13_TargetNumber, IsTakenWithinItsRangeAndRejectedOutside) {
  for (const std::uint64_t inside : {GetParam().lowest, GetParam().lowest + 1, GetParam().highest}) {
    Negotiator listener = target_with(widest_policy());
    EXPECT_EQ(answer(listener, pair(inside)), pair(inside));
  }
  std::vector<std::uint64_t> outside{std::uint64_t{GetParam().highest} + 1, 1ULL << 32U};
  if (GetParam().lowest > 0) outside.push_back(GetParam().lowest - 1);
  for (const std::uint64_t value : outside) {
    Negotiator listener = target_with(widest_policy());
    EXPECT_EQ(answer(listener, pair(value)), GetParam().key + "=Reject") << value;
  }
}

INSTANTIATE_TEST_SUITE_P(Ranges, Rfc7143_13_TargetNumber,
                         ::testing::Values(Bounds{"MaxConnections", 1, 65535}, Bounds{"MaxBurstLength", 512, 16777215},
                                           Bounds{"DefaultTime2Wait", 0, 3600}, Bounds{"DefaultTime2Retain", 0, 3600},
                                           Bounds{"MaxOutstandingR2T", 1, 65535}, Bounds{"ErrorRecoveryLevel", 0, 2},
                                           Bounds{"iSCSIProtocolLevel", 0, 31}),
                         [](const auto& bounds) { return bounds.param.key; });

//= ledger R7143-13.2-01 R7143-13.13-01 R7143-13.15-01 R7143-13.16-01 R7143-13.17-01
//= ledger R7143-13.20-01
TEST(Rfc7143_13_TargetResult, IsTheMinimumOrTheMaximumOfBothSides) {
  Policy policy = quiet_policy();
  policy.number(KeyId::max_connections) = {.preferred = 4, .worst = 1};
  policy.number(KeyId::max_burst_length) = {.preferred = 131072, .worst = 512};
  policy.number(KeyId::default_time2wait) = {.preferred = 5, .worst = 3600};
  policy.number(KeyId::default_time2retain) = {.preferred = 10, .worst = 0};
  policy.number(KeyId::max_outstanding_r2t) = {.preferred = 4, .worst = 1};
  policy.number(KeyId::error_recovery_level) = {.preferred = 1, .worst = 0};
  policy.number(KeyId::data_sequence_in_order) = {.preferred = 0, .worst = 1};
  Negotiator above = target_with(policy);
  EXPECT_EQ(answer(above,
                   "MaxConnections=9;MaxBurstLength=262144;DefaultTime2Wait=9;DefaultTime2Retain=20;"
                   "ErrorRecoveryLevel=2;DataSequenceInOrder=No;MaxOutstandingR2T=9"),
            "MaxConnections=4;MaxBurstLength=131072;DefaultTime2Wait=9;DefaultTime2Retain=10;"
            "ErrorRecoveryLevel=1;DataSequenceInOrder=No;MaxOutstandingR2T=4");
  Negotiator below = target_with(policy);
  EXPECT_EQ(answer(below,
                   "MaxConnections=2;MaxBurstLength=512;DefaultTime2Wait=2;DefaultTime2Retain=0;"
                   "ErrorRecoveryLevel=0;DataSequenceInOrder=No;MaxOutstandingR2T=2"),
            "MaxConnections=2;MaxBurstLength=512;DefaultTime2Wait=5;DefaultTime2Retain=0;"
            "ErrorRecoveryLevel=0;DataSequenceInOrder=No;MaxOutstandingR2T=2");
}

//= ledger R7143-13.10-01 R7144-7.1.1-02 R7143-13.21-01
TEST(Rfc7143_13_TargetDiscovery, KeysWithoutMeaningThereAreIrrelevant) {
  Negotiator listener = target_with(widest_policy());
  EXPECT_EQ(
      answer(listener,
             "SessionType=Discovery;InitialR2T=No;iSCSIProtocolLevel=2;ErrorRecoveryLevel=2;TaskReporting=RFC3720"),
      "InitialR2T=Irrelevant;iSCSIProtocolLevel=Irrelevant;ErrorRecoveryLevel=0;TaskReporting=Irrelevant");
}

//= ledger R7143-13.25-01 R7143-13.25-03 R7143-13.25-04 R7143-13.25-05 R7143-13.25-02
//= ledger R7143-6.2.2-04
TEST(Rfc7143_13_25_TargetObsoleteKeys, AreRejectedInEverySessionType) {
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, "SessionType=Discovery;IFMarker=No;OFMarker=Yes;IFMarkInt=2048~8192;OFMarkInt=Reject2"),
            "IFMarker=Reject;OFMarker=Reject;IFMarkInt=Reject;OFMarkInt=Reject");
}

//= ledger R7143-13.22-01 R7143-13.22-03 R7143-6.2-08 R7143-13.1-05
TEST(Rfc7143_13_22_TargetExtensions, PrivateKeysAndValuesAreAnsweredAndHaveNoEffect) {
  const std::string longest = "X-" + std::string(61, 'k');
  Negotiator listener = target();
  EXPECT_EQ(answer(listener, longest + "=1;X-com.example.k=Y;HeaderDigest=Y-com.example.sum,None"),
            longest + "=NotUnderstood;X-com.example.k=NotUnderstood;HeaderDigest=None");
  EXPECT_EQ(listener.finish(), std::nullopt);
  EXPECT_EQ(listener.session_parameters(), SessionParameters{});
}

//= ledger R7143-13.26.1-02 R7143-13.26.1-01 R7143-13.26.2-01 R7143-13.26.2-02
TEST(Rfc7143_13_26_TargetNodeArchitecture, ChangesNothingAndIsDeclaredOnce) {
  const std::string keys = "MaxBurstLength=65536;ImmediateData=No";
  Negotiator without = target();
  const std::string answered = answer(without, keys);
  for (const char* architecture : {"ExampleOS/v1", "", "0", "None"}) {
    Negotiator with = target();
    EXPECT_EQ(answer(with, "X#NodeArchitecture=" + std::string(architecture) + ";" + keys), answered);
    EXPECT_EQ(with.finish(), std::nullopt);
    EXPECT_EQ(with.session_parameters().max_burst_length, 65536U);
    EXPECT_EQ(reason_of(hear(with, "X#NodeArchitecture=again")), Reason::repeated);
  }
}

//= ledger R7143-13.26.2-06 R7143-6.2-09
TEST(Rfc7143_13_26_TargetNodeArchitecture, NeedNotBeUnderstoodByTheInitiator) {
  Policy policy = quiet_policy();
  policy.node_architecture = "Lunway/0.1";
  Negotiator declaring({.role = Role::target, .stage = Stage::operational}, policy);
  EXPECT_EQ(answer(declaring, "ImmediateData=No"),
            "ImmediateData=No;MaxRecvDataSegmentLength=8192;X#NodeArchitecture=Lunway/0.1");
  EXPECT_EQ(hear(declaring, "X#NodeArchitecture=NotUnderstood"), std::nullopt);
  EXPECT_EQ(declaring.finish(), std::nullopt);
}

// --- The target's own offers.

//= ledger R7143-6.2-11
TEST(Rfc7143_6_2_TargetOffers, NotUnderstoodIsAProtocolErrorForKeysOfTheStandard) {
  Negotiator offering = target_that_offers();
  EXPECT_EQ(reason_of(hear(offering, "MaxBurstLength=NotUnderstood")), Reason::not_understood);
}

//= ledger R7143-6.2-13
TEST(Rfc7143_6_2_TargetOffers, ARejectedOneEndsItWhenTheCurrentValueWillNotDo) {
  Negotiator offering = target_that_offers();
  EXPECT_EQ(reason_of(hear(offering, "MaxBurstLength=Reject")), Reason::unacceptable);
}

//= ledger R7143-6.2-12
TEST(Rfc7143_6_2_TargetOffers, NoneIsNoNumber) {
  Negotiator offering = target_that_offers();
  EXPECT_EQ(reason_of(hear(offering, "MaxBurstLength=None")), Reason::malformed_answer);
}

//= ledger R7143-6.2.1-04
TEST(Rfc7143_6_2_1_TargetOffers, ASelectionThatWasNotProposedIsAProtocolError) {
  Policy policy = quiet_policy();
  policy.header_digest = {Digest::crc32c};
  for (const char* selection : {"None", "CRC32C,None", "Y-com.example.sum", ""}) {
    Negotiator offering = target_with(policy);
    EXPECT_EQ(say(offering, true), "HeaderDigest=CRC32C");
    EXPECT_EQ(reason_of(hear(offering, "HeaderDigest=" + std::string(selection))), Reason::answer_not_offered);
  }
}

//= ledger R7143-6.2.2-07
TEST(Rfc7143_6_2_2_TargetOffers, ThoseThatNeedAnAnswerKeepTheStageOpen) {
  Negotiator offering = target_that_offers();
  EXPECT_TRUE(offering.awaits_answer());
  EXPECT_EQ(reason_of(offering.finish()), Reason::unanswered);
}

//= ledger R7143-6.2.2-06
TEST(Rfc7143_6_2_2_TargetOffers, AnOfferThatDecidesNeedsNoAnswer) {
  Policy policy = quiet_policy();
  policy.number(KeyId::immediate_data) = {.preferred = 0, .worst = 0, .offer = false};
  Negotiator offering = target_with(policy);
  EXPECT_EQ(say(offering, true), "ImmediateData=No");
  EXPECT_EQ(offering.finish(), std::nullopt);
  EXPECT_FALSE(offering.session_parameters().immediate_data);
}

//= ledger R7143-13.23-02
TEST(Rfc7143_13_23_TargetOffers, NameTheTwoBasicValues) {
  Policy policy = quiet_policy();
  policy.task_reporting = {TaskReporting::fast_abort};
  Negotiator offering = target_with(policy);
  EXPECT_EQ(say(offering, true), "TaskReporting=FastAbort,ResponseFence,RFC3720");
}

//= ledger R7143-6.2-17 R7143-13.1-06 R7143-13.1-07 R7143-13.1-08 R7143-13.1-09
TEST(Rfc7143_6_2_TargetOffers, NameOnlyKeysAndValuesOfTheStandard) {
  // Whatever the policy wants: all that a target can say comes from the table of keys.
  Policy policy = widest_policy();
  policy.header_digest = policy.data_digest = {Digest::crc32c};
  policy.number(KeyId::max_burst_length) = {.preferred = 4096, .worst = 512, .offer = false};
  Negotiator offering = target_with(policy);
  const std::string said = say(offering, true);
  EXPECT_EQ(said, "HeaderDigest=CRC32C;DataDigest=CRC32C;MaxBurstLength=4096;FirstBurstLength=4096");
  for (const char* extension : {"X#", "X-", "Y-", "Y#", "Z-"}) EXPECT_EQ(said.find(extension), std::string::npos);
}

}  // namespace
}  // namespace lunway::text
