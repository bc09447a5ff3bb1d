// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Both engines against each other: whatever was agreed on, and however the bytes are cut, what was written is read.

#include "session/testing/engine_pair.h"

#include <gtest/gtest.h>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

struct Agreement {
  const char* name;
  bool initial_r2t;
  bool immediate_data;
  bool digests;
  bool chap;
  std::uint32_t segment;
  std::uint32_t burst;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Agreement& agreement, std::ostream* out) { *out << agreement.name; }

void set(text::Policy& policy, const Agreement& agreement) {
  using text::KeyId;
  policy.number(KeyId::initial_r2t) = {.preferred = agreement.initial_r2t, .worst = 1};
  policy.number(KeyId::immediate_data) = {.preferred = agreement.immediate_data, .worst = 0};
  policy.number(KeyId::max_recv_data_segment_length).preferred = agreement.segment;
  policy.number(KeyId::max_burst_length).preferred = agreement.burst;
  policy.number(KeyId::first_burst_length).preferred = agreement.burst / 2;
  policy.number(KeyId::max_outstanding_r2t).preferred = 4;
  if (!agreement.digests) return;
  policy.list(KeyId::header_digest) = {text::Digest::crc32c, text::Digest::none};
  policy.list(KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
}

class EnginePairTest : public ::testing::TestWithParam<Agreement> {};

using Rfc7143_4_2_EnginePair = EnginePairTest;

TEST_P(Rfc7143_4_2_EnginePair, WhatIsWrittenIsRead) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    InitiatorProfile profile = EnginePair::profile();
    LoginPolicy policy;
    set(profile.policy, GetParam());
    set(policy.negotiation, GetParam());
    if (GetParam().chap) {
      profile.chap = text::ChapAccount{"somebody", text::ChapSecret("secret of the initiator")};
      profile.target_chap = text::ChapAccount{"disk", text::ChapSecret("secret of the target")};
      policy.chap.emplace();
      policy.chap->initiators = {*profile.chap};
      policy.chap->own = *profile.target_chap;
    }
    EnginePair pair(seed, profile, policy);
    ASSERT_TRUE(pair.run());
    ASSERT_TRUE(pair.logged_in) << (pair.initiator_closed ? pair.initiator_closed->detail : "");
    EXPECT_EQ(pair.logged_in->mutually_authenticated, GetParam().chap);

    const std::array<std::uint32_t, 8> sizes{512, 4096, 1, 100'000, 8192, 65536, 513, 40'000};
    std::vector<std::vector<std::byte>> written;
    std::vector<TaskId> tasks;
    std::vector<std::array<std::byte, 16>> cdbs;
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
      written.push_back(pattern(sizes[i], i + seed));
      const auto cdb = pair.cdb(kWriteCode, i << 17);
      tasks.push_back(pair.initiator.submit(pair.now, {.cdb = cdb, .data_out = written.back()}).value());
    }
    ASSERT_TRUE(pair.run());
    std::vector<std::vector<std::byte>> read;
    read.reserve(sizes.size());
    for (const std::uint32_t size : sizes) read.emplace_back(size);
    std::vector<TaskId> reads;
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
      const auto* completion = pair.result_of<ScsiCompletion>(tasks[i]);
      ASSERT_NE(completion, nullptr) << "write " << i << " of seed " << seed;
      EXPECT_EQ(completion->status, wire::ScsiStatus::good);
      const auto cdb = pair.cdb(kReadCode, i << 17);
      reads.push_back(pair.initiator.submit(pair.now, {.cdb = cdb, .data_in = read[i]}).value());
    }
    ASSERT_TRUE(pair.run());
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
      const auto* completion = pair.result_of<ScsiCompletion>(reads[i]);
      ASSERT_NE(completion, nullptr) << "read " << i << " of seed " << seed;
      EXPECT_TRUE(read[i] == written[i]) << "block " << i << " of seed " << seed;
    }

    pair.initiator.log_out();
    ASSERT_TRUE(pair.run());
    ASSERT_TRUE(pair.initiator_closed && pair.target_closed);
    EXPECT_EQ(pair.initiator_closed->reason, InitiatorCloseReason::logged_out);
    EXPECT_EQ(pair.target_closed->reason, CloseReason::logged_out);
    EXPECT_TRUE(pair.session_ended);
  }
}

INSTANTIATE_TEST_SUITE_P(Agreements, Rfc7143_4_2_EnginePair,
                         ::testing::Values(Agreement{"Defaults", true, true, false, false, 8192, 262144},
                                           Agreement{"Unsolicited", false, true, false, false, 8192, 262144},
                                           Agreement{"R2tOnly", true, false, false, false, 4096, 16384},
                                           Agreement{"Digests", false, true, true, false, 65536, 262144},
                                           Agreement{"Chap", true, true, true, true, 8192, 65536},
                                           Agreement{"SmallBursts", false, false, true, false, 512, 2048}),
                         [](const auto& one) { return one.param.name; });

