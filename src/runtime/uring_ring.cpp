// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/uring_ring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "runtime/clock.h"

namespace lunway::runtime {

namespace {

/// user_data of submissions that belong to no operation. Operations are aligned, so their addresses differ from these.
constexpr std::uint64_t kNobody = 0;
constexpr std::uint64_t kWake = 1;

/// Ways to set a ring up, the best first. Each spares work in the kernel: completions are made when this thread asks
/// for them (6.1), by no other thread (6.0), or at least without interrupting it (5.19).
constexpr unsigned kSetups[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_COOP_TASKRUN,
};

std::unexpected<Error> setup_failure(int error) {
  switch (error) {
    case ENOSYS:
      return failure(error, "this kernel has no io_uring");
    case EPERM:
    case EACCES:
      return failure(error, "io_uring is forbidden here, by a seccomp filter or by sysctl kernel.io_uring_disabled");
    case EINVAL:
      return failure(error, "io_uring lacks cooperative task running, which came with Linux 5.19");
    case ENOMEM:
      return failure(error, "there is not enough memory for io_uring; the limit on locked memory may be too low");
    default:
      return system_failure(error, "setting io_uring up");
  }
}

void set_owner(io_uring_sqe& sqe, std::uint64_t owner) { ::io_uring_sqe_set_data64(&sqe, owner); }

std::uint64_t id_of(const Operation& operation) { return reinterpret_cast<std::uintptr_t>(&operation); }

}  // namespace

Result<std::unique_ptr<Ring>> UringRing::make() {
  std::unique_ptr<UringRing> ring(new UringRing);
  if (auto done = ring->set_up(); !done) return std::unexpected(std::move(done.error()));
  return ring;
}

Result<> UringRing::set_up() {
  int answer = -EINVAL;
  for (const unsigned flags : kSetups) {
    io_uring_params parameters{};
    parameters.flags = flags | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    parameters.cq_entries = kCompletions;
    answer = ::io_uring_queue_init_params(kSubmissions, &ring_, &parameters);
    keeps_partial_receives_ = (flags & IORING_SETUP_DEFER_TASKRUN) != 0;  // both came with one release
    if (answer != -EINVAL) break;
  }
  if (answer < 0) return setup_failure(-answer);
  is_set_up_ = true;

  if ((ring_.features & IORING_FEAT_EXT_ARG) == 0) return failure(ENOSYS, "io_uring lacks waiting with a time limit");
  if (auto registered = lent_.register_with(ring_); !registered) return registered;
  ::io_uring_register_ring_fd(&ring_);  // saves a look-up per call; works without

  wake_ = ::eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) return system_failure(errno, "making an event descriptor");
  arm_wake();
  return {};
}

UringRing::~UringRing() {
  if (is_set_up_) {
    abandon_all();
    ::io_uring_queue_exit(&ring_);
  }
  if (wake_ >= 0) ::close(wake_);
}

void UringRing::abandon_all() {
  while (Operation* operation = starved_.pop()) abandon(*operation);
  if (files_) {
    for (OperationQueue queue : {files_->stop(), files_->take_finished()}) {
      while (Operation* operation = queue.pop()) abandon(*operation);
    }
  }
  while (in_flight() != 0) {
    io_uring_sqe& sqe = next_submission();
    ::io_uring_prep_cancel64(&sqe, 0, IORING_ASYNC_CANCEL_ANY);
    set_owner(sqe, kNobody);
    io_uring_cqe* cqe = nullptr;
    __kernel_timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};  // what had not begun is cancelled the next time
    ::io_uring_submit_and_wait_timeout(&ring_, &cqe, 1, &pause, nullptr);
    while (::io_uring_peek_cqe(&ring_, &cqe) == 0) {
      const Answer answer{cqe->res, cqe->flags};
      const std::uint64_t owner = cqe->user_data;
      ::io_uring_cqe_seen(&ring_, cqe);
      if (owner == kNobody || owner == kWake) continue;
      auto& operation = *reinterpret_cast<Operation*>(owner);
      if (operation.kind_ == Operation::Kind::accept && answer.result >= 0) ::close(answer.result);
      if (!answer.has_more()) abandon(operation);
    }
  }
}

void UringRing::accept(Operation& operation, int listener) {
  begin(operation, Operation::Kind::accept, listener);
  submit(operation);
}

