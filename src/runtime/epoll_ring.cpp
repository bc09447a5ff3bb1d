// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/epoll_ring.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>

#include "runtime/clock.h"

namespace lunway::runtime {

namespace {

void make_non_blocking(int socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) ::fcntl(socket, F_SETFL, flags | O_NONBLOCK);
}

/// For epoll_wait(2), which counts milliseconds: rounded up, so that the deadline has come when it returns.
int milliseconds_until(Instant deadline) {
  if (deadline == kNever) return -1;
  const Instant now = read_clock();
  if (deadline <= now) return 0;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::min<std::int64_t>(rest, 3'600'000));
}

}  // namespace

Result<std::unique_ptr<Ring>> EpollRing::make() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return system_failure(errno, "making an epoll descriptor");
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake;
  if (wake < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    const int error = errno;
    ::close(epoll);
    if (wake >= 0) ::close(wake);
    return system_failure(error, "making an event descriptor");
  }
  return std::unique_ptr<Ring>(new EpollRing(epoll, wake));
}

EpollRing::EpollRing(int epoll, int wake)
    : epoll_(epoll), wake_(wake), lent_(kLentSize), files_([this] { this->wake(); }) {}

EpollRing::~EpollRing() {
  for (OperationQueue queue : {fresh_, files_.stop(), files_.take_finished()}) {
    while (Operation* operation = queue.pop()) abandon(*operation);
  }
  for (const Parking& parking : parkings_) {
    if (parking.reader != nullptr) abandon(*parking.reader);
    if (parking.writer != nullptr) abandon(*parking.writer);
  }
  ::close(wake_);
  ::close(epoll_);
}

void EpollRing::accept(Operation& operation, int listener) {
  begin(operation, Operation::Kind::accept, listener);
  make_non_blocking(listener);
  fresh_.push(operation);
}

void EpollRing::connect(Operation& operation, int socket, const Address& to) {
  begin(operation, Operation::Kind::connect, socket);
  make_non_blocking(socket);
  operation.work_ = to;
  fresh_.push(operation);
}

void EpollRing::receive(Operation& operation, int socket, MutableBytes into) {
  begin(operation, Operation::Kind::receive, socket);
  operation.work_ = Operation::Receiving{into};
  fresh_.push(operation);
}

void EpollRing::receive_lent(Operation& operation, int socket) {
  begin(operation, Operation::Kind::receive_lent, socket);
  fresh_.push(operation);
}

void EpollRing::send(Operation& operation, int socket, std::span<iovec> pieces) {
  begin(operation, Operation::Kind::send, socket);
  operation.work_ = Operation::Sending{.gather = Gather(pieces), .message = {}};
  fresh_.push(operation);
}

void EpollRing::execute(Operation& operation, const IoOp& op) {
  begin(operation, Operation::Kind::execute, op.descriptor);
  operation.work_ = FileTask(op);
  files_.submit(operation);
}

void EpollRing::poll_readable(Operation& operation, int descriptor) {
  begin(operation, Operation::Kind::poll, descriptor);
  fresh_.push(operation);
}

void EpollRing::defer(Operation& operation) {
  begin(operation, Operation::Kind::defer, -1);
  fresh_.push(operation);
}

void EpollRing::close(Operation& operation, int descriptor) {
  begin(operation, Operation::Kind::close, descriptor);
  fresh_.push(operation);
}

void EpollRing::cancel(Operation& operation) {
  if (!operation.in_flight_ || operation.cancelled_) return;
  operation.cancelled_ = true;
  if (operation.kind_ == Operation::Kind::execute || !has_parking(operation.descriptor_)) return;
  Operation*& place = place_of(operation, parking_of(operation.descriptor_));
  if (place != &operation) return;  // it waits to be attempted, and will be seen there
  unpark(place);
  fresh_.push(operation);
}

void EpollRing::forget(int socket) {
  if (!has_parking(socket)) return;
  Parking& parking = parking_of(socket);
  assert(parking.reader == nullptr && parking.writer == nullptr && "an operation waits on this socket");
  if (parking.is_registered) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
  parking = {};
}

void EpollRing::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);  // full means that it is awake
}

void EpollRing::flush() {
  if (!fresh_.is_empty()) wake();
}

std::size_t EpollRing::run(Instant deadline) {
  handled_ = 0;
  OperationQueue batch = fresh_.take_all();
  while (Operation* operation = batch.pop()) attempt(*operation);

  const bool has_more = handled_ != 0 || !fresh_.is_empty();
  wait(has_more ? Instant::min() : deadline);
  return handled_;
}

void EpollRing::wait(Instant deadline) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds_until(deadline));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_) {
      handle_wake();
      continue;
    }
    // Handlers may have changed who waits here, or what this number names: then the attempt finds nothing to do.
    const int descriptor = event.data.fd;
    if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) resume(parking_of(descriptor).reader);
    if ((event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) resume(parking_of(descriptor).writer);
  }
}

void EpollRing::resume(Operation*& place) {
  if (place == nullptr) return;
  Operation& operation = *place;
  unpark(place);
  attempt(operation);
}

void EpollRing::handle_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wake_, &count, sizeof count);
  finish_file_operations();
}

void EpollRing::finish_file_operations() {
  OperationQueue finished = files_.take_finished();
  while (Operation* operation = finished.pop())
    finish(*operation, {.error = operation->error_, .value = operation->done_});
}

void EpollRing::finish(Operation& operation, const Outcome& outcome) {
  ++handled_;
  end(operation, outcome);
}

}  // namespace lunway::runtime
