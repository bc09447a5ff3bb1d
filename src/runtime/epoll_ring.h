// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The ring without io_uring: non-blocking sockets, edge-triggered epoll, and FileThreads for files.
//
// Starting an operation only queues it. run() attempts it; one that would block is parked at its descriptor until epoll
// reports an edge there, and is then attempted again. Since every operation is attempted before it is parked, no edge
// is ever missed, and a socket costs one epoll_ctl in its life.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runtime/file_threads.h"
#include "runtime/ring.h"

namespace lunway::runtime {

class EpollRing final : public Ring {
 public:
  static Result<std::unique_ptr<Ring>> make();
  ~EpollRing() override;

  RingKind kind() const override { return RingKind::epoll; }
  void accept(Operation& operation, int listener) override;
  void connect(Operation& operation, int socket, const Address& to) override;
  void receive(Operation& operation, int socket, MutableBytes into) override;
  void receive_lent(Operation& operation, int socket) override;
  void send(Operation& operation, int socket, std::span<iovec> pieces) override;
  void execute(Operation& operation, const IoOp& op) override;
  void poll_readable(Operation& operation, int descriptor) override;
  void defer(Operation& operation) override;
  void close(Operation& operation, int descriptor) override;
  void cancel(Operation& operation) override;
  void forget(int socket) override;
  void wake() override;
  std::size_t run(Instant deadline) override;
  int descriptor() const override { return epoll_; }
  void flush() override;

 private:
  static constexpr std::size_t kLentSize = std::size_t{64} << 10;
  /// Connections accepted before others get their turn.
  static constexpr int kAcceptsPerTurn = 64;

  /// Who waits at a descriptor.
  struct Parking {
    Operation* reader = nullptr;
    Operation* writer = nullptr;
    bool is_registered = false;  // with epoll, for all edges
  };

  EpollRing(int epoll, int wake);

  void attempt(Operation& operation);
  std::optional<Outcome> try_once(Operation& operation);
  std::optional<Outcome> try_connect(Operation& operation);
  std::optional<Outcome> try_receive(Operation& operation);
  std::optional<Outcome> try_receive_lent(Operation& operation);
  std::optional<Outcome> try_send(Operation& operation);
  Outcome close_now(Operation& operation);
  void accept_some(Operation& operation);

  void park(Operation& operation);
  /// 0, or why epoll refuses.
  int watch(const Operation& operation, Parking& parking);
  void unpark(Operation*& place);
  bool has_parking(int descriptor) const;
  Parking& parking_of(int descriptor);
  void resume(Operation*& place);
  static Operation*& place_of(Operation& operation, Parking& parking);

  void finish(Operation& operation, const Outcome& outcome);
  void finish_file_operations();
  void handle_wake();
  void wait(Instant deadline);

  int epoll_;
  int wake_;
  std::size_t handled_ = 0;        // in this run()
  OperationQueue fresh_;           // to be attempted in the next run()
  std::vector<Parking> parkings_;  // by descriptor
  std::vector<std::byte> lent_;
  FileThreads files_;
};

}  // namespace lunway::runtime
