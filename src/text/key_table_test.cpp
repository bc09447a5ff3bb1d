// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The table says what the sections say. These lists are written from the RFC, not from the table.

#include "text/key_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace lunway::text {
namespace {

/// Name, range and default of a number as section 13 gives them.
struct Number {
  std::string_view name;
  Rule rule;
  std::uint32_t lowest;
  std::uint32_t highest;
  std::uint32_t default_value;
};

TEST(Rfc7143_13_KeyTable, NumbersHaveTheirRangesAndDefaults) {
  const std::vector<Number> numbers{
      {"MaxConnections", Rule::minimum, 1, 65535, 1},
      {"MaxRecvDataSegmentLength", Rule::declarative, 512, 16777215, 8192},
      {"MaxBurstLength", Rule::minimum, 512, 16777215, 262144},
      {"FirstBurstLength", Rule::minimum, 512, 16777215, 65536},
      {"DefaultTime2Wait", Rule::maximum, 0, 3600, 2},
      {"DefaultTime2Retain", Rule::minimum, 0, 3600, 20},
      {"MaxOutstandingR2T", Rule::minimum, 1, 65535, 1},
      {"ErrorRecoveryLevel", Rule::minimum, 0, 2, 0},
      {"iSCSIProtocolLevel", Rule::minimum, 0, 31, 1},
  };
  for (const Number& number : numbers) {
    const KeyInfo* info = find_key(number.name);
    ASSERT_NE(info, nullptr) << number.name;
    EXPECT_EQ(info->rule, number.rule) << number.name;
    EXPECT_EQ(info->lowest, number.lowest) << number.name;
    EXPECT_EQ(info->highest, number.highest) << number.name;
    EXPECT_EQ(info->default_value, number.default_value) << number.name;
  }
}

TEST(Rfc7143_13_KeyTable, BooleansHaveTheirFunctionsAndDefaultToYes) {
  for (const auto& [name, rule] :
       std::vector<std::pair<std::string_view, Rule>>{{"InitialR2T", Rule::boolean_or},
                                                      {"ImmediateData", Rule::boolean_and},
                                                      {"DataPDUInOrder", Rule::boolean_or},
                                                      {"DataSequenceInOrder", Rule::boolean_or}}) {
    const KeyInfo* info = find_key(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(info->rule, rule) << name;
    EXPECT_EQ(info->words[info->default_value], "Yes") << name;
  }
}

TEST(Rfc7143_13_KeyTable, TheseKeysAreIrrelevantInDiscoverySessions) {
  const std::vector<std::string_view> irrelevant{
      "MaxConnections",    "InitialR2T",     "ImmediateData",       "MaxBurstLength", "FirstBurstLength",
      "MaxOutstandingR2T", "DataPDUInOrder", "DataSequenceInOrder", "TaskReporting",  "iSCSIProtocolLevel"};
  for (const KeyInfo& info : kKeys) {
    const bool listed = std::ranges::find(irrelevant, info.name) != irrelevant.end();
    EXPECT_EQ(info.irrelevant_in_discovery, listed) << info.name;
  }
}

TEST(Rfc7143_13_KeyTable, TheseKeysAreForTheLeadingConnection) {
  const std::vector<std::string_view> leading_only{
      "MaxConnections",   "InitialR2T",         "ImmediateData",      "MaxBurstLength", "FirstBurstLength",
      "DefaultTime2Wait", "DefaultTime2Retain", "MaxOutstandingR2T",  "DataPDUInOrder", "DataSequenceInOrder",
      "SessionType",      "ErrorRecoveryLevel", "X#NodeArchitecture", "TaskReporting",  "iSCSIProtocolLevel"};
  for (const KeyInfo& info : kKeys) {
    const bool listed = std::ranges::find(leading_only, info.name) != leading_only.end();
    EXPECT_EQ(info.leading_only(), listed) << info.name;
  }
}

//= ledger R7143-12-01
TEST(Rfc7143_12_KeyTable, OnlyTheseKeysAreForTheSecurityStage) {
  const std::vector<std::string_view> listed{"SessionType",    "InitiatorName", "TargetName",          "TargetAddress",
                                             "InitiatorAlias", "TargetAlias",   "TargetPortalGroupTag"};
  for (const KeyInfo& info : kKeys) {
    const bool allowed =
        info.allowed_in(Stage::security, Role::initiator) || info.allowed_in(Stage::security, Role::target);
    const bool expected = info.rule == Rule::authentication || std::ranges::find(listed, info.name) != listed.end();
    EXPECT_EQ(allowed, expected) << info.name;
  }
}

TEST(Rfc7143_13_KeyTable, TheseKeysAreForTheFullFeaturePhase) {
  const auto full_feature = [](std::string_view name, Role sender) {
    return find_key(name)->allowed_in(Stage::full_feature, sender);
  };
  EXPECT_TRUE(full_feature("MaxRecvDataSegmentLength", Role::initiator));
  EXPECT_TRUE(full_feature("MaxRecvDataSegmentLength", Role::target));
  EXPECT_TRUE(full_feature("SendTargets", Role::initiator));
  EXPECT_FALSE(full_feature("SendTargets", Role::target));
  EXPECT_TRUE(full_feature("TargetAddress", Role::target));
  EXPECT_FALSE(full_feature("MaxBurstLength", Role::initiator));
  EXPECT_FALSE(full_feature("HeaderDigest", Role::initiator));
}

TEST(Rfc7143_13_KeyTable, NamesAreCaseSensitive) {
  EXPECT_EQ(find_key("maxburstlength"), nullptr);
  EXPECT_EQ(find_key("MaxBurstLength "), nullptr);
  EXPECT_EQ(find_key(""), nullptr);
  EXPECT_EQ(find_key("X-com.example.key"), nullptr);
}

}  // namespace
}  // namespace lunway::text
