// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/target_task_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <memory>

namespace lunway::session {

TargetTaskTable::TargetTaskTable(std::uint32_t most) : most_(most) {}

TargetTask* TargetTaskTable::create(TargetTask::Kind kind, wire::HeaderView header) {
  if (free_.empty() && !make_places()) return nullptr;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  ++living_;
  if (++generation_ == 0) generation_ = 1;

  TargetTask& task = at(slot);
  std::destroy_at(&task);
  std::uninitialized_default_construct_n(&task, 1);  // not as TargetTask(), which would clear all its bytes first
  task.slot = slot;
  task.generation = generation_;
  task.arrival = ++arrivals_;
  task.kind = kind;
  task.state = TargetTask::State::running;
  copy_bytes(task.header, header);

  TargetTask*& first = bucket(task.itt());
  task.next_in_bucket = first;
  first = &task;
  return &task;
}

bool TargetTaskTable::make_places() {
  const std::uint32_t first = made();
  if (first >= most_) return false;
  places_.push_back(std::make_unique<TargetTask[]>(kPlaces));
  for (std::uint32_t slot = std::min(made(), most_); slot-- > first;) free_.push_back(slot);
  const std::size_t buckets = std::bit_ceil(std::size_t{made()} * 2);
  if (buckets > buckets_.size()) spread_tags(buckets);
  return true;
}

/// Puts the tasks into other buckets, twice as many as there are slots or more.
void TargetTaskTable::spread_tags(std::size_t buckets) {
  std::vector<TargetTask*> old(buckets, nullptr);
  old.swap(buckets_);
  for (TargetTask* task : old) {
    while (task != nullptr) {
      TargetTask* next = task->next_in_bucket;
      TargetTask*& first = bucket(task->itt());
      task->next_in_bucket = first;
      first = task;
      task = next;
    }
  }
}

void TargetTaskTable::shrink() {
  assert(living_ == 0);
  if (places_.size() <= 1) return;
  std::vector<std::unique_ptr<TargetTask[]>>().swap(places_);
  std::vector<std::uint32_t>().swap(free_);
  std::vector<TargetTask*>().swap(buckets_);
}

void TargetTaskTable::forget_tag(TargetTask& task) {
  for (TargetTask** place = &bucket(task.itt()); *place != nullptr; place = &(*place)->next_in_bucket) {
    if (*place != &task) continue;
    *place = task.next_in_bucket;
    task.next_in_bucket = nullptr;
    return;
  }
}

void TargetTaskTable::remember_tag(TargetTask& task) {
  TargetTask*& first = bucket(task.itt());
  task.next_in_bucket = first;
  first = &task;
}

void TargetTaskTable::destroy(TargetTask& task) {
  assert(task.alive() && task.attention_link.list == nullptr && task.transmit_link.list == nullptr);
  forget_tag(task);
  task.state = TargetTask::State::free;
  free_.push_back(task.slot);
  --living_;
}

TargetTask* TargetTaskTable::find(wire::Itt itt) {
  if (buckets_.empty()) return nullptr;
  TargetTask* task = bucket(itt);
  while (task != nullptr && task->itt() != itt) task = task->next_in_bucket;
  return task;
}

TargetTask* TargetTaskTable::find(TaskId id) {
  if (id.slot() >= made()) return nullptr;
  TargetTask& task = at(id.slot());
  return task.alive() && task.generation == id.generation() ? &task : nullptr;
}

// Tags are often counters, sometimes pointers: a multiplication spreads both.
TargetTask*& TargetTaskTable::bucket(wire::Itt itt) {
  const std::uint32_t mixed = itt.value() * 0x9e3779b1U;
  return buckets_[(mixed ^ (mixed >> 16)) & (buckets_.size() - 1)];
}

bool TargetTaskTable::is_consistent() const {
  std::uint32_t living = 0;
  for (const auto& places : places_) {
    living += static_cast<std::uint32_t>(
        std::count_if(places.get(), places.get() + kPlaces, [](const TargetTask& task) { return task.alive(); }));
  }
  return living == living_ && living_ + free_.size() == std::min(made(), most_);
}

}  // namespace lunway::session
