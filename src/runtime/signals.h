// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SIGINT, SIGTERM and SIGHUP as events of a ring.

#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/ring.h"

namespace lunway::runtime {

/// A peer that goes away while we write must not end the program: SIGPIPE is ignored. Sockets ask for no signal anyway;
/// this is for standard output and pipes.
void ignore_broken_pipes();

/// Blocks the three signals in the calling thread and in all threads it starts later, so that a Signals can take them.
/// Call it in main(), before any thread.
void block_termination_signals();

/// One per process. After start(), close() is asynchronous like a stream's: destroy it after on_signals_closed().
class Signals {
 public:
  class Owner {
   public:
    /// SIGINT, SIGTERM or SIGHUP. Several of one kind may come as one.
    virtual void on_signal(int number) = 0;
    virtual void on_signals_closed() = 0;

   protected:
    ~Owner() = default;
  };

  static Result<std::unique_ptr<Signals>> open(Ring& ring, Owner& owner);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void start();
  /// After start(), once.
  void close();

 private:
  Signals(Ring& ring, int descriptor, Owner& owner);

  void readable(const Outcome& outcome);

  Ring& ring_;
  Owner& owner_;
  int descriptor_;
  bool closing_ = false;
  Operation poll_ = Operation::calling<&Signals::readable>(this);
};

}  // namespace lunway::runtime
