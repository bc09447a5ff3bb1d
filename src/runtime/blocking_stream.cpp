// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/blocking_stream.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/clock.h"
#include "runtime/listener.h"

namespace lunway::runtime {
namespace {

/// True when the socket is ready for `events` before `deadline`.
bool wait_for(int socket, short events, Instant deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - read_clock());
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void set_option(int socket, int level, int name, int value) {
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

/// Calls wait in poll(), where a deadline can end them.
void make_non_blocking(int socket) { (void)::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK); }

int pending_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Result<BlockingStream> BlockingStream::connect(const Address& to, Duration within) {
  const Instant deadline = read_clock() + within;
  const int socket = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return system_failure(errno, "cannot make a socket");
  BlockingStream stream(socket);
  if (::connect(socket, to.raw(), to.raw_size()) != 0) {
    if (errno != EINPROGRESS) return system_failure(errno, "cannot connect to " + to.to_string());
    const int error = wait_for(socket, POLLOUT, deadline) ? pending_error(socket) : ETIMEDOUT;
    if (error != 0) return system_failure(error, "cannot connect to " + to.to_string());
  }
  return stream;
}

BlockingStream::BlockingStream(int socket) : socket_(socket) {
  make_non_blocking(socket_);
  set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1);
}

BlockingStream::BlockingStream(BlockingStream&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

BlockingStream& BlockingStream::operator=(BlockingStream&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

BlockingStream::~BlockingStream() { close(); }

Result<> BlockingStream::send(Bytes bytes, Duration within) {
  const Instant deadline = read_clock() + within;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (!would_block(errno)) {
      return system_failure(errno, "cannot send");
    } else if (!wait_for(socket_, POLLOUT, deadline)) {
      return system_failure(ETIMEDOUT, "cannot send");
    }
  }
  return {};
}

BlockingStream::Received BlockingStream::receive(MutableBytes into, Duration within) {
  const Instant deadline = read_clock() + within;
  for (;;) {
    const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
    if (count > 0) return {Arrival::bytes, static_cast<std::size_t>(count)};
    if (count == 0) return {Arrival::end};
    if (!would_block(errno)) return {Arrival::reset};
    if (!wait_for(socket_, POLLIN, deadline)) return {Arrival::nothing};
  }
}

bool BlockingStream::wait_for_any(std::initializer_list<const BlockingStream*> streams, Duration within) {
  std::vector<pollfd> entries;
  for (const BlockingStream* stream : streams) {
    entries.push_back({.fd = stream->socket_, .events = POLLIN, .revents = 0});
  }
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(within);
  return ::poll(entries.data(), entries.size(), static_cast<int>(limit.count())) > 0;
}

void BlockingStream::finish_sending() { (void)::shutdown(socket_, SHUT_WR); }

void BlockingStream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void BlockingStream::close() {
  if (socket_ >= 0) (void)::close(std::exchange(socket_, -1));
}

Result<BlockingListener> BlockingListener::open(const Address& address) {
  Result<int> socket = open_listening_socket(address);
  if (!socket) return std::unexpected(socket.error());
  Result<Address> local = Address::local_of(*socket);
  if (!local) {
    (void)::close(*socket);
    return std::unexpected(local.error());
  }
  make_non_blocking(*socket);
  return BlockingListener(*socket, *local);
}

BlockingListener::BlockingListener(BlockingListener&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), address_(other.address_) {}

BlockingListener& BlockingListener::operator=(BlockingListener&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(address_, other.address_);
  return *this;
}

BlockingListener::~BlockingListener() {
  if (socket_ >= 0) (void)::close(socket_);
}

Result<BlockingStream> BlockingListener::accept(Duration within) {
  const Instant deadline = read_clock() + within;
  for (;;) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) return BlockingStream(socket);
    if (!would_block(errno) && errno != ECONNABORTED) return system_failure(errno, "cannot accept a connection");
    if (!wait_for(socket_, POLLIN, deadline)) return system_failure(ETIMEDOUT, "nobody connected");
  }
}

}  // namespace lunway::runtime
