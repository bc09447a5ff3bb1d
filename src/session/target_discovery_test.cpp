// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Discovery sessions and SendTargets at a target, as ladders.
//= rfc7143#4.3
//= rfc7143#C

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/testing/ladder.h"
#include "text/send_targets.h"
#include "wire/snack_request.h"

namespace lunway::session::testing {
namespace {

using wire::LogoutReason;
using wire::RejectReason;

constexpr std::string_view kOther = "iqn.2026-11.io.lunway:other";

class TargetDiscoveryLadder : public ::testing::Test {
 protected:
  TargetDiscoveryLadder() {
    rig.directory.targets.front().addresses.push_back({.host = "2001:db8::1", .port = 3261, .portal_group_tag = 2});
    rig.directory.targets.push_back(
        {.name = std::string(kOther), .addresses = {{.host = "192.0.2.1", .port = 3260, .portal_group_tag = 1}}});
  }

  void discover() { log_in_for_discovery(rig); }

  void send_targets(std::string_view value) {
    rig.send(wire::TextRequest::build({.immediate = true, .itt = wire::Itt(50)}),
             bytes_of(text_pairs({"SendTargets=" + std::string(value)})));
  }

  /// The records of the one Text Response that answers.
  std::vector<text::TargetRecord> records_of(std::string_view value) {
    send_targets(value);
    const auto pdu = rig.receive();
    EXPECT_THAT(pdu, Is<wire::TextResponse>(With(&wire::TextResponse::Fields::final, true)));
    if (!pdu) return {};
    const auto records = text::parse_target_records(std::string(pdu->text()));
    EXPECT_TRUE(records) << "something that is no target record";
    return records.value_or(std::vector<text::TargetRecord>());
  }

  void expect_reject() { EXPECT_THAT(rig.receive(), Is<wire::Reject>()); }

  TargetRig rig;
};

using Rfc7143_4_3_TargetDiscoverySession = TargetDiscoveryLadder;
using Rfc7143_C_TargetDiscoverySession = TargetDiscoveryLadder;
using Rfc7143_C_TargetNormalSession = TargetDiscoveryLadder;

// --- What a discovery session may ask.

//= ledger R7143-4.3-01
TEST_F(Rfc7143_4_3_TargetDiscoverySession, SendTargetsAndTheClosingLogoutAreServed) {
  discover();
  EXPECT_EQ(records_of("All").size(), 2U);
  rig.send(wire::LogoutRequest::build({.immediate = true, .reason = LogoutReason::close_session, .itt = wire::Itt(8)}));
  EXPECT_THAT(rig.receive(), Is<wire::LogoutResponse>(
                                 With(&wire::LogoutResponse::Fields::response, wire::LogoutResponseCode::closed)));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-4.3-02
TEST_F(Rfc7143_4_3_TargetDiscoverySession, EveryOtherRequestIsRejected) {
  discover();
  const std::vector<wire::Header> requests{
      wire::NopOut::build({.itt = wire::Itt(1)}),
      wire::ScsiCommand::build(read_fields(1, 100, 512)),
      wire::TaskManagementRequest::build({.immediate = true, .itt = wire::Itt(1)}),
      wire::SnackRequest::build({.itt = wire::Itt(1)}),
      wire::DataOut::build(data_out_fields(1, wire::kNoTtt, 0, 0, true)),
      wire::LogoutRequest::build(
          {.immediate = true, .reason = LogoutReason::close_connection, .itt = wire::Itt(8), .cid = wire::Cid(3)}),
      wire::LogoutRequest::build(
          {.immediate = true, .reason = LogoutReason::remove_for_recovery, .itt = wire::Itt(8), .cid = wire::Cid(3)}),
  };
  for (const wire::Header& request : requests) {
    rig.send(request);
    expect_reject();
    EXPECT_FALSE(rig.closed);
  }
  EXPECT_TRUE(rig.asked.empty()) << "nothing reaches a device";
}

//= ledger R7143-4.3-02 R7143-13.22-02
TEST_F(Rfc7143_4_3_TargetDiscoverySession, TextWithOtherKeysIsRejected) {
  discover();
  for (const char* pair : {"MaxRecvDataSegmentLength=512", "X-com.example.k=1", "TargetName=x", "HeaderDigest=None"}) {
    rig.send(wire::TextRequest::build({.immediate = true, .itt = wire::Itt(50)}), bytes_of(text_pairs({pair})));
    expect_reject();
  }
}

using Rfc7143_7_4_1_TargetDiscoverySession = TargetDiscoveryLadder;
using Rfc7143_7_4_3_TargetDiscoverySession = TargetDiscoveryLadder;

//= ledger R7143-7.4.1-01 R7143-7.4.1-02
TEST_F(Rfc7143_7_4_1_TargetDiscoverySession, HasErrorRecoveryLevelZeroWhateverIsAskedFor) {
  rig.directory.policy.negotiation.number(text::KeyId::error_recovery_level) = {.preferred = 2, .worst = 0};
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))),
           bytes_of(text_pairs(
               {"InitiatorName=iqn.2026-11.io.lunway:initiator", "SessionType=Discovery", "ErrorRecoveryLevel=2"})));
  const auto answer = rig.receive();
  ASSERT_TRUE(answer && rig.requested);
  EXPECT_THAT(answer->text(), ::testing::HasSubstr(text_pairs({"ErrorRecoveryLevel=0"})));
  EXPECT_EQ(rig.requested->session.error_recovery_level, 0);
}

