// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What stands in the Login Requests of an initiator, over a whole Login Phase, on the leading connection and on
// another; and what the Login Responses' own fields are used for.
//= rfc7143#11.12
//= rfc7143#11.13

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/testing/initiator_login_ladder.h"
#include "session/testing/second_connection.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// "X-com.example.k100=1;...": keys whose answers are longer than they are.
std::string unknown_keys(int count) {
  std::string pairs;
  for (int i = 0; i < count; ++i) pairs += "X-com.example.k" + std::to_string(100 + i) + "=1;";
  pairs.pop_back();
  return pairs;
}

int count_of(const std::vector<SentPdu>& requests, std::string_view key) {
  int count = 0;
  for (const SentPdu& request : requests) {
    text::PairReader reader(request.text());
    while (const auto pair = reader.next()) count += pair->key == key ? 1 : 0;
  }
  return count;
}

struct WholeLogin : InitiatorLoginLadder {
  explicit WholeLogin(InitiatorProfile profile = SecondConnection::profile())
      : InitiatorLoginLadder(std::move(profile)) {}

  SentPdu take() {
    request();
    requests.push_back(last);
    return last;
  }
  /// A login of many requests: the target keeps its T bit for itself for a while, and asks long questions.
  void log_in() {
    take();
    deliver(response(kSecurity), "AuthMethod=None");
    take();
    deliver(transit(kSecurity, kOperational));
    offers = take().text();
    deliver(response(kOperational), unknown_keys(300));
    while (take().as<wire::LoginRequest>().flags.continues) deliver(response(kOperational));
    accept();
    EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
    EXPECT_GT(requests.size(), 4U);
  }

  std::vector<SentPdu> requests;
};

// ------------------------------------------------------------------------------------------------ fields of requests

using Rfc7143_11_12_InitiatorLoginRequests = WholeLogin;

//= ledger R7143-11.12-01 R7143-11.12.4-01 R7143-11.12.4.1-01 R7143-11.12.4.2-01 R7143-11.12.6-01 R7143-11.12.6-03
//= ledger R7143-11.12.7-01 R7143-6.3-20
TEST_F(Rfc7143_11_12_InitiatorLoginRequests, KeepTheirFieldsThroughTheLoginPhase) {
  log_in();
  for (const SentPdu& pdu : requests) {
    EXPECT_EQ(pdu.opcode(), wire::Opcode::login_request);
    const auto fields = pdu.as<wire::LoginRequest>();
    EXPECT_EQ(fields.version_max, 0);
    EXPECT_EQ(fields.version_min, 0);
    EXPECT_EQ(fields.tsih, wire::kNewSession);
    EXPECT_EQ(fields.cid, kRigCid);
    EXPECT_EQ(fields.isid, rig.session.profile().isid);
    EXPECT_EQ(fields.itt, requests.front().as<wire::LoginRequest>().itt);
    EXPECT_EQ(fields.cmd_sn, wire::CmdSN(kRigFirstCmdSN));
    EXPECT_TRUE(wire::BasicHeader(pdu.header).immediate());
  }
}

//= ledger R7143-11.12.2-01 R7143-11.10.2-01 R7143-11.10.5-01
TEST_F(Rfc7143_11_12_InitiatorLoginRequests, HaveNoTBitWithTheCBitAndAtMost8192Bytes) {
  log_in();
  int continued = 0;
  for (const SentPdu& pdu : requests) {
    const auto flags = pdu.as<wire::LoginRequest>().flags;
    if (flags.continues) ++continued;
    EXPECT_FALSE(flags.continues && flags.transit);
    EXPECT_LE(pdu.data.size(), 8192U);
  }
  EXPECT_GT(continued, 0);
}

//= ledger R7143-11.12.10-01 R7143-13.4-01 R7143-13.4-02 R7143-13.5-01 R7143-13.5-02
TEST_F(Rfc7143_11_12_InitiatorLoginRequests, NameInitiatorAndTargetInTheFirstAndNeverAgain) {
  log_in();
  const std::string first(requests.front().text());
  EXPECT_THAT(first, StartsWith(text_of_pairs("InitiatorName=iqn.2026-11.io.lunway:initiator")));
  EXPECT_THAT(first, HasSubstr(text_of_pairs("TargetName=iqn.2026-11.io.lunway:disk")));
  EXPECT_THAT(first, HasSubstr("AuthMethod="));
  EXPECT_EQ(count_of(requests, "InitiatorName"), 1);
  EXPECT_EQ(count_of(requests, "TargetName"), 1);
  EXPECT_EQ(count_of(requests, "SessionType"), 1);
}

