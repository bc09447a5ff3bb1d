// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/target_task_table.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace lunway::session {

TargetTaskTable::TargetTaskTable(std::uint32_t slots)
    : slots_(slots), free_(slots), buckets_(std::bit_ceil(std::size_t{slots} * 2), nullptr) {
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    slots_[slot].slot = slot;
    free_[slots - 1 - slot] = slot;
  }
}

TargetTask* TargetTaskTable::create(TargetTask::Kind kind, wire::HeaderView header) {
  if (free_.empty()) return nullptr;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  ++living_;

  TargetTask& task = slots_[slot];
  const std::uint32_t generation = task.generation + 1 == 0 ? 1 : task.generation + 1;
  task = TargetTask();
  task.slot = slot;
  task.generation = generation;
  task.kind = kind;
  task.state = TargetTask::State::running;
  std::ranges::copy(header, task.header.begin());

  TargetTask*& first = bucket(task.itt());
  task.next_in_bucket = first;
  first = &task;
  return &task;
}

void TargetTaskTable::forget_tag(TargetTask& task) {
  for (TargetTask** at = &bucket(task.itt()); *at != nullptr; at = &(*at)->next_in_bucket) {
    if (*at != &task) continue;
    *at = task.next_in_bucket;
    task.next_in_bucket = nullptr;
    return;
  }
}

void TargetTaskTable::destroy(TargetTask& task) {
  assert(task.alive() && task.attention_link.list == nullptr && task.transmit_link.list == nullptr);
  forget_tag(task);
  task.state = TargetTask::State::free;
  free_.push_back(task.slot);
  --living_;
}

TargetTask* TargetTaskTable::find(wire::Itt itt) {
  TargetTask* task = bucket(itt);
  while (task != nullptr && task->itt() != itt) task = task->next_in_bucket;
  return task;
}

TargetTask* TargetTaskTable::find(TaskId id) {
  if (id.slot() >= slots_.size()) return nullptr;
  TargetTask& task = slots_[id.slot()];
  return task.alive() && task.generation == id.generation() ? &task : nullptr;
}

// Tags are often counters, sometimes pointers: a multiplication spreads both.
TargetTask*& TargetTaskTable::bucket(wire::Itt itt) {
  const std::uint32_t mixed = itt.value() * 0x9e3779b1U;
  return buckets_[(mixed ^ (mixed >> 16)) & (buckets_.size() - 1)];
}

bool TargetTaskTable::is_consistent() const {
  const auto living = std::ranges::count_if(slots_, [](const TargetTask& task) { return task.alive(); });
  return static_cast<std::size_t>(living) == living_ && living_ + free_.size() == slots_.size();
}

}  // namespace lunway::session
