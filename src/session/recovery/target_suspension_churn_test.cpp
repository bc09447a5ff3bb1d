// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator that loses connections with commands on them, over and over, and takes none of them up again.
//= rfc7143#7.5

#include <memory>
#include <vector>

#include "session/testing/lost_connection.h"

namespace lunway::session::testing {
namespace {

struct Churn : LostConnection {
  std::vector<std::unique_ptr<TargetRig>> rigs;
};

using Rfc7143_7_5_SuspensionChurn = Churn;

constexpr int kRounds = 40;
constexpr std::uint32_t kReads = 4;

/// Each round has a CID of its own, so that no login takes the place of the one before.
TEST_F(Rfc7143_7_5_SuspensionChurn, KeepsNoMoreConnectionsThanTheLimit) {
  rig.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
  log_in_for_recovery({"MaxConnections=2"});
  rig.device = [this](const SessionOutput& output) {
    if (const auto* submit = std::get_if<Submit>(&output)) finish_read(submit->task, 512);
    return true;
  };
  std::uint32_t cmd_sn = 100;
  std::uint32_t most = 0;
  for (int round = 0; round < kRounds; ++round) {
    TargetRig& one = *rigs.emplace_back(std::make_unique<TargetRig>());
    one.join(rig);
    one.send(wire::LoginRequest::build(joining_fields(wire::Cid(static_cast<std::uint16_t>(100 + round)),
                                                      from_to(kOperational, kFullFeature))),
             bytes_of(names()));
    ASSERT_EQ(login_status(one), wire::LoginStatus::success);
    for (std::uint32_t i = 0; i < kReads; ++i) {
      one.send(wire::ScsiCommand::build(read_fields(cmd_sn, cmd_sn, 512)));
      ++cmd_sn;
    }
    one.transmit();  // all statuses leave, none is acknowledged
    one.connection->peer_closed(one.now);
    one.drain();
    one.destroy_connection();
    most = std::max(most, rig.session->active_tasks());
    EXPECT_TRUE(rig.session->is_consistent());
  }
  EXPECT_LE(most, (SessionLimits().lost_connections + 1) * kReads);
  rig.advance(std::chrono::hours(2));
  EXPECT_EQ(rig.session->active_tasks(), 0U);
}

/// The same CID again and again: each login is the recovery logout of the connection before.
TEST_F(Rfc7143_7_5_SuspensionChurn, KeepsNoMoreStatusesThanTheLimit) {
  log_in_for_recovery();
  rig.device = [this](const SessionOutput& output) {
    if (const auto* submit = std::get_if<Submit>(&output)) finish_read(submit->task, 512);
    return true;
  };
  lose();
  std::uint32_t cmd_sn = 100;
  for (int round = 0; round < kRounds; ++round) {
    TargetRig& one = *rigs.emplace_back(std::make_unique<TargetRig>());
    one.join(rig);
    one.send(wire::LoginRequest::build(joining_fields(kLost, from_to(kOperational, kFullFeature))), bytes_of(names()));
    ASSERT_EQ(login_status(one), wire::LoginStatus::success);
    for (std::uint32_t i = 0; i < 32; ++i) {
      one.send(wire::ScsiCommand::build(read_fields(cmd_sn, cmd_sn, 512)));
      ++cmd_sn;
    }
    one.transmit();
    one.connection->peer_closed(one.now);
    one.drain();
    one.destroy_connection();
    EXPECT_LE(rig.session->active_tasks(), SessionLimits().retained_reads);
    EXPECT_TRUE(rig.session->is_consistent());
  }
  rig.advance(std::chrono::hours(2));
  EXPECT_EQ(rig.session->active_tasks(), 0U);
}

}  // namespace
}  // namespace lunway::session::testing
