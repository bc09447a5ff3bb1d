// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/file_threads.h"

#include <csignal>
#include <utility>

namespace lunway::runtime {

namespace {

/// Signals are for the threads that expect them.
std::thread start_without_signals(auto&& body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(body);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

Outcome carry_out(FileTask& task) {
  for (;;) {
    if (auto outcome = task.advance(perform(task.descriptor(), task.step()))) return *outcome;
  }
}

}  // namespace

void FileThreads::submit(Operation& operation) {
  bool needs_thread = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push(operation);
    ++unclaimed_;
    needs_thread = unclaimed_ > idle_ && threads_.size() < kThreadsMax;
  }
  if (needs_thread) threads_.push_back(start_without_signals([this] { work(); }));
  has_work_.notify_one();
}

OperationQueue FileThreads::take_finished() {
  const std::lock_guard lock(mutex_);
  return finished_.take_all();
}

OperationQueue FileThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return waiting_.take_all();
}

void FileThreads::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    has_work_.wait(lock, [this] { return stopping_ || unclaimed_ != 0; });
    --idle_;
    if (stopping_) return;
    Operation& operation = *waiting_.pop();
    --unclaimed_;

    lock.unlock();
    const Outcome outcome = carry_out(std::get<FileTask>(operation.work_));
    operation.error_ = outcome.error;
    operation.done_ = outcome.value;
    lock.lock();

    const bool is_first = finished_.is_empty();
    finished_.push(operation);
    if (is_first) wake_owner_();
  }
}

}  // namespace lunway::runtime
