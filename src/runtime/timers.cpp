// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/timers.h"

#include <cassert>

namespace lunway::runtime {

namespace {

std::size_t parent_of(std::size_t index) { return (index - 1) / 2; }
std::size_t first_child_of(std::size_t index) { return 2 * index + 1; }

}  // namespace

void Timer::arm(Instant deadline) {
  disarm();
  if (deadline == kNever) return;
  deadline_ = deadline;
  timers_.insert(*this);
}

void Timer::disarm() {
  if (is_armed()) timers_.remove(*this);
}

Timers::~Timers() { assert(heap_.empty() && "a timer must not outlive its queue"); }

std::size_t Timers::expire(Instant now) {
  assert(!expiring_ && "expire() must not be called from a handler");
  // What is due leaves the heap first: handlers arm and destroy timers, and what they arm anew must wait for its turn.
  while (!heap_.empty() && heap_.front()->deadline_ <= now) {
    Timer& timer = *heap_.front();
    remove(timer);
    timer.place_ = Timer::Place::due;
    timer.index_ = due_.size();
    due_.push_back(&timer);
  }

  expiring_ = true;
  std::size_t fired = 0;
  for (std::size_t i = 0; i < due_.size(); ++i) {
    Timer* timer = due_[i];
    if (timer == nullptr) continue;
    timer->place_ = Timer::Place::nowhere;
    ++fired;
    timer->handler_(timer->context_, now);
  }
  due_.clear();
  expiring_ = false;
  return fired;
}

void Timers::insert(Timer& timer) {
  timer.order_ = armings_++;
  timer.place_ = Timer::Place::heap;
  heap_.push_back(nullptr);
  place(timer, heap_.size() - 1);
  sift_up(timer.index_);
}

void Timers::remove(Timer& timer) {
  const std::size_t index = timer.index_;
  if (timer.place_ == Timer::Place::due) {
    due_[index] = nullptr;
  } else {
    Timer& last = *heap_.back();
    heap_.pop_back();
    if (&last != &timer) {
      place(last, index);
      sift_up(index);
      sift_down(last.index_);
    }
  }
  timer.place_ = Timer::Place::nowhere;
}

bool Timers::fires_before(const Timer& left, const Timer& right) {
  if (left.deadline_ != right.deadline_) return left.deadline_ < right.deadline_;
  return left.order_ < right.order_;
}

void Timers::place(Timer& timer, std::size_t index) {
  heap_[index] = &timer;
  timer.index_ = index;
}

void Timers::sift_up(std::size_t index) {
  Timer& timer = *heap_[index];
  while (index != 0 && fires_before(timer, *heap_[parent_of(index)])) {
    place(*heap_[parent_of(index)], index);
    index = parent_of(index);
  }
  place(timer, index);
}

void Timers::sift_down(std::size_t index) {
  Timer& timer = *heap_[index];
  for (std::size_t child = first_child_of(index); child < heap_.size(); child = first_child_of(index)) {
    if (child + 1 < heap_.size() && fires_before(*heap_[child + 1], *heap_[child])) ++child;
    if (!fires_before(*heap_[child], timer)) break;
    place(*heap_[child], index);
    index = child;
  }
  place(timer, index);
}

}  // namespace lunway::runtime
