// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/shard.h"

#include <pthread.h>

#include <future>
#include <utility>

namespace lunway::runtime {

Result<std::unique_ptr<Shard>> Shard::start(const Options& options) {
  std::unique_ptr<Shard> shard(new Shard);
  // The ring belongs to the thread that makes it, so the loop is made over there.
  std::promise<Result<Loop*>> made;
  auto answer = made.get_future();
  shard->thread_ = std::thread([&made, self = shard.get(), loop_options = options.loop] {
    auto loop = Loop::make(loop_options);
    if (!loop) {
      made.set_value(std::unexpected(std::move(loop.error())));
      return;
    }
    made.set_value(loop->get());
    (*loop)->run();
    self->has_ended_.count_down();
    self->may_destroy_.wait();
  });
  ::pthread_setname_np(shard->thread_.native_handle(), options.name.substr(0, 15).c_str());

  auto loop = answer.get();
  if (!loop) return std::unexpected(std::move(loop.error()));
  shard->loop_ = *loop;
  return shard;
}

Shard::~Shard() {
  if (loop_ != nullptr) stop();
  may_destroy_.count_down();
  thread_.join();
}

}  // namespace lunway::runtime