// Rejects aside, which section 4.3 demands.
//= ledger R7143-7.4.3-01
TEST_F(Rfc7143_7_4_3_TargetDiscoverySession, IsClosedWithoutAPingOrAMessage) {
  discover();
  for (Duration idle{}; idle < ConnectionLimits{}.discovery_idle; idle += std::chrono::seconds(1)) {
    EXPECT_FALSE(rig.closed);
    EXPECT_TRUE(rig.target_is_silent());
    rig.advance(std::chrono::seconds(1));
  }
  EXPECT_TRUE(rig.closed);
  for (const bool asks : {true, false}) {
    TargetRig other;
    log_in_for_discovery(other);
    if (asks) {
      other.connection->request_logout(other.now, std::chrono::seconds(5));
    } else {
      other.connection->drop(other.now);
    }
    other.drain();
    EXPECT_TRUE(other.target_is_silent());
    ASSERT_TRUE(other.closed);
    EXPECT_EQ(other.closed->reason, CloseReason::dropped);
  }
}

// --- SendTargets in a discovery session.

//= ledger R7143-AppC-03 R7143-AppC-04 R7143-AppC-08 R7143-AppC-14 R7143-AppC-18 R7143-13.8-02
TEST_F(Rfc7143_C_TargetDiscoverySession, AllListsEveryTargetWithAllItsPaths) {
  discover();
  EXPECT_EQ(records_of("All"), rig.directory.targets);
}

//= ledger R7143-AppC-10 R7143-AppC-11
TEST_F(Rfc7143_C_TargetDiscoverySession, EveryTargetOfTheListCanBeAskedForByName) {
  discover();
  for (const text::TargetRecord& target : rig.directory.targets) {
    EXPECT_EQ(records_of(target.name), std::vector{target});
  }
  EXPECT_TRUE(records_of("iqn.2026-11.io.lunway:unknown").empty());
}

//= ledger R7143-AppC-15
TEST_F(Rfc7143_C_TargetDiscoverySession, WhoMayReachNothingIsToldNothing) {
  rig.directory.targets.clear();
  discover();
  EXPECT_TRUE(records_of("All").empty());
}

// --- SendTargets in a normal session.

//= ledger R7143-AppC-05 R7143-AppC-12 R7143-AppC-13
TEST_F(Rfc7143_C_TargetNormalSession, AnEmptyValueMeansItsOwnTarget) {
  log_in(rig);
  EXPECT_EQ(records_of(""), std::vector{rig.directory.targets.front()});
}

//= ledger R7143-AppC-13
TEST_F(Rfc7143_C_TargetNormalSession, AnotherTargetIsNotTold) {
  log_in(rig);
  EXPECT_TRUE(records_of(kOther).empty());
  EXPECT_EQ(records_of(kTargetName), std::vector{rig.directory.targets.front()});
}

//= ledger R7143-AppC-09
TEST_F(Rfc7143_C_TargetNormalSession, AllIsNotSupported) {
  log_in(rig);
  send_targets("All");
  expect_reject();
  EXPECT_FALSE(rig.closed);
}

}  // namespace
}  // namespace lunway::session::testing
