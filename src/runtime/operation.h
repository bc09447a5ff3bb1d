// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One operation of a ring, owned by whoever asked for it. Embed it in the object that waits; the ring allocates
// nothing.
//
//   class Greeter {
//     void greeted(const Outcome& outcome);
//     Operation send_ = Operation::calling<&Greeter::greeted>(this);
//   };
//
// From the call that starts it until its handler ran (for accept: ran with outcome.more == false) the operation is in
// flight: neither it nor the memory it was given may move or go away. In the handler it is already free again, so the
// handler may start it anew or destroy it.

#pragma once

#include <sys/socket.h>

#include <cassert>
#include <cstdint>
#include <variant>

#include "runtime/address.h"
#include "runtime/file_task.h"
#include "runtime/gather.h"
#include "runtime/outcome.h"

namespace lunway::runtime {

class Operation {
 public:
  using Handler = void (*)(void* context, const Outcome& outcome);

  Operation(Handler handler, void* context) : handler_(handler), context_(context) {}
  ~Operation() { assert(!in_flight_ && "an operation must not go away while it is in flight"); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// An operation that ends in a member function: void Owner::method(const Outcome&).
  template <auto Method, class Owner>
  static Operation calling(Owner* owner) {
    return Operation([](void* context, const Outcome& outcome) { (static_cast<Owner*>(context)->*Method)(outcome); },
                     owner);
  }

  bool in_flight() const { return in_flight_; }

 private:
  friend class Ring;
  friend class UringRing;
  friend class EpollRing;
  friend class FileThreads;
  friend class OperationQueue;

  enum class Kind : std::uint8_t { accept, connect, receive, receive_lent, send, execute, poll, defer, close };

  struct Receiving {
    MutableBytes rest;
  };
  struct Sending {
    Gather gather;
    msghdr message{};
  };

  Handler handler_;
  void* context_;
  Operation* next_ = nullptr;  // in one of the ring's queues
  Kind kind_ = Kind::accept;
  bool in_flight_ = false;
  bool cancelled_ = false;
  bool drained_ = false;  // the last receive took all there was
  int descriptor_ = -1;
  std::uint64_t done_ = 0;  // bytes that went through so far
  int error_ = 0;           // with done_: the outcome of a file operation, on its way from the thread that made it
  std::variant<std::monostate, Receiving, Sending, Address, FileTask> work_;
};

/// Operations in the order they came, linked through themselves.
class OperationQueue {
 public:
  bool is_empty() const { return first_ == nullptr; }

  void push(Operation& operation) {
    operation.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &operation;
    last_ = &operation;
  }

  /// The first one, or nullptr.
  Operation* pop() {
    Operation* first = first_;
    if (first == nullptr) return nullptr;
    first_ = first->next_;
    if (first_ == nullptr) last_ = nullptr;
    return first;
  }

  OperationQueue take_all() {
    OperationQueue all = *this;
    *this = {};
    return all;
  }

 private:
  Operation* first_ = nullptr;
  Operation* last_ = nullptr;
};

}  // namespace lunway::runtime
