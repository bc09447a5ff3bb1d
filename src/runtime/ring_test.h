// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What tests over both kinds of ring share: a suite instantiated as Uring/ and Epoll/, operations that remember how
// they ended, and pairs of connected TCP sockets on the loopback.

#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/clock.h"
#include "runtime/listener.h"
#include "runtime/ring.h"

namespace lunway::runtime {

class RingTest : public testing::TestWithParam<RingKind> {
 protected:
  void SetUp() override {
    auto ring = make_ring(GetParam());
    if (!ring) GTEST_SKIP() << "no " << name_of(GetParam()) << " ring here: " << ring.error().message;
    ring_ = std::move(*ring);
  }

  /// Turns the ring until `done()`, for ten seconds at most. False when that never came.
  template <class Done>
  bool run_until(Done done) {
    const Instant limit = read_clock() + std::chrono::seconds(10);
    while (!done()) {
      if (read_clock() >= limit) return false;
      ring_->run(limit);
    }
    return true;
  }

  /// Lets the ring do what it can do now.
  void run_a_little(Duration time = std::chrono::milliseconds(20)) {
    const Instant end = read_clock() + time;
    while (read_clock() < end) ring_->run(end);
  }

  std::unique_ptr<Ring> ring_;
};

#define LUNWAY_OVER_BOTH_RINGS(suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(Uring, suite, testing::Values(lunway::runtime::RingKind::uring)); \
  INSTANTIATE_TEST_SUITE_P(Epoll, suite, testing::Values(lunway::runtime::RingKind::epoll))

/// An operation that keeps its outcomes.
struct Probe {
  void ended(const Outcome& outcome) {
    outcomes.push_back(outcome);
    received.insert(received.end(), outcome.bytes.begin(), outcome.bytes.end());
    done = !outcome.more;
  }
  const Outcome& last() const { return outcomes.back(); }

  bool done = false;
  std::vector<Outcome> outcomes;
  std::vector<std::byte> received;
  Operation operation = Operation::calling<&Probe::ended>(this);
};

struct SocketPair {
  int near = -1;
  int far = -1;
};

inline Address loopback(int family = AF_INET, std::uint16_t port = 0) {
  const std::string host = family == AF_INET6 ? "[::1]:" : "127.0.0.1:";
  return Address::parse(host + std::to_string(port)).value();
}

inline SocketPair connected_pair() {
  const int listener = open_listening_socket(loopback()).value();
  const Address address = Address::local_of(listener).value();
  SocketPair pair;
  pair.near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(pair.near, address.raw(), address.raw_size()), 0);
  pair.far = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_GE(pair.far, 0);
  ::close(listener);
  return pair;
}

/// Ends a connection the hard way: the other side sees ECONNRESET.
inline void reset_and_close(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
}

/// So that it is full after a few kilobytes, and sends come out short.
inline void shrink_send_buffer(int socket) {
  const int small = 4096;
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

/// Bytes that differ by place, so that a gap or a swap shows.
inline std::vector<std::byte> pattern(std::size_t size, std::uint32_t seed = 1) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::byte& each : bytes) {
    state = state * 1664525U + 1013904223U;
    each = static_cast<std::byte>(state >> 24);
  }
  return bytes;
}

}  // namespace lunway::runtime
