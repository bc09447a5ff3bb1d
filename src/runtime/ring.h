// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One thread's completion queue: operations go in, their handlers run out of run(). Two kinds with the same meaning:
// io_uring, and epoll with a few threads for files where the kernel or the container forbids io_uring.
//
// Threads: a ring belongs to the thread that made it. Only wake() may be called from others.
// Handlers: run only inside run(), never inside a call that starts or cancels an operation. A handler may start, cancel
// and destroy what it likes, except the ring.
// Order: operations on different descriptors end in any order; so do file operations on one. At most one receiving and
// one sending operation may be in flight on a socket.
// Descriptors: a socket that a ring has worked on is closed by close(), or taken out by forget(), on that ring.

#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/io_op.h"
#include "base/result.h"
#include "runtime/operation.h"

namespace lunway::runtime {

enum class RingKind : std::uint8_t {
  automatic,  // uring where it works, else epoll
  uring,
  epoll,
};

std::string_view name_of(RingKind kind);

class Ring {
 public:
  Ring() = default;
  /// Ends what is still in flight without calling its handlers; may wait for a file operation that runs.
  virtual ~Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// uring or epoll.
  virtual RingKind kind() const = 0;

  /// Why `automatic` did not become io_uring; empty where it did or nobody asked.
  const std::string& reason() const { return reason_; }

  /// Accepts connections until an error or a cancel ends it; every one is an outcome with `more` set and the new
  /// descriptor as its value. The handler owns the descriptor, also of one that arrives after the cancel.
  virtual void accept(Operation& operation, int listener) = 0;

  virtual void connect(Operation& operation, int socket, const Address& to) = 0;

  /// Fills all of `into`. Fewer bytes without an error: the peer has ended its stream.
  virtual void receive(Operation& operation, int socket, MutableBytes into) = 0;

  /// Waits for bytes without holding memory for them; they come in a buffer of the ring (outcome.bytes), good until the
  /// handler returns. No bytes without an error: the peer has ended its stream.
  virtual void receive_lent(Operation& operation, int socket) = 0;

  /// Sends all pieces, in order. `pieces` stays valid, and is the ring's to change, until the handler runs. A peer that
  /// is gone is EPIPE or ECONNRESET, never a signal.
  virtual void send(Operation& operation, int socket, std::span<iovec> pieces) = 0;

  /// All of a file operation or its error (see file_task.h).
  virtual void execute(Operation& operation, const IoOp& op) = 0;

  /// Waits once until a foreign descriptor can be read, has failed or has hung up.
  virtual void poll_readable(Operation& operation, int descriptor) = 0;

  /// Does nothing; its handler runs in the next run(). For work that must not happen inside the call that causes it.
  virtual void defer(Operation& operation) = 0;

  /// No operation on the descriptor may be in flight.
  virtual void close(Operation& operation, int descriptor) = 0;

  /// Asks an operation to end. Its handler runs all the same, once: with ECANCELED and what was done so far, or with
  /// whatever it achieved before. A file operation that already runs is not interrupted. Harmless on an idle one.
  virtual void cancel(Operation& operation) = 0;

  /// The socket moves to another ring or thread. No operation on it may be in flight.
  virtual void forget(int socket) = 0;

  /// Makes the run() that sleeps, or else the next one, return without waiting. From any thread.
  virtual void wake() = 0;

  /// Hands new operations to the kernel, waits until something ended, a wake or the deadline came, and runs the
  /// handlers of what has ended. A deadline in the past means: do not wait. Returns how many handlers ran. Not from a
  /// handler.
  virtual std::size_t run(Instant deadline) = 0;

  /// For an application with a loop of its own: readable when run() has something to do. Call flush() before each wait.
  virtual int descriptor() const = 0;

  /// Hands new operations to the kernel without running a handler.
  virtual void flush() = 0;

  std::size_t in_flight() const { return in_flight_; }

 protected:
  friend Result<std::unique_ptr<Ring>> make_ring(RingKind kind);

  void begin(Operation& operation, Operation::Kind kind, int descriptor);
  /// Runs the handler. The operation, and who owns it, may be gone afterwards.
  void end(Operation& operation, const Outcome& outcome);
  /// Takes it out of flight without a word to its owner.
  void abandon(Operation& operation);

 private:
  std::string reason_;
  std::size_t in_flight_ = 0;
};

/// A ring for the calling thread. The error names the missing feature of the kernel, or who forbids it.
Result<std::unique_ptr<Ring>> make_ring(RingKind kind);

}  // namespace lunway::runtime
