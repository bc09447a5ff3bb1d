// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "load.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace lunway::bench {
namespace {

using Clock = std::chrono::steady_clock;

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket < 0 || ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connecting");
  send_at_once(socket);
  return socket;
}

void send_all(int socket, const std::byte* data, std::size_t size) {
  while (size > 0) {
    const std::size_t count = moved(::send(socket, data, size, MSG_NOSIGNAL), "send");
    data += count;
    size -= count;
  }
}

/// Requests that were answered. The last ones are sent before `until`.
std::uint64_t run(const Shape& shape, const LoadOptions& options, int socket, Clock::time_point until) {
  const std::vector<std::byte> requests(shape.request_bytes * options.depth, std::byte{0xa5});
  std::vector<std::byte> input(kReceiveBytes);
  std::uint64_t answered = 0;
  std::uint64_t sent = 0;
  std::size_t part = 0;
  runtime::BusyPoll busy_poll(kLoadBusyPoll);
  for (;;) {
    if (Clock::now() < until) {
      const std::size_t free = options.depth - static_cast<std::size_t>(sent - answered);
      send_all(socket, requests.data(), free * shape.request_bytes);
      sent += free;
    }
    if (sent == answered) return answered;
    const std::size_t count = receive(socket, input.data(), input.size(), busy_poll);
    if (count == 0) fail("the server has closed the connection");
    part += count;
    answered += part / shape.answer_bytes;
    part %= shape.answer_bytes;
  }
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

void load(const Shape& shape, const LoadOptions& options) {
  std::vector<int> sockets(static_cast<std::size_t>(shape.connections));
  for (int& socket : sockets) socket = connect_to(options.port);
  std::vector<std::uint64_t> answered(sockets.size());
  const Clock::time_point began = Clock::now();
  const auto until = began + std::chrono::duration_cast<Clock::duration>(options.time);
  {
    std::vector<std::jthread> threads;
    threads.reserve(sockets.size());
    for (std::size_t i = 0; i < sockets.size(); ++i)
      threads.emplace_back([&, i] { answered[i] = run(shape, options, sockets[i], until); });
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::uint64_t sum = 0;
  for (const std::uint64_t count : answered) sum += count;
  for (const int socket : sockets) ::close(socket);
  std::printf("{\"requests\": %llu, \"seconds\": %.6f, \"processors\": %.4f}\n", static_cast<unsigned long long>(sum),
              seconds, processor_seconds() / seconds);
}

}  // namespace lunway::bench