void UringRing::connect(Operation& operation, int socket, const Address& to) {
  begin(operation, Operation::Kind::connect, socket);
  operation.work_ = to;
  submit(operation);
}

void UringRing::receive(Operation& operation, int socket, MutableBytes into) {
  begin(operation, Operation::Kind::receive, socket);
  operation.work_ = Operation::Receiving{into};
  submit(operation);
}

void UringRing::receive_lent(Operation& operation, int socket) {
  begin(operation, Operation::Kind::receive_lent, socket);
  submit(operation);
}

void UringRing::send(Operation& operation, int socket, std::span<iovec> pieces) {
  begin(operation, Operation::Kind::send, socket);
  operation.work_ = Operation::Sending{.gather = Gather(pieces), .message = {}};
  submit(operation);
}

void UringRing::execute(Operation& operation, const IoOp& op) {
  begin(operation, Operation::Kind::execute, op.descriptor);
  operation.work_ = FileTask(op);
  if (!std::get<FileTask>(operation.work_).needs_thread()) return submit(operation);
  if (!files_) files_.emplace([this] { wake(); });
  files_->submit(operation);
}

/// Returns how many handlers ran.
std::size_t UringRing::finish_file_operations() {
  if (!files_) return 0;
  OperationQueue finished = files_->take_finished();
  std::size_t handled = 0;
  while (Operation* operation = finished.pop()) {
    ++handled;
    end(*operation, {.error = operation->error_, .value = operation->done_});
  }
  return handled;
}

void UringRing::poll_readable(Operation& operation, int descriptor) {
  begin(operation, Operation::Kind::poll, descriptor);
  submit(operation);
}

void UringRing::defer(Operation& operation) {
  begin(operation, Operation::Kind::defer, -1);
  submit(operation);
}

void UringRing::close(Operation& operation, int descriptor) {
  begin(operation, Operation::Kind::close, descriptor);
  submit(operation);
}

void UringRing::cancel(Operation& operation) {
  if (!operation.in_flight_ || operation.cancelled_) return;
  operation.cancelled_ = true;
  io_uring_sqe& sqe = next_submission();
  ::io_uring_prep_cancel64(&sqe, id_of(operation), 0);
  set_owner(sqe, kNobody);
}

void UringRing::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void UringRing::flush() {
  if (!starved_.is_empty()) wake();
  ::io_uring_submit(&ring_);
}

std::size_t UringRing::run(Instant deadline) {
  submit_starved();
  if (!wake_armed_) arm_wake();
  submit_and_wait(deadline);

  std::array<io_uring_cqe*, kBatch> batch;
  const unsigned count = ::io_uring_peek_batch_cqe(&ring_, batch.data(), kBatch);
  std::size_t handled = 0;
  for (unsigned i = 0; i < count; ++i) {
    const Answer answer{batch[i]->res, batch[i]->flags};
    const std::uint64_t owner = batch[i]->user_data;
    ::io_uring_cq_advance(&ring_, 1);  // before the handler, which may need the room
    if (owner == kWake) {
      wake_armed_ = false;
      handled += finish_file_operations();
    } else if (owner != kNobody) {
      complete(*reinterpret_cast<Operation*>(owner), answer);
      ++handled;
    }
  }
  return handled;
}

/// Interrupted, timed out, out of memory for now: in every case what has completed is handled and run() is called
/// again.
void UringRing::submit_and_wait(Instant deadline) {
  const Instant now = deadline == kNever ? Instant::min() : read_clock();
  if (deadline <= now || !starved_.is_empty()) {
    ::io_uring_submit_and_get_events(&ring_);
    return;
  }
  io_uring_cqe* first = nullptr;
  if (deadline == kNever) {
    ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, nullptr, nullptr);
    return;
  }
  const auto rest = (deadline - now).count();
  __kernel_timespec limit{.tv_sec = rest / 1'000'000'000, .tv_nsec = rest % 1'000'000'000};
  ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
}

void UringRing::arm_wake() {
  io_uring_sqe& sqe = next_submission();
  ::io_uring_prep_read(&sqe, wake_, &wake_count_, sizeof wake_count_, 0);
  set_owner(sqe, kWake);
  wake_armed_ = true;
}

void UringRing::submit_starved() {
  // No more than there are buffers; the others would only starve again.
  for (unsigned i = 0; i < LentBuffers::kCount && !starved_.is_empty(); ++i) go_on(*starved_.pop());
}

}  // namespace lunway::runtime
