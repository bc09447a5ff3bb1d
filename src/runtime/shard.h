// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A loop on a thread of its own.

#pragma once

#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "runtime/loop.h"

namespace lunway::runtime {

/// May be used from any thread; what runs on the shard's own thread gets its Loop as the argument of a posted call.
class Shard {
 public:
  struct Options {
    std::string name = "shard";  // of the thread, cut to 15 characters
    Loop::Options loop;
  };

  /// Returns when the thread runs, or why it could not.
  static Result<std::unique_ptr<Shard>> start(const Options& options);

  /// Stops and waits for the thread. Objects that live on the shard have ended before: post a call that closes them,
  /// and let the last one call Loop::stop().
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void post(Loop::Call call) { loop_->post(std::move(call)); }

  /// Asks the thread to end after the turn it is in.
  void stop() { loop_->stop(); }

  /// Waits until the thread runs nothing any more. Calls may still be posted, in vain. Shards that post to each other
  /// are all stopped and joined before the first is destroyed.
  void join() { has_ended_.wait(); }

  bool is_current_thread() const { return thread_.get_id() == std::this_thread::get_id(); }

 private:
  Shard() = default;

  Loop* loop_ = nullptr;       // made, run and destroyed on thread_
  std::latch has_ended_{1};    // the thread is out of its loop
  std::latch may_destroy_{1};  // nobody uses loop_ any more
  std::thread thread_;
};

}  // namespace lunway::runtime
