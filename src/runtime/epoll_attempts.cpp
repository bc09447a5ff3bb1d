// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The second half of EpollRing: one attempt at an operation, and the parking of those that would block.

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "runtime/epoll_ring.h"

namespace lunway::runtime {

namespace {

/// What a system call that failed means: try later (nullopt), or an end with so many bytes done.
std::optional<Outcome> failed_call(std::uint64_t done = 0) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
  return Outcome{.error = errno, .value = done};
}

std::optional<Outcome> try_poll(int descriptor) {
  pollfd query{.fd = descriptor, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&query, 1, 0);
  if (ready < 0 && errno != EINTR) return Outcome{.error = errno};
  if (ready <= 0) return std::nullopt;
  if ((query.revents & POLLNVAL) != 0) return Outcome{.error = EBADF};
  return Outcome{};
}

}  // namespace

void EpollRing::attempt(Operation& operation) {
  if (operation.cancelled_) return finish(operation, {.error = ECANCELED, .value = operation.done_});
  if (operation.kind_ == Operation::Kind::accept) return accept_some(operation);
  if (auto outcome = try_once(operation)) {
    finish(operation, *outcome);
  } else {
    park(operation);
  }
}

std::optional<Outcome> EpollRing::try_once(Operation& operation) {
  switch (operation.kind_) {
    case Operation::Kind::connect:
      return try_connect(operation);
    case Operation::Kind::receive:
      return try_receive(operation);
    case Operation::Kind::receive_lent:
      return try_receive_lent(operation);
    case Operation::Kind::send:
      return try_send(operation);
    case Operation::Kind::poll:
      return try_poll(operation.descriptor_);
    case Operation::Kind::defer:
      return Outcome{};
    case Operation::Kind::close:
      return close_now(operation);
    case Operation::Kind::accept:
    case Operation::Kind::execute:
      break;
  }
  assert(false && "not attempted one by one");
  return std::nullopt;
}

void EpollRing::accept_some(Operation& operation) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int socket = ::accept4(operation.descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0 && errno == EINTR) continue;
    if (socket < 0) {
      if (auto outcome = failed_call()) return finish(operation, *outcome);
      return park(operation);
    }
    finish(operation, {.more = true, .value = static_cast<std::uint64_t>(socket)});
    if (operation.cancelled_) return finish(operation, {.error = ECANCELED});
  }
  fresh_.push(operation);
}

std::optional<Outcome> EpollRing::try_connect(Operation& operation) {
  const Address& to = std::get<Address>(operation.work_);
  // A repeated connect(2) tells how the first one went: EISCONN, EALREADY, or the error it ended with.
  if (::connect(operation.descriptor_, to.raw(), to.raw_size()) == 0 || errno == EISCONN) return Outcome{};
  if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return std::nullopt;
  return Outcome{.error = errno};
}

std::optional<Outcome> EpollRing::try_receive(Operation& operation) {
  MutableBytes& rest = std::get<Operation::Receiving>(operation.work_).rest;
  while (!rest.empty()) {
    const ssize_t count = ::recv(operation.descriptor_, rest.data(), rest.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed_call(operation.done_);
    if (count == 0) break;
    rest = rest.subspan(static_cast<std::size_t>(count));
    operation.done_ += static_cast<std::uint64_t>(count);
  }
  return Outcome{.value = operation.done_};
}

std::optional<Outcome> EpollRing::try_receive_lent(Operation& operation) {
  for (;;) {
    const ssize_t count = ::recv(operation.descriptor_, lent_.data(), lent_.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed_call();
    const Bytes bytes(lent_.data(), static_cast<std::size_t>(count));
    return Outcome{.value = bytes.size(), .bytes = bytes};
  }
}

std::optional<Outcome> EpollRing::try_send(Operation& operation) {
  auto& [gather, message] = std::get<Operation::Sending>(operation.work_);
  while (!gather.is_empty()) {
    message.msg_iov = gather.window().data();
    message.msg_iovlen = gather.window().size();
    const ssize_t count = ::sendmsg(operation.descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed_call(operation.done_);
    gather.advance(static_cast<std::size_t>(count));
    operation.done_ += static_cast<std::uint64_t>(count);
  }
  return Outcome{.value = operation.done_};
}

Outcome EpollRing::close_now(Operation& operation) {
  forget(operation.descriptor_);
  // EINTR from close(2) on Linux: it is closed all the same.
  if (::close(operation.descriptor_) == 0 || errno == EINTR) return {};
  return {.error = errno};
}

void EpollRing::park(Operation& operation) {
  Parking& parking = parking_of(operation.descriptor_);
  Operation*& place = place_of(operation, parking);
  assert(place == nullptr && "one reader and one writer at a time");
  place = &operation;
  if (const int error = watch(operation, parking); error != 0) {
    place = nullptr;
    finish(operation, {.error = error, .value = operation.done_});
  }
}

int EpollRing::watch(const Operation& operation, Parking& parking) {
  if (parking.is_registered) return 0;
  epoll_event event{};
  event.data.fd = operation.descriptor_;
  // A foreign descriptor is watched for one event at a time: its owner may close it without telling us.
  const bool is_foreign = operation.kind_ == Operation::Kind::poll;
  event.events = is_foreign ? EPOLLIN | EPOLLONESHOT : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, operation.descriptor_, &event) != 0) return errno;
  parking.is_registered = !is_foreign;
  return 0;
}

void EpollRing::unpark(Operation*& place) {
  if (place->kind_ == Operation::Kind::poll) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, place->descriptor_, nullptr);
  place = nullptr;
}

bool EpollRing::has_parking(int descriptor) const {
  return descriptor >= 0 && static_cast<std::size_t>(descriptor) < parkings_.size();
}

EpollRing::Parking& EpollRing::parking_of(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= parkings_.size()) parkings_.resize(index + 1);
  return parkings_[index];
}

Operation*& EpollRing::place_of(Operation& operation, Parking& parking) {
  const bool writes = operation.kind_ == Operation::Kind::send || operation.kind_ == Operation::Kind::connect;
  return writes ? parking.writer : parking.reader;
}

}  // namespace lunway::runtime
