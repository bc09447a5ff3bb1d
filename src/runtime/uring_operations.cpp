// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The second half of UringRing: what each operation asks of the kernel, and what its answer means.

#include <poll.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>

#include "runtime/uring_ring.h"

namespace lunway::runtime {

namespace {

void prepare_step(io_uring_sqe& sqe, const FileTask& task) {
  const FileTask::Step step = task.step();
  const int descriptor = task.descriptor();
  const auto length = static_cast<unsigned>(step.length);  // of a transfer, which FileTask keeps below 2 GiB
  switch (step.call) {
    case FileTask::Step::Call::read:
      return ::io_uring_prep_read(&sqe, descriptor, step.memory, length, step.offset);
    case FileTask::Step::Call::write:
      return ::io_uring_prep_write(&sqe, descriptor, step.memory, length, step.offset);
    case FileTask::Step::Call::sync_data:
      return ::io_uring_prep_fsync(&sqe, descriptor, IORING_FSYNC_DATASYNC);
    case FileTask::Step::Call::allocate:
      return ::io_uring_prep_fallocate(&sqe, descriptor, step.allocate_mode, static_cast<off_t>(step.offset),
                                       static_cast<off_t>(step.length));
    case FileTask::Step::Call::seek_data:
    case FileTask::Step::Call::seek_hole:
      break;  // never here: the task needs a thread
  }
  assert(false && "io_uring has no such call");
}

}  // namespace

io_uring_sqe& UringRing::next_submission() {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    ::io_uring_submit(&ring_);
    sqe = ::io_uring_get_sqe(&ring_);
  }
  return *sqe;
}

void UringRing::submit(Operation& operation) {
  io_uring_sqe& sqe = next_submission();
  prepare(sqe, operation);
  ::io_uring_sqe_set_data64(&sqe, reinterpret_cast<std::uintptr_t>(&operation));
}

void UringRing::prepare(io_uring_sqe& sqe, Operation& operation) const {
  const int descriptor = operation.descriptor_;
  switch (operation.kind_) {
    case Operation::Kind::accept:
      return ::io_uring_prep_multishot_accept(&sqe, descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    case Operation::Kind::connect: {
      const Address& to = std::get<Address>(operation.work_);
      return ::io_uring_prep_connect(&sqe, descriptor, to.raw(), to.raw_size());
    }
    case Operation::Kind::receive: {
      const MutableBytes rest = std::get<Operation::Receiving>(operation.work_).rest;
      return ::io_uring_prep_recv(&sqe, descriptor, rest.data(), rest.size(),
                                  keeps_partial_receives_ ? MSG_WAITALL : 0);
    }
    case Operation::Kind::receive_lent:
      ::io_uring_prep_recv(&sqe, descriptor, nullptr, LentBuffers::kSize, 0);
      sqe.flags |= IOSQE_BUFFER_SELECT;
      sqe.buf_group = LentBuffers::kGroup;
      if (operation.drained_) sqe.ioprio |= IORING_RECVSEND_POLL_FIRST;
      return;
    case Operation::Kind::send: {
      auto& [gather, message] = std::get<Operation::Sending>(operation.work_);
      message.msg_iov = gather.window().data();
      message.msg_iovlen = gather.window().size();
      return ::io_uring_prep_sendmsg(&sqe, descriptor, &message, MSG_NOSIGNAL | MSG_WAITALL);
    }
    case Operation::Kind::execute:
      return prepare_step(sqe, std::get<FileTask>(operation.work_));
    case Operation::Kind::poll:
      return ::io_uring_prep_poll_add(&sqe, descriptor, POLLIN);
    case Operation::Kind::defer:
      return ::io_uring_prep_nop(&sqe);
    case Operation::Kind::close:
      return ::io_uring_prep_close(&sqe, descriptor);
  }
}

void UringRing::complete(Operation& operation, Answer answer) {
  switch (operation.kind_) {
    case Operation::Kind::accept:
      return complete_accept(operation, answer);
    case Operation::Kind::receive:
      return complete_receive(operation, answer);
    case Operation::Kind::receive_lent:
      return complete_receive_lent(operation, answer);
    case Operation::Kind::send:
      return complete_send(operation, answer);
    case Operation::Kind::execute:
      return complete_execute(operation, answer);
    case Operation::Kind::connect:
    case Operation::Kind::poll:
    case Operation::Kind::defer:
    case Operation::Kind::close:
      return end(operation, {.error = answer.result < 0 ? -answer.result : 0});
  }
}

void UringRing::complete_accept(Operation& operation, Answer answer) {
  if (answer.result < 0) {
    if (answer.result == -EINTR) return go_on(operation);
    return end(operation, {.error = -answer.result});
  }
  end(operation, {.more = true, .value = static_cast<std::uint64_t>(answer.result)});
  if (!answer.has_more()) go_on(operation);  // the kernel may end the series at any time
}

void UringRing::complete_receive(Operation& operation, Answer answer) {
  if (answer.result == -EINTR) return go_on(operation);
  if (answer.result < 0) return end(operation, {.error = -answer.result, .value = operation.done_});
  const auto count = static_cast<std::size_t>(answer.result);
  MutableBytes& rest = std::get<Operation::Receiving>(operation.work_).rest;
  rest = rest.subspan(count);
  operation.done_ += count;
  if (rest.empty() || count == 0) return end(operation, {.value = operation.done_});
  go_on(operation);
}

void UringRing::complete_receive_lent(Operation& operation, Answer answer) {
  if (answer.result == -ENOBUFS && !operation.cancelled_) return starved_.push(operation);
  if (answer.result == -EINTR) return go_on(operation);
  const bool has_buffer = (answer.flags & IORING_CQE_F_BUFFER) != 0;
  const auto id = static_cast<unsigned short>(answer.flags >> IORING_CQE_BUFFER_SHIFT);
  operation.drained_ = (answer.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;

  Outcome outcome;
  if (answer.result < 0) {
    outcome.error = answer.result == -ENOBUFS ? ECANCELED : -answer.result;
  } else if (has_buffer) {
    outcome.bytes = lent_.filled(id, static_cast<std::size_t>(answer.result));
    outcome.value = outcome.bytes.size();
  }
  end(operation, outcome);
  if (has_buffer) lent_.give_back(id);
}

void UringRing::complete_send(Operation& operation, Answer answer) {
  if (answer.result == -EINTR) return go_on(operation);
  if (answer.result < 0) return end(operation, {.error = -answer.result, .value = operation.done_});
  const auto count = static_cast<std::size_t>(answer.result);
  Gather& gather = std::get<Operation::Sending>(operation.work_).gather;
  gather.advance(count);
  operation.done_ += count;
  if (gather.is_empty()) return end(operation, {.value = operation.done_});
  go_on(operation);
}

void UringRing::complete_execute(Operation& operation, Answer answer) {
  if (auto outcome = std::get<FileTask>(operation.work_).advance(answer.result)) return end(operation, *outcome);
  submit(operation);
}

void UringRing::go_on(Operation& operation) {
  if (operation.cancelled_) return end(operation, {.error = ECANCELED, .value = operation.done_});
  submit(operation);
}

}  // namespace lunway::runtime
