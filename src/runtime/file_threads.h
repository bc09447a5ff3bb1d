// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A few threads that make file operations block somewhere else: what epoll cannot wait for, and what io_uring cannot
// do. Private to the rings.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/operation.h"

namespace lunway::runtime {

class FileThreads {
 public:
  static constexpr std::size_t kThreadsMax = 4;

  /// `wake_owner` is called from the threads, whenever finished operations wait after there were none.
  explicit FileThreads(std::function<void()> wake_owner) : wake_owner_(std::move(wake_owner)) {}

  /// Waits for what runs.
  ~FileThreads() { stop(); }

  /// Carries out the operation's FileTask. Threads start with the work.
  void submit(Operation& operation);

  /// What ended since the last call, each with its outcome.
  OperationQueue take_finished();

  /// Waits for what runs; returns what did not begin. take_finished() has the rest.
  OperationQueue stop();

 private:
  void work();

  std::function<void()> wake_owner_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  OperationQueue waiting_;  // guarded by mutex_, as all below
  OperationQueue finished_;
  std::size_t idle_ = 0;
  std::size_t unclaimed_ = 0;  // in waiting_
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // of the owner's thread alone
};

}  // namespace lunway::runtime
