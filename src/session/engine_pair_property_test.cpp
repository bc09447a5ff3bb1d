// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Both engines under every combination of the keys that shape data transfers, bytes cut anywhere. Reads are compared
// with a model of the disk while tasks are aborted, logical units reset, and commands refused. Nothing may differ, hang
// or be left behind.
//= rfc7143#4.2.5.2

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <vector>

#include "session/testing/engine_pair.h"
#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

struct Keys {
  bool initial_r2t = true;
  bool immediate_data = true;
  bool header_digest = false;
  bool data_digest = false;
  bool data_pdu_in_order = true;
  bool data_sequence_in_order = true;
  std::uint32_t first_burst = 65536;
  std::uint32_t max_burst = 262144;
  std::uint32_t initiator_segment = 8192;
  std::uint32_t target_segment = 8192;
  std::uint32_t outstanding_r2t = 1;
  bool fast_abort = false;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Keys& keys, std::ostream* out) {
  *out << "InitialR2T=" << keys.initial_r2t << " ImmediateData=" << keys.immediate_data << " digests "
       << keys.header_digest << keys.data_digest << " in order " << keys.data_pdu_in_order
       << keys.data_sequence_in_order << " bursts " << keys.first_burst << "/" << keys.max_burst << " segments "
       << keys.initiator_segment << "/" << keys.target_segment << " R2Ts " << keys.outstanding_r2t << " FastAbort "
       << keys.fast_abort;
}

text::Policy policy_of(const Keys& keys, std::uint32_t segment) {
  using text::Digest;
  using text::KeyId;
  text::Policy policy;
  policy.number(KeyId::initial_r2t) = {.preferred = keys.initial_r2t, .worst = 1};
  policy.number(KeyId::immediate_data) = {.preferred = keys.immediate_data, .worst = 0};
  policy.number(KeyId::data_pdu_in_order) = {.preferred = keys.data_pdu_in_order, .worst = 1};
  policy.number(KeyId::data_sequence_in_order) = {.preferred = keys.data_sequence_in_order, .worst = 1};
  policy.number(KeyId::first_burst_length).preferred = keys.first_burst;
  policy.number(KeyId::max_burst_length).preferred = keys.max_burst;
  policy.number(KeyId::max_outstanding_r2t).preferred = keys.outstanding_r2t;
  policy.number(KeyId::max_recv_data_segment_length).preferred = segment;
  using text::TaskReporting;
  if (keys.fast_abort)
    policy.task_reporting = {TaskReporting::fast_abort, TaskReporting::response_fence, TaskReporting::rfc3720};
  policy.header_digest = {keys.header_digest ? Digest::crc32c : Digest::none};
  policy.data_digest = {keys.data_digest ? Digest::crc32c : Digest::none};
  return policy;
}

InitiatorProfile profile_of(const Keys& keys) {
  InitiatorProfile profile = EnginePair::profile();
  profile.policy = policy_of(keys, keys.initiator_segment);
  return profile;
}

LoginPolicy login_policy_of(const Keys& keys) {
  LoginPolicy policy;
  policy.negotiation = policy_of(keys, keys.target_segment);
  return policy;
}

/// Submits at random into a disk of slots, one task a slot at a time, and knows what each slot must hold.
class Workload {
 public:
  static constexpr std::uint32_t kSlots = 16;

  Workload(const Keys& keys, unsigned seed) : random_(seed), pair_(seed, profile_of(keys), login_policy_of(keys)) {
    pair_.device_piece = below(2) == 0 ? 0 : 9000;
    pair_.device_refuses_one_in = below(3) == 0 ? 20 : 0;
    slot_bytes_ = static_cast<std::uint32_t>(pair_.disk.size()) / kSlots;
    for (Slot& slot : slots_) slot.content.assign(slot_bytes_, std::byte{0});
  }

