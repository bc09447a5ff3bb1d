// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the kernel's sockets allow on one core, without a protocol: the ceiling that a target is measured against.
//
//   bench_wire serve CONNECTIONS REQUEST_BYTES ANSWER_BYTES
//   bench_wire load CONNECTIONS REQUEST_BYTES ANSWER_BYTES PORT DEPTH SECONDS

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "load.h"
#include "server.h"

namespace lunway::bench {

void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::size_t moved(ssize_t count, const char* what) {
  if (count < 0) fail(what);
  return static_cast<std::size_t>(count);
}

void send_at_once(int socket) {
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

std::size_t receive(int socket, std::byte* into, std::size_t size, runtime::BusyPoll& busy_poll) {
  ssize_t count = -1;
  const bool found = busy_poll([&] {
    count = ::recv(socket, into, size, MSG_DONTWAIT);
    return count >= 0 || errno != EAGAIN;
  });
  return moved(found ? count : ::recv(socket, into, size, 0), "recv");
}

namespace {

[[noreturn]] void explain() {
  std::fputs(
      "usage: bench_wire serve CONNECTIONS REQUEST_BYTES ANSWER_BYTES\n"
      "       bench_wire load CONNECTIONS REQUEST_BYTES ANSWER_BYTES PORT DEPTH SECONDS\n",
      stderr);
  std::exit(2);
}

/// Positive, or the program ends.
template <class Number>
Number number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value <= Number{}) explain();
  return value;
}

void run(std::span<char* const> words) {
  if (words.size() < 5) explain();
  const std::string_view verb = words[1];
  const Shape shape{.connections = number<int>(words[2]),
                    .request_bytes = number<std::size_t>(words[3]),
                    .answer_bytes = number<std::size_t>(words[4])};
  if (verb == "serve" && words.size() == 5) return serve(shape);
  if (verb != "load" || words.size() != 8) explain();
  load(shape, {.port = number<std::uint16_t>(words[5]),
               .depth = number<std::size_t>(words[6]),
               .time = std::chrono::duration<double>(number<double>(words[7]))});
}

}  // namespace
}  // namespace lunway::bench

int main(int argc, char** argv) { lunway::bench::run(std::span(argv, static_cast<std::size_t>(argc))); }
