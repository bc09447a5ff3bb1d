// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "server.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

namespace lunway::bench {
namespace {

/// What one send carries at most, in whole answers: a block that stays in the processor's cache.
constexpr std::size_t kSendBytes = std::size_t{1} << 19;

/// One connection. Bytes are counted, not looked at: how many requests are whole, how many bytes of answers are owed.
class Exchange {
 public:
  Exchange(const Shape& shape, int socket, std::vector<std::byte>& input, const std::vector<std::byte>& answers)
      : shape_(shape), socket_(socket), input_(input), answers_(answers) {}

  int socket() const { return socket_; }
  bool owes() const { return owed_ != 0; }

  /// False when the peer has closed. The socket blocks.
  bool receive(runtime::BusyPoll& busy_poll) {
    return take(bench::receive(socket_, input_.data(), input_.size(), busy_poll));
  }
  /// The same on a socket that is ready.
  bool receive() { return take(moved(::recv(socket_, input_.data(), input_.size(), 0), "recv")); }

  /// All that is owed, or as much as the socket takes.
  void send() {
    while (owed_ != 0) {
      const std::size_t wanted = std::min(owed_, answers_.size() - from_);
      const ssize_t count = ::send(socket_, answers_.data() + from_, wanted, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) return;
      owed_ -= moved(count, "send");
      from_ = (from_ + static_cast<std::size_t>(count)) % shape_.answer_bytes;
    }
  }

 private:
  bool take(std::size_t count) {
    part_ += count;
    owed_ += part_ / shape_.request_bytes * shape_.answer_bytes;
    part_ %= shape_.request_bytes;
    return count != 0;
  }

  const Shape shape_;
  const int socket_;
  std::vector<std::byte>& input_;
  const std::vector<std::byte>& answers_;
  std::size_t part_ = 0;  // of a request that is not whole yet
  std::size_t owed_ = 0;
  std::size_t from_ = 0;  // in the answer that is being sent
};

int listen_anywhere() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, raw, size) != 0 || ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, raw, &size) != 0)
    fail("listening");
  std::printf("ready %u\n", unsigned{ntohs(address.sin_port)});
  std::fflush(stdout);
  return listener;
}

/// With one connection there is nothing to choose from: the receive itself waits.
void serve_one(Exchange& exchange) {
  runtime::BusyPoll busy_poll(kServerBusyPoll);
  while (exchange.receive(busy_poll)) exchange.send();
}

void watch(int epoll, int operation, Exchange& exchange) {
  epoll_event event{};
  event.events = exchange.owes() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &exchange;
  if (::epoll_ctl(epoll, operation, exchange.socket(), &event) != 0) fail("epoll_ctl");
}

/// One receive and one send for each connection that is ready. The kernel is asked to tell of room only while there is
/// none.
void serve_many(std::vector<Exchange>& exchanges) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (Exchange& exchange : exchanges) watch(epoll, EPOLL_CTL_ADD, exchange);
  std::array<epoll_event, 64> ready;
  int count = 0;
  const auto wait = [&](int limit_ms) {
    count = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), limit_ms);
    return count > 0;
  };
  runtime::BusyPoll busy_poll(kServerBusyPoll);
  for (std::size_t open = exchanges.size(); open > 0;) {
    if (!busy_poll([&] { return wait(0); })) wait(-1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      Exchange& exchange = *static_cast<Exchange*>(event.data.ptr);
      const bool owed = exchange.owes();
      if ((event.events & EPOLLIN) != 0 && !exchange.receive()) {
        ::close(exchange.socket());
        --open;
        continue;
      }
      exchange.send();
      if (exchange.owes() != owed) watch(epoll, EPOLL_CTL_MOD, exchange);
    }
  }
  ::close(epoll);
}

}  // namespace

void serve(const Shape& shape) {
  const int listener = listen_anywhere();
  std::vector<std::byte> input(kReceiveBytes);
  // Written to once, so that it is memory of its own and not the kernel's page of zeros.
  const std::size_t count = std::max(std::size_t{1}, kSendBytes / shape.answer_bytes);
  const std::vector<std::byte> answers(shape.answer_bytes * count, std::byte{0x5a});
  std::vector<Exchange> exchanges;
  for (int i = 0; i < shape.connections; ++i) {
    const int flags = SOCK_CLOEXEC | (shape.connections > 1 ? SOCK_NONBLOCK : 0);
    const int socket = ::accept4(listener, nullptr, nullptr, flags);
    if (socket < 0) fail("accept");
    send_at_once(socket);
    exchanges.emplace_back(shape, socket, input, answers);
  }
  if (exchanges.size() == 1) {
    serve_one(exchanges.front());
  } else {
    serve_many(exchanges);
  }
}

}  // namespace lunway::bench
