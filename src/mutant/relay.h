// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Stands before a target, or behind an initiator, and makes a mutant of it. Without a fault every byte passes as it
// came.

#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <thread>

#include "base/result.h"
#include "mutant/fault.h"
#include "runtime/address.h"
#include "runtime/blocking_stream.h"

namespace lunway::mutant {

/// Threads of its own: one that listens, one for each connection. All end with it.
class Relay {
 public:
  /// Listens on `listen` for connections that lead to `to`. `fault` may be nullptr.
  static Result<std::unique_ptr<Relay>> start(const runtime::Address& listen, const runtime::Address& to,
                                              const Fault* fault);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  const runtime::Address& address() const { return listener_.address(); }
  /// From the next connection on.
  void set_fault(const Fault* fault) { fault_ = fault; }

 private:
  class Passing;

  Relay(runtime::BlockingListener listener, const runtime::Address& to, const Fault* fault);
  void listen(const std::stop_token& stop);

  runtime::BlockingListener listener_;
  runtime::Address to_;
  std::atomic<const Fault*> fault_;
  std::list<std::unique_ptr<Passing>> passing_;
  std::jthread thread_;
};

}  // namespace lunway::mutant
