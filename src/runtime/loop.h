// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What one thread runs on: a ring, timers, a buffer pool and a mailbox for calls from other threads. Shard gives it a
// thread of its own; a program with one thread, or with a loop of its own, turns it itself.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "runtime/buffer_pool.h"
#include "runtime/busy_poll.h"
#include "runtime/ring.h"
#include "runtime/timers.h"

namespace lunway::runtime {

/// Belongs to the thread that made it, except where a method says otherwise.
class Loop {
 public:
  using Call = std::move_only_function<void(Loop&)>;

  struct Options {
    RingKind ring = RingKind::automatic;
    BufferPool::Options buffers;
    /// How long turn() looks for work before it sleeps, where that pays (busy_poll.h).
    Duration busy_poll = Duration::zero();
  };

  static Result<std::unique_ptr<Loop>> make(const Options& options);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Ring& ring() { return *ring_; }
  Timers& timers() { return timers_; }
  BufferPool& buffers() { return buffers_; }

  /// The time in this turn, read when first asked for. Cheap; good enough for deadlines.
  Instant now();

  /// Waits until something happens or `deadline`, then runs handlers, expired timers and posted calls once.
  void turn(Instant deadline = kNever);

  /// Turns until stop(). May be called again afterwards, for an orderly end.
  void run();

  /// For an application's own loop: when this is readable, or next_deadline() has come, call turn(Instant::min()). Call
  /// flush() before each wait.
  int descriptor() const { return ring_->descriptor(); }
  Instant next_deadline() const { return timers_.next_deadline(); }
  void flush() { ring_->flush(); }

  /// Runs `call` on the loop's thread, after all calls posted earlier. From any thread. Calls that are still waiting
  /// when the loop is destroyed are destroyed unrun.
  void post(Call call);

  /// run() returns after the turn it is in. From any thread.
  void stop();

 private:
  Loop(std::unique_ptr<Ring> ring, BufferPool buffers, Duration busy_poll);

  bool look();
  void run_posted_calls();

  std::unique_ptr<Ring> ring_;
  Timers timers_;
  BufferPool buffers_;
  Instant now_;
  bool now_is_known_ = false;
  BusyPoll busy_poll_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> has_calls_ = false;
  std::mutex mutex_;
  std::vector<Call> posted_;   // guarded by mutex_
  std::vector<Call> running_;  // the batch taken out of posted_
};

}  // namespace lunway::runtime
