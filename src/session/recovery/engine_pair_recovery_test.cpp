// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Both engines at ErrorRecoveryLevel 1 over a connection that loses and damages PDUs: every command succeeds, every
// read returns what was written, and nobody closes the connection.
//= rfc7143#7.1.4

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "session/testing/engine_pair.h"

namespace lunway::session::testing {
namespace {

constexpr std::size_t kBlock = 16384;
constexpr std::uint32_t kBlocks = 32;

InitiatorProfile profile() {
  InitiatorProfile profile = EnginePair::profile();
  profile.policy.number(text::KeyId::error_recovery_level).preferred = 1;
  profile.policy.number(text::KeyId::max_recv_data_segment_length).preferred = 4096;
  profile.policy.data_digest = text::ListWish({text::Digest::crc32c});
  return profile;
}

LoginPolicy target_policy() {
  LoginPolicy policy;
  policy.negotiation.number(text::KeyId::error_recovery_level).preferred = 1;
  policy.negotiation.data_digest = text::ListWish({text::Digest::crc32c});
  return policy;
}

struct Losses {
  unsigned lose_to_target, damage_to_target, lose_to_initiator, damage_to_initiator;
};

/// Writes all blocks, reads them back, each a few times over. The disk answers at random moments.
void expect_no_harm(unsigned seed, const Losses& losses) {
  EnginePair pair(seed, profile(), target_policy());
  pair.loss_to_target.emplace(seed, losses.lose_to_target, losses.damage_to_target);
  pair.loss_to_initiator.emplace(seed + 1, losses.lose_to_initiator, losses.damage_to_initiator);
  ASSERT_TRUE(pair.run());
  ASSERT_TRUE(pair.logged_in);
  ASSERT_EQ(pair.initiator.parameters().error_recovery_level, 1);

  std::vector<std::vector<std::byte>> data(kBlocks, std::vector<std::byte>(kBlock));
  std::mt19937 random(seed);
  const auto settle = [&](const std::vector<TaskId>& tasks) {
    for (int waits = 0; waits < 2000; ++waits) {
      ASSERT_TRUE(pair.run());
      if (pair.initiator.active_tasks() == 0 || pair.initiator_closed || !pair.wait()) break;
    }
    EXPECT_FALSE(pair.initiator_closed) << "seed " << seed << ": " << pair.initiator_closed->detail;
    for (const TaskId task : tasks) {
      const auto* completion = pair.result_of<ScsiCompletion>(task);
      const auto* failure = pair.result_of<TaskFailure>(task);
      ASSERT_NE(completion, nullptr) << "seed " << seed << ": "
                                     << (failure == nullptr ? "no end" : to_string(failure->fault));
      EXPECT_EQ(completion->status, wire::ScsiStatus::good) << "seed " << seed;
    }
  };

  std::vector<TaskId> writes;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    std::ranges::generate(data[i], [&] { return static_cast<std::byte>(random()); });
    const auto cdb = pair.cdb(kWriteCode, i * static_cast<std::uint32_t>(kBlock));
    writes.push_back(*pair.initiator.submit(pair.now, {.cdb = cdb, .data_out = data[i]}));
  }
  settle(writes);
  if (::testing::Test::HasFailure()) return;

  std::vector<std::vector<std::byte>> back(kBlocks, std::vector<std::byte>(kBlock));
  std::vector<TaskId> reads;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    const auto cdb = pair.cdb(kReadCode, i * static_cast<std::uint32_t>(kBlock));
    reads.push_back(*pair.initiator.submit(pair.now, {.cdb = cdb, .data_in = back[i]}));
  }
  settle(reads);
  EXPECT_EQ(back, data) << "seed " << seed;
}

TEST(Rfc7143_7_1_4_1_RecoveryOfBothEngines, DamagedDataIn) {
  for (unsigned seed = 0; seed < 15; ++seed) expect_no_harm(seed, {0, 0, 0, 10});
}

TEST(Rfc7143_7_1_4_1_RecoveryOfBothEngines, DamagedDataOutAndImmediateData) {
  for (unsigned seed = 0; seed < 15; ++seed) expect_no_harm(seed, {0, 10, 0, 0});
}

TEST(Rfc7143_7_1_4_2_RecoveryOfBothEngines, LostPdusOfTheTarget) {
  for (unsigned seed = 0; seed < 15; ++seed) expect_no_harm(seed, {0, 0, 20, 20});
}

TEST(Rfc7143_7_1_4_2_RecoveryOfBothEngines, LostPdusOfTheInitiator) {
  for (unsigned seed = 0; seed < 15; ++seed) expect_no_harm(seed, {20, 20, 0, 0});
}

TEST(Rfc7143_7_1_4_2_RecoveryOfBothEngines, LossAndDamageInBothDirections) {
  for (unsigned seed = 0; seed < 15; ++seed) expect_no_harm(seed, {50, 30, 50, 30});
}

}  // namespace
}  // namespace lunway::session::testing
