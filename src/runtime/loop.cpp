// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/loop.h"

#include <algorithm>
#include <utility>

#include "runtime/clock.h"

namespace lunway::runtime {

Result<std::unique_ptr<Loop>> Loop::make(const Options& options) {
  auto ring = make_ring(options.ring);
  if (!ring) return std::unexpected(std::move(ring.error()));
  auto buffers = BufferPool::make(options.buffers);
  if (!buffers) return std::unexpected(std::move(buffers.error()));
  return std::unique_ptr<Loop>(new Loop(std::move(*ring), std::move(*buffers), options.busy_poll));
}

Loop::Loop(std::unique_ptr<Ring> ring, BufferPool buffers, Duration busy_poll)
    : ring_(std::move(ring)), buffers_(std::move(buffers)), busy_poll_(busy_poll) {}

Loop::~Loop() = default;

void Loop::turn(Instant deadline) {
  now_is_known_ = false;  // it gets late while the ring waits
  const bool may_sleep = deadline != Instant::min();
  if (!may_sleep || !busy_poll_([this] { return look(); })) ring_->run(std::min(deadline, timers_.next_deadline()));
  now_is_known_ = false;
  timers_.expire(now());
  run_posted_calls();
}

/// A wake-up that the ring has seen here would not end its next sleep: what it was for counts as well.
bool Loop::look() {
  const bool handled = ring_->run(Instant::min()) != 0;
  return handled || has_calls_.load(std::memory_order_acquire) || stopping_.load(std::memory_order_acquire);
}

Instant Loop::now() {
  if (!now_is_known_) now_ = read_clock();
  now_is_known_ = true;
  return now_;
}

void Loop::run() {
  while (!stopping_.exchange(false, std::memory_order_acquire)) turn();
}

void Loop::post(Call call) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = posted_.empty();
    posted_.push_back(std::move(call));
    has_calls_.store(true, std::memory_order_release);
  }
  if (is_first) ring_->wake();  // later calls find it awake
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  ring_->wake();
}

void Loop::run_posted_calls() {
  if (!has_calls_.load(std::memory_order_acquire)) return;
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
    has_calls_.store(false, std::memory_order_relaxed);
  }
  for (Call& call : running_) call(*this);
  running_.clear();
}

}  // namespace lunway::runtime
