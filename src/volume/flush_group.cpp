// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/flush_group.h"

#include <algorithm>
#include <cassert>

namespace lunway::volume {

std::optional<FlushGroup::Turn> FlushGroup::join(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  assert(!lanes_.empty());
  if (has_failed_) return Turn::failed;
  const auto free = std::ranges::find(lanes_, nullptr, &Lane::leader);
  if (free == lanes_.end()) {
    waiting_.push_back(&waiter);
    return std::nullopt;
  }
  waiter.lane_ = static_cast<std::size_t>(free - lanes_.begin());
  free->leader = &waiter;
  free->is_running = true;
  return Turn::lead;
}

bool FlushGroup::begin(Waiter& leader) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[leader.lane_];
  assert(lane.leader == &leader && !lane.is_running && lane.sharing.empty());
  if (has_failed_) {
    lane.leader = nullptr;
    return false;
  }
  lane.is_running = true;
  lane.sharing.swap(waiting_);
  return true;
}

bool FlushGroup::end(Waiter& leader, bool well) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[leader.lane_];
  assert(lane.leader == &leader && lane.is_running);
  has_failed_ |= !well;
  call_all(lane.sharing, has_failed_ ? Turn::failed : Turn::done);
  if (has_failed_) call_all(waiting_, Turn::failed);
  clear(lane);
  return !has_failed_;
}

void FlushGroup::leave(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, &waiter);
  for (Lane& lane : lanes_) {
    std::erase(lane.sharing, &waiter);
    if (lane.leader != &waiter) continue;
    assert(!lane.is_running && "the medium is at work for this one");
    clear(lane);
  }
}

bool FlushGroup::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

void FlushGroup::call_all(std::vector<Waiter*>& waiters, Turn turn) {
  for (Waiter* waiter : waiters) waiter->flush_turn(turn);
  waiters.clear();
}

/// It is the next one's, if somebody waits.
void FlushGroup::clear(Lane& lane) {
  lane.leader = nullptr;
  lane.is_running = false;
  if (waiting_.empty()) return;
  lane.leader = waiting_.front();
  waiting_.erase(waiting_.begin());
  lane.leader->lane_ = static_cast<std::size_t>(&lane - lanes_.data());
  lane.leader->flush_turn(Turn::lead);
}

}  // namespace lunway::volume