TEST(Rfc7143_11_5_EnginePair, AbortsEndTasksWhileTheDeviceSleeps) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    EnginePair pair(seed);
    ASSERT_TRUE(pair.run() && pair.logged_in);
    pair.device_sleeps = true;
    std::vector<std::byte> memory(4096);
    const auto write = pair.cdb(kWriteCode, 0);
    const auto one = pair.initiator.submit(pair.now, {.cdb = write, .data_out = memory}).value();
    const auto other = pair.initiator.submit(pair.now, {.cdb = pair.cdb(kReadCode, 0), .data_in = memory}).value();
    ASSERT_TRUE(pair.run());
    pair.initiator.abort(pair.now, one);
    ASSERT_TRUE(pair.run());
    ASSERT_NE(pair.result_of<TaskFailure>(one), nullptr);
    EXPECT_EQ(pair.result_of<TaskFailure>(one)->fault, TaskFault::aborted);
    const auto reset = pair.initiator.manage(pair.now, {}).value();
    ASSERT_TRUE(pair.run());
    ASSERT_NE(pair.result_of<ManagementCompletion>(reset), nullptr);
    EXPECT_NE(pair.result_of<TaskFailure>(other), nullptr);
    EXPECT_EQ(pair.target->active_tasks(), 0U);
  }
}

TEST(Rfc7143_C_EnginePair, DiscoveryFindsTheTargets) {
  InitiatorProfile profile = EnginePair::profile();
  profile.target_name.clear();
  profile.session_type = text::SessionType::discovery;
  EnginePair pair(1, profile);
  pair.directory.targets.assign(300, pair.directory.targets.front());
  ASSERT_TRUE(pair.run());
  const auto task = pair.initiator.send_targets(pair.now, "All", std::chrono::seconds(10)).value();
  ASSERT_TRUE(pair.run());
  const auto* found = pair.result_of<DiscoveryCompletion>(task);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->targets.size(), 300U);
}

TEST(Rfc7143_11_18_EnginePair, PingsComeBackBothWays) {
  EnginePair pair(3);
  ASSERT_TRUE(pair.run() && pair.logged_in);
  const auto payload = pattern(700);
  const auto task = pair.initiator.ping(pair.now, payload, std::chrono::seconds(10)).value();
  ASSERT_TRUE(pair.run());
  EXPECT_NE(pair.result_of<PingCompletion>(task), nullptr);
  pair.now = pair.target_connection->deadline();
  pair.target_connection->expire(pair.now);
  ASSERT_TRUE(pair.run());
  EXPECT_GT(pair.target_connection->deadline(), pair.now + std::chrono::seconds(29)) << "the initiator has answered";
}

/// A connection that has been silent gives the memory of busier times back, with commands under way or none.
TEST(TargetConnection, GoesOnAfterARest) {
  for (const bool rests_with_a_command : {false, true}) {
    EnginePair pair(7);
    ASSERT_TRUE(pair.run() && pair.logged_in);
    for (std::uint32_t round = 0; round < 3; ++round) {
      const auto written = pattern(20'000, round);
      std::vector<TaskId> tasks;
      for (std::uint32_t i = 0; i < 20; ++i) {
        const auto cdb = pair.cdb(kWriteCode, i << 15);
        tasks.push_back(pair.initiator.submit(pair.now, {.cdb = cdb, .data_out = written}).value());
      }
      ASSERT_TRUE(pair.run());
      std::vector<std::byte> read(written.size());
      tasks.push_back(pair.initiator.submit(pair.now, {.cdb = pair.cdb(kReadCode, 5U << 15), .data_in = read}).value());
      ASSERT_TRUE(pair.run());
      for (const TaskId task : tasks) ASSERT_NE(pair.result_of<ScsiCompletion>(task), nullptr);
      EXPECT_TRUE(read == written);

      pair.device_sleeps = rests_with_a_command;
      std::array<std::byte, 4096> memory{};
      const auto sleeper = pair.initiator.submit(pair.now, {.cdb = pair.cdb(kReadCode, 0), .data_in = memory}).value();
      ASSERT_TRUE(pair.run());
      pair.now = pair.target_connection->deadline();
      pair.target_connection->expire(pair.now);
      ASSERT_TRUE(pair.run());
      ASSERT_FALSE(pair.target_closed);
      EXPECT_EQ(pair.target->active_tasks(), rests_with_a_command ? 1U : 0U);
      pair.device_sleeps = false;
      ASSERT_TRUE(pair.run());
      EXPECT_NE(pair.result_of<ScsiCompletion>(sleeper), nullptr);
    }
  }
}

}  // namespace
}  // namespace lunway::session::testing