  void run(const Keys& keys, int rounds) {
    ASSERT_TRUE(pair_.run());
    ASSERT_TRUE(pair_.logged_in) << (pair_.initiator_closed ? pair_.initiator_closed->detail : "");
    expect_in_force(keys);
    for (int round = 0; round < rounds; ++round) {
      act();
      pair_.drain();
      for (unsigned steps = below(12); steps > 0 && pair_.step(); --steps) {
      }
      collect();
      ASSERT_TRUE(pair_.initiator.is_consistent() && pair_.target->is_consistent());
      if (::testing::Test::HasFailure()) return;
    }
    finish();
  }

 private:
  struct Slot {
    std::vector<std::byte> content;
    /// Nothing when an aborted or refused write has left the slot half written.
    bool known = true;
    std::optional<TaskId> task = {};
    bool writes = false;
    bool disturbed = false;  // an abort or a reset may end the task
    std::vector<std::byte> buffer = {};
  };

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

  void expect_in_force(const Keys& keys) {
    const text::SessionParameters& agreed = pair_.initiator.parameters();
    EXPECT_EQ(agreed.initial_r2t, keys.initial_r2t);
    EXPECT_EQ(agreed.immediate_data, keys.immediate_data);
    EXPECT_EQ(agreed.data_pdu_in_order, keys.data_pdu_in_order);
    EXPECT_EQ(agreed.data_sequence_in_order, keys.data_sequence_in_order);
    EXPECT_EQ(agreed.max_burst_length, keys.max_burst);
    EXPECT_EQ(agreed.max_outstanding_r2t, keys.outstanding_r2t);
    EXPECT_EQ(agreed.task_reporting == text::TaskReporting::fast_abort, keys.fast_abort);
    EXPECT_EQ(pair_.initiator_connection->parameters().data_digest == text::Digest::crc32c, keys.data_digest);
  }

  void act() {
    switch (below(20)) {
      case 0:
        return abort_one();
      case 1:
        return reset();
      default:
        return submit();
    }
  }

  void submit() {
    const std::uint32_t number = below(kSlots);
    Slot& slot = slots_[number];
    if (slot.task) return;
    const std::uint32_t most = below(8) == 0 ? slot_bytes_ : 6000;
    const std::uint32_t size = 1 + below(most);
    slot.writes = below(2) == 0;
    slot.disturbed = false;
    slot.buffer = slot.writes ? pattern(size, below(251)) : std::vector<std::byte>(size);
    const auto cdb = pair_.cdb(slot.writes ? kWriteCode : kReadCode, number * slot_bytes_);
    const auto task = slot.writes ? pair_.initiator.submit(pair_.now, {.cdb = cdb, .data_out = slot.buffer})
                                  : pair_.initiator.submit(pair_.now, {.cdb = cdb, .data_in = slot.buffer});
    ASSERT_TRUE(task);
    slot.task = *task;
  }

  void abort_one() {
    Slot& slot = slots_[below(kSlots)];
    if (!slot.task) return;
    slot.disturbed = true;
    pair_.initiator.abort(pair_.now, *slot.task);
  }

  void reset() {
    for (Slot& slot : slots_) slot.disturbed |= slot.task.has_value();
    const auto task = pair_.initiator.manage(pair_.now, {});
    ASSERT_TRUE(task);
    resets_.push_back(*task);
  }

  void collect() {
    for (const TaskDone& done : pair_.done) {
      if (std::erase(resets_, done.task) != 0) {
        EXPECT_TRUE(std::holds_alternative<ManagementCompletion>(done.result));
        continue;
      }
      const auto slot = std::ranges::find(slots_, std::optional(done.task), &Slot::task);
      ASSERT_NE(slot, slots_.end()) << "a task ends once, and was ours";
      ended(*slot, done.result);
      slot->task.reset();
    }
    pair_.done.clear();
  }

