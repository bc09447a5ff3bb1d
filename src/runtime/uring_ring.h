// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The ring on io_uring. New operations gather in the submission queue and go to the kernel with the one system call by
// which run() waits.

#pragma once

#include <liburing.h>

#include <memory>
#include <optional>

#include "runtime/file_threads.h"
#include "runtime/lent_buffers.h"
#include "runtime/ring.h"

namespace lunway::runtime {

class UringRing final : public Ring {
 public:
  static Result<std::unique_ptr<Ring>> make();
  ~UringRing() override;

  RingKind kind() const override { return RingKind::uring; }
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
  void forget(int /*socket*/) override {}
  void wake() override;
  std::size_t run(Instant deadline) override;
  int descriptor() const override { return ring_.ring_fd; }
  void flush() override;

 private:
  static constexpr unsigned kSubmissions = 512;
  static constexpr unsigned kCompletions = 4096;
  /// Completions handled before the next look at timers and mailboxes.
  static constexpr unsigned kBatch = 256;

  /// What the kernel said about a submission.
  struct Answer {
    int result = 0;
    unsigned flags = 0;

    bool has_more() const { return (flags & IORING_CQE_F_MORE) != 0; }
  };

  UringRing() = default;
  Result<> set_up();

  io_uring_sqe& next_submission();
  void submit(Operation& operation);
  void prepare(io_uring_sqe& sqe, Operation& operation) const;
  void arm_wake();
  void submit_starved();
  void submit_and_wait(Instant deadline);

  void complete(Operation& operation, Answer answer);
  void complete_accept(Operation& operation, Answer answer);
  void complete_receive(Operation& operation, Answer answer);
  void complete_receive_lent(Operation& operation, Answer answer);
  void complete_send(Operation& operation, Answer answer);
  void complete_execute(Operation& operation, Answer answer);
  void go_on(Operation& operation);

  std::size_t finish_file_operations();
  void abandon_all();

  LentBuffers lent_;  // outlives ring_
  io_uring ring_{};
  bool is_set_up_ = false;
  /// A receive that waits for all its bytes tells how many it had when it is cancelled (Linux 6.1).
  bool keeps_partial_receives_ = false;
  int wake_ = -1;
  std::uint64_t wake_count_ = 0;  // read from wake_ by the kernel
  bool wake_armed_ = false;
  OperationQueue starved_;            // bytes were there when no lent buffer was
  std::optional<FileThreads> files_;  // for what io_uring cannot do; started with the first such operation
};

}  // namespace lunway::runtime
