// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/target_task_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "base/big_endian.h"

namespace lunway::session {
namespace {

constexpr std::uint32_t kMost = 20;

wire::Header header_with(wire::Itt itt) {
  wire::Header header{};
  store_be32(header.data() + 16, itt.value());
  return header;
}

TargetTask* create(TargetTaskTable& table, std::uint32_t itt) {
  const wire::Header header = header_with(wire::Itt(itt));
  return table.create(TargetTask::Kind::command, wire::HeaderView(header));
}

TEST(TargetTaskTable, HoldsAsManyTasksAsItWasToldAndNoMore) {
  TargetTaskTable table(kMost);
  std::set<std::uint32_t> slots;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    TargetTask* task = create(table, i);
    ASSERT_NE(task, nullptr);
    slots.insert(task->slot);
  }
  EXPECT_EQ(slots.size(), kMost);
  EXPECT_EQ(*slots.rbegin(), kMost - 1);
  EXPECT_EQ(create(table, 1000), nullptr);
  EXPECT_TRUE(table.is_consistent());
}

TEST(TargetTaskTable, HoldsNoMoreThanItWasToldAlsoWhenThatFillsNoWholeRow) {
  TargetTaskTable table(6);
  for (std::uint32_t i = 0; i < 6; ++i) ASSERT_NE(create(table, i), nullptr);
  EXPECT_EQ(create(table, 1000), nullptr);
  EXPECT_TRUE(table.is_consistent());
}

TEST(TargetTaskTable, FindsNothingBeforeTheFirstTask) {
  TargetTaskTable table(kMost);
  EXPECT_EQ(table.find(wire::Itt(0)), nullptr);
  EXPECT_EQ(table.find(TaskId(0, 1)), nullptr);
}

/// Against a map, through growth: tags that meet in one bucket, tags that are free before their task is.
TEST(TargetTaskTable, FindsEveryTaskByTagAndByIdThroughItsGrowth) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    TargetTaskTable table(kMost);
    std::map<std::uint32_t, TargetTask*> by_tag;
    std::vector<TargetTask*> without_tag;
    for (int step = 0; step < 300; ++step) {
      const auto tag = static_cast<std::uint32_t>(random() % 40 * 0x10000);
      const auto found = by_tag.find(tag);
      if (found == by_tag.end()) {
        TargetTask* task = create(table, tag);
        ASSERT_EQ(task == nullptr, by_tag.size() + without_tag.size() == kMost);
        if (task != nullptr) by_tag[tag] = task;
      } else if (random() % 2 == 0) {
        table.forget_tag(*found->second);
        without_tag.push_back(found->second);
        by_tag.erase(found);
      } else {
        table.destroy(*found->second);
        by_tag.erase(found);
      }
      if (random() % 3 == 0 && !without_tag.empty()) {
        table.destroy(*without_tag.back());
        without_tag.pop_back();
      }
      for (std::uint32_t i = 0; i < 40; ++i) {
        const auto expected = by_tag.find(i * 0x10000);
        ASSERT_EQ(table.find(wire::Itt(i * 0x10000)), expected == by_tag.end() ? nullptr : expected->second);
      }
      for (const TargetTask* task : without_tag) ASSERT_EQ(table.find(task->id()), task);
      ASSERT_TRUE(table.is_consistent());
    }
  }
}

TEST(TargetTaskTable, GoesThroughTheTasksThatLive) {
  TargetTaskTable table(kMost);
  std::set<const TargetTask*> tasks;
  for (std::uint32_t i = 0; i < 9; ++i) tasks.insert(create(table, i));
  std::set<const TargetTask*> seen;
  for (const TargetTask& task : table.slots()) {
    if (task.alive()) seen.insert(&task);
  }
  EXPECT_EQ(seen, tasks);
}

/// An owner may still hold the id of a task that ended long ago.
TEST(TargetTaskTable, AnOldIdFindsNothingAfterShrinking) {
  TargetTaskTable table(kMost);
  std::vector<TaskId> old;
  for (std::uint32_t i = 0; i < 12; ++i) old.push_back(create(table, i)->id());
  for (const TaskId id : old) table.destroy(*table.find(id));
  table.shrink();
  EXPECT_EQ(table.slots().begin(), table.slots().end());
  for (std::uint32_t i = 0; i < 12; ++i) ASSERT_NE(create(table, i), nullptr);
  for (const TaskId id : old) EXPECT_EQ(table.find(id), nullptr);
  EXPECT_TRUE(table.is_consistent());
}

}  // namespace
}  // namespace lunway::session