  void ended(Slot& slot, const TaskResult& result) {
    const auto* completion = std::get_if<ScsiCompletion>(&result);
    EXPECT_TRUE(completion != nullptr || slot.disturbed) << "nobody wanted the end of this task";
    const bool good = completion != nullptr && completion->status == wire::ScsiStatus::good;
    if (completion != nullptr && !good) {
      EXPECT_EQ(completion->status, wire::ScsiStatus::busy);
    }
    if (slot.writes) {
      slot.known = good && (slot.known || slot.buffer.size() == slot_bytes_);
      std::ranges::copy(slot.buffer, slot.content.begin());
    } else if (good) {
      EXPECT_EQ(completion->residual, wire::Residual());
      EXPECT_EQ(completion->bytes_in, slot.buffer.size());
      EXPECT_TRUE(!slot.known || std::equal(slot.buffer.begin(), slot.buffer.end(), slot.content.begin()));
    }
  }

  void finish() {
    ASSERT_TRUE(pair_.run()) << "it does not come to rest";
    collect();
    EXPECT_TRUE(resets_.empty());
    for (const Slot& slot : slots_) EXPECT_FALSE(slot.task) << "a task without an end";
    EXPECT_EQ(pair_.initiator.active_tasks(), 0U);
    EXPECT_EQ(pair_.target->active_tasks(), 0U);
    EXPECT_EQ(pair_.failed_transfers, 0);
    ASSERT_FALSE(pair_.initiator_closed) << pair_.initiator_closed->detail;
    ASSERT_FALSE(pair_.target_closed) << pair_.target_closed->detail;
    pair_.initiator.log_out();
    ASSERT_TRUE(pair_.run());
    EXPECT_TRUE(pair_.session_ended);
  }

  std::mt19937 random_;
  EnginePair pair_;
  std::uint32_t slot_bytes_ = 0;
  std::array<Slot, kSlots> slots_;
  std::vector<TaskId> resets_;
};

void expect_a_good_run(const Keys& keys, unsigned seed, int rounds) {
  SCOPED_TRACE(::testing::Message() << ::testing::PrintToString(keys) << " seed " << seed);
  Workload workload(keys, seed);
  workload.run(keys, rounds);
}

//= ledger(both) R7143-4.2.2.1-13 R7143-4.2.2.2-04 R7143-4.2.2.4-01 R7143-4.2.5.1-07
TEST(Rfc7143_4_2_5_EnginePair, MovesDataUnderEveryCombinationOfKeys) {
  unsigned seed = 1;
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint32_t burst : {512U, 4096U, 65536U}) {
      const Keys keys{.initial_r2t = (bits & 1) != 0,
                      .immediate_data = (bits & 2) != 0,
                      .header_digest = (bits & 4) != 0,
                      .data_digest = (bits & 4) != 0,
                      .data_pdu_in_order = (bits & 8) != 0,
                      .data_sequence_in_order = (bits & 16) != 0,
                      .first_burst = burst,
                      .max_burst = burst * 2,
                      .initiator_segment = burst + 100,
                      .target_segment = burst / 2 + 500,
                      .outstanding_r2t = (bits & 32) != 0 ? 4U : 1U};
      expect_a_good_run(keys, seed++, 12);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Rfc7143_4_2_5_EnginePair, MovesDataUnderRandomKeysWithAbortsAndResets) {
  std::mt19937 random(4711);
  const auto between = [&](std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random() % (high - low + 1));
  };
  const auto flip = [&] { return random() % 2 == 0; };
  for (unsigned seed = 1; seed <= 40; ++seed) {
    const std::uint32_t max_burst = between(512, 100'000);
    const Keys keys{.initial_r2t = flip(),
                    .immediate_data = flip(),
                    .header_digest = flip(),
                    .data_digest = flip(),
                    .data_pdu_in_order = flip(),
                    .data_sequence_in_order = flip(),
                    .first_burst = between(512, max_burst),
                    .max_burst = max_burst,
                    .initiator_segment = between(512, 20'000),
                    .target_segment = between(512, 20'000),
                    .outstanding_r2t = between(1, 8),
                    .fast_abort = flip()};
    expect_a_good_run(keys, seed, 150);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace lunway::session::testing