struct Rfc7143_13_7_InitiatorAlias : WholeLogin {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.initiator_alias = "Web Server 4";
    return profile;
  }
  Rfc7143_13_7_InitiatorAlias() : WholeLogin(profile()) {}
};

//= ledger R7143-13.7-01
TEST_F(Rfc7143_13_7_InitiatorAlias, IsSaidWhenThereIsOne) {
  log_in();
  EXPECT_THAT(std::string(requests.front().text()), HasSubstr(text_of_pairs("InitiatorAlias=Web Server 4")));
  EXPECT_EQ(count_of(requests, "InitiatorAlias"), 1);
}

// --------------------------------------------------------------------------------------------------------- discovery

struct Discovery : WholeLogin {
  static InitiatorProfile profile() {
    InitiatorProfile profile = SecondConnection::profile();
    profile.target_name.clear();
    profile.session_type = text::SessionType::discovery;
    profile.policy.number(text::KeyId::error_recovery_level) = {.preferred = 2, .worst = 0};
    profile.policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
    profile.policy.number(text::KeyId::protocol_level) = {.preferred = 2, .worst = 0};
    profile.policy.task_reporting.offer = true;
    return profile;
  }
  Discovery() : WholeLogin(profile()) {}
};

using Rfc7143_13_21_InitiatorDiscovery = Discovery;
using Rfc7143_13_10_InitiatorDiscovery = Discovery;
using Rfc7143_13_22_InitiatorDiscovery = Discovery;

//= ledger R7143-13.21-01 R7143-13.21-02
TEST_F(Rfc7143_13_21_InitiatorDiscovery, IsSaidInTheFirstRequestAndHasNoErrorRecovery) {
  log_in();
  EXPECT_THAT(std::string(requests.front().text()), HasSubstr(text_of_pairs("SessionType=Discovery")));
  EXPECT_EQ(count_of(requests, "TargetName"), 0);
  EXPECT_EQ(count_of(requests, "ErrorRecoveryLevel"), 0) << "0 is the default";
  EXPECT_EQ(rig.session.parameters().error_recovery_level, 0);
}

//= ledger R7143-13.10-01 R7144-7.1.1-02
TEST_F(Rfc7143_13_10_InitiatorDiscovery, OffersNothingThatIsIrrelevant) {
  log_in();
  for (const char* key :
       {"MaxConnections", "InitialR2T", "ImmediateData", "MaxBurstLength", "FirstBurstLength", "MaxOutstandingR2T",
        "DataPDUInOrder", "DataSequenceInOrder", "TaskReporting", "iSCSIProtocolLevel"}) {
    EXPECT_EQ(count_of(requests, key), 0) << key;
  }
}

//= ledger R7143-13.22-01 R7143-13.22-02
TEST_F(Rfc7143_13_22_InitiatorDiscovery, SaysNoKeyOfAVendor) {
  log_in();
  for (const SentPdu& pdu : requests) {
    text::PairReader reader(pdu.text());
    while (const auto pair = reader.next())
      EXPECT_TRUE(text::find_key(pair->key) != nullptr || pair->value == "NotUnderstood") << pair->key;
  }
}

// -------------------------------------------------------------------------------------------------- other connections

struct Joining : ::testing::Test {
  Joining() : rig(SecondConnection::profile()) { rig.log_in("MaxConnections=2"); }

  InitiatorRig rig;
};

using Rfc7143_11_12_InitiatorJoining = Joining;
using Rfc7143_13_InitiatorJoining = Joining;

