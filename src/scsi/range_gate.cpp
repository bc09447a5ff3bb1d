// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "scsi/range_gate.h"

#include <algorithm>
#include <cassert>

namespace lunway::scsi {

bool RangeGate::claim(RangeHold& hold, const Claim& claim) {
  assert(hold.is_idle());
  if (claim.length == 0) return true;
  hold.slot_ = claim.shard % kSlots;
  hold.alone_ = claim.use == Use::alone;

  if (!hold.alone_) {
    slots_[hold.slot_].users.fetch_add(1);
    if (!shut_.load()) {
      hold.become(RangeHold::State::counted);
      return true;
    }
    leave_counted(hold);
  }

  const std::lock_guard lock(mutex_);
  hold.first_ = claim.offset;
  hold.last_ = claim.offset + (claim.length - 1);
  hold.arrival_ = arrivals_++;
  hold.task_ = claim.task;
  hold.waker_ = claim.waker;
  if (hold.alone_) shut_.store(true);
  hold.become(is_barred(hold) ? RangeHold::State::waiting : RangeHold::State::granted);
  (hold.alone_ ? alone_ : shared_).append(hold);
  return hold.state() == RangeHold::State::granted;
}

bool RangeGate::has(const RangeHold& hold) {
  const std::lock_guard lock(mutex_);
  return hold.state() != RangeHold::State::waiting;
}

void RangeGate::release(RangeHold& hold) {
  if (hold.state() == RangeHold::State::idle) return;
  if (hold.state() == RangeHold::State::counted) {
    hold.become(RangeHold::State::idle);
    leave_counted(hold);
    return;
  }
  const std::lock_guard lock(mutex_);
  (hold.alone_ ? alone_ : shared_).remove(hold);
  hold.become(RangeHold::State::idle);
  if (alone_.front() == nullptr) shut_.store(false);
  admit();
}

void RangeGate::leave_counted(RangeHold& hold) {
  slots_[hold.slot_].users.fetch_sub(1);
  if (!shut_.load()) return;
  const std::lock_guard lock(mutex_);
  admit();
}

bool RangeGate::all_counted_have_left() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) { return slot.users.load() == 0; });
}

/// A claim is barred by an earlier one, granted or waiting, that meets its blocks, when either wants them alone.
bool RangeGate::is_barred(const RangeHold& hold) const {
  const auto stands_in_the_way = [&hold](const RangeHold* other) {
    return other->arrival_ < hold.arrival_ && other->first_ <= hold.last_ && hold.first_ <= other->last_;
  };
  for (const RangeHold* other = alone_.front(); other != nullptr; other = other->next_) {
    if (stands_in_the_way(other)) return true;
  }
  if (!hold.alone_) return false;
  for (const RangeHold* other = shared_.front(); other != nullptr; other = other->next_) {
    if (stands_in_the_way(other)) return true;
  }
  return !all_counted_have_left();
}

void RangeGate::admit() {
  for (const Queue* queue : {&alone_, &shared_}) {
    for (RangeHold* hold = queue->front(); hold != nullptr; hold = hold->next_) {
      if (hold->state() != RangeHold::State::waiting || is_barred(*hold)) continue;
      hold->become(RangeHold::State::granted);
      hold->waker_->wake(*hold->task_);
    }
  }
}

void RangeGate::Queue::append(RangeHold& hold) {
  hold.next_ = nullptr;
  hold.previous_ = back_;
  (back_ == nullptr ? front_ : back_->next_) = &hold;
  back_ = &hold;
}

void RangeGate::Queue::remove(RangeHold& hold) {
  (hold.previous_ == nullptr ? front_ : hold.previous_->next_) = hold.next_;
  (hold.next_ == nullptr ? back_ : hold.next_->previous_) = hold.previous_;
  hold.next_ = nullptr;
  hold.previous_ = nullptr;
}

}  // namespace lunway::scsi