//= ledger R7143-11.12.6-02 R7143-11.12.6-03 R7143-11.12.7-01 R7143-13.5-01 R7143-13.4-01
TEST_F(Rfc7143_11_12_InitiatorJoining, NamesTheSessionAndBothNodes) {
  SecondConnection second(rig);
  const std::vector<SentPdu> requests = second.log_in();
  ASSERT_EQ(second.connection.state(), InitiatorConnectionState::logged_in);
  for (const SentPdu& pdu : requests) {
    const auto fields = pdu.as<wire::LoginRequest>();
    EXPECT_EQ(fields.tsih, wire::Tsih(0x77));
    EXPECT_EQ(fields.isid, rig.session.profile().isid);
    EXPECT_EQ(fields.cid, kSecondCid);
  }
  EXPECT_EQ(count_of(requests, "InitiatorName"), 1);
  EXPECT_EQ(count_of(requests, "TargetName"), 1);
  EXPECT_THAT(std::string(requests.front().text()), StartsWith("InitiatorName="));
}

//= ledger R7143-13-01
TEST_F(Rfc7143_13_InitiatorJoining, LeavesOutTheKeysOfTheLeadingConnection) {
  SecondConnection second(rig);
  for (const SentPdu& pdu : second.log_in()) {
    text::PairReader reader(pdu.text());
    while (const auto pair = reader.next()) {
      const text::KeyInfo* info = text::find_key(pair->key);
      ASSERT_NE(info, nullptr) << pair->key;
      EXPECT_FALSE(info->leading_only()) << pair->key;
    }
  }
}

// ---------------------------------------------------------------------------------------------- fields of responses

using Rfc7143_11_13_InitiatorVersions = InitiatorLoginLadder;

//= ledger R7143-11.13.1-02 R7143-11.13.2-02
TEST_F(Rfc7143_11_13_InitiatorVersions, TheFirstResponseSaysThem) {
  request();
  // T -> I: the target has newer versions too; what is active is 0
  auto first = transit(kSecurity, kOperational);
  first.version_max = 3;
  deliver(first, "AuthMethod=None");
  ASSERT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(offer().version_max, 0);
  // T -> I: another Version-max changes nothing any more
  auto last_one = transit(kOperational, kFullFeature);
  last_one.version_max = 0;
  rig.deliver(wire::LoginResponse::build(rig.numbered(last_one)), std::string_view(InitiatorRig::agree(offers, "")));
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

//= ledger R7143-11.13.2-02
TEST_F(Rfc7143_11_13_InitiatorVersions, AnotherActiveVersionLaterEndsTheConnection) {
  request();
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  offer();
  auto last_one = transit(kOperational, kFullFeature);
  last_one.version_active = 1;
  rig.deliver(wire::LoginResponse::build(rig.numbered(last_one)), std::string_view(InitiatorRig::agree(offers, "")));
  expect_closed(InitiatorCloseReason::protocol_error, "Version-active");
}

struct Rfc7143_11_13_5_InitiatorStatus : InitiatorLoginLadder, ::testing::WithParamInterface<wire::LoginStatus> {
  void expect_left() {
    ASSERT_NE(rig.closed(), nullptr);
    EXPECT_EQ(rig.closed()->status, GetParam());
    EXPECT_FALSE(rig.connection.wants_input());
    EXPECT_TRUE(rig.connection.next_transmit(rig.time).empty());
    EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::free);
  }
};

//= ledger R7143-11.13.5-06
TEST_P(Rfc7143_11_13_5_InitiatorStatus, OtherThanSuccessClosesTheConnection) {
  request();
  auto fields = response(kSecurity);
  fields.status = GetParam();
  deliver(fields, "TargetAddress=10.0.0.2");
  expect_left();
}

//= ledger R7143-11.13.5-06
TEST_P(Rfc7143_11_13_5_InitiatorStatus, OtherThanSuccessClosesTheConnectionInTheSecondStageToo) {
  pass_security();
  auto fields = response(kOperational);
  fields.status = GetParam();
  deliver(fields, "TargetAddress=10.0.0.2");
  expect_left();
}

INSTANTIATE_TEST_SUITE_P(Classes, Rfc7143_11_13_5_InitiatorStatus,
                         ::testing::Values(wire::LoginStatus::target_moved_temporarily,
                                           wire::LoginStatus::target_moved_permanently,
                                           wire::LoginStatus::initiator_error,
                                           wire::LoginStatus::authentication_failure, wire::LoginStatus::not_found,
                                           wire::LoginStatus::target_error, wire::LoginStatus::out_of_resources));

}  // namespace
}  // namespace lunway::session
