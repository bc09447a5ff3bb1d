// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/ring_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace lunway::runtime {
namespace {

using namespace std::chrono_literals;

LUNWAY_OVER_BOTH_RINGS(RingTest);

iovec piece_of(std::vector<std::byte>& bytes) { return {.iov_base = bytes.data(), .iov_len = bytes.size()}; }

TEST_P(RingTest, IsOfTheKindAskedFor) { EXPECT_EQ(ring_->kind(), GetParam()); }

TEST_P(RingTest, RunReturnsAtTheDeadline) {
  const Instant deadline = read_clock() + 30ms;
  int turns = 0;
  for (; read_clock() < deadline; ++turns) EXPECT_EQ(ring_->run(deadline), 0U);
  EXPECT_LE(turns, 3);  // a signal or the like may interrupt a wait
  EXPECT_LT(read_clock() - deadline, 5s);
}

TEST_P(RingTest, RunDoesNotWaitForADeadlineInThePast) {
  const Instant start = read_clock();
  for (int i = 0; i < 10; ++i) ring_->run(Instant::min());
  EXPECT_LT(read_clock() - start, 5s);
}

TEST_P(RingTest, StartingNeverRunsAHandler) {
  Probe probe;
  ring_->defer(probe.operation);
  ring_->flush();
  EXPECT_FALSE(probe.done);
  EXPECT_TRUE(probe.operation.in_flight());
  EXPECT_EQ(ring_->in_flight(), 1U);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(ring_->in_flight(), 0U);
}

TEST_P(RingTest, HandlersMayStartTheirOperationAnew) {
  struct Repeater {
    void ended(const Outcome&) {
      if (++count < 1000) ring.defer(operation);
    }
    Ring& ring;
    int count = 0;
    Operation operation = Operation::calling<&Repeater::ended>(this);
  } repeater{*ring_};
  ring_->defer(repeater.operation);
  EXPECT_TRUE(run_until([&] { return repeater.count == 1000; }));
}

TEST_P(RingTest, MoreOperationsThanTheSubmissionQueueHolds) {
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 6000; ++i) {
    probes.push_back(std::make_unique<Probe>());
    ring_->defer(probes.back()->operation);
  }
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  for (const auto& probe : probes) EXPECT_EQ(probe->outcomes.size(), 1U);
}

TEST_P(RingTest, ReceiveFillsItsMemory) {
  auto [near, far] = connected_pair();
  std::vector<std::byte> into(10);
  Probe probe;
  ring_->receive(probe.operation, near, into);
  ASSERT_EQ(::send(far, "01234", 5, 0), 5);
  run_a_little();
  EXPECT_FALSE(probe.done);
  ASSERT_EQ(::send(far, "56789x", 6, 0), 6);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.last().error, 0);
  EXPECT_EQ(probe.last().value, 10U);
  EXPECT_EQ(text_of(into), "0123456789");
  ring_->forget(near);
  ::close(near);
  ::close(far);
}

TEST_P(RingTest, ReceiveEndsEarlyWhenThePeerFinishes) {
  auto [near, far] = connected_pair();
  std::vector<std::byte> into(10);
  Probe probe;
  ring_->receive(probe.operation, near, into);
  ASSERT_EQ(::send(far, "012", 3, 0), 3);
  ::close(far);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.last().error, 0);
  EXPECT_EQ(probe.last().value, 3U);
  ring_->forget(near);
  ::close(near);
}

TEST_P(RingTest, CancelledReceiveTellsWhatItHad) {
  auto [near, far] = connected_pair();
  std::vector<std::byte> into(10);
  Probe probe;
  ring_->receive(probe.operation, near, into);
  ASSERT_EQ(::send(far, "012", 3, 0), 3);
  run_a_little();
  ring_->cancel(probe.operation);
  ring_->cancel(probe.operation);  // twice is once
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.outcomes.size(), 1U);
  EXPECT_EQ(probe.last().value, 3U);
  EXPECT_EQ(text_of(Bytes(into).first(3)), "012");

  // The stream goes on where it stopped.
  Probe again;
  ring_->receive(again.operation, near, MutableBytes(into).subspan(3, 2));
  ASSERT_EQ(::send(far, "34", 2, 0), 2);
  ASSERT_TRUE(run_until([&] { return again.done; }));
  EXPECT_EQ(text_of(Bytes(into).first(5)), "01234");
  ring_->forget(near);
  ::close(near);
  ::close(far);
}

TEST_P(RingTest, LentBytesAreThoseThatCame) {
  auto [near, far] = connected_pair();
  Probe probe;
  ring_->receive_lent(probe.operation, near);
  ASSERT_EQ(::send(far, "hello", 5, 0), 5);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(text_of(probe.received), "hello");

  Probe end;
  ring_->receive_lent(end.operation, near);
  ::close(far);
  ASSERT_TRUE(run_until([&] { return end.done; }));
  EXPECT_EQ(end.last().error, 0);
  EXPECT_TRUE(end.received.empty());
  ring_->forget(near);
  ::close(near);
}

TEST_P(RingTest, MoreReadySocketsThanLentBuffers) {
  constexpr int kSockets = 200;
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < kSockets; ++i) {
    pairs.push_back(connected_pair());
    probes.push_back(std::make_unique<Probe>());
    ASSERT_EQ(::send(pairs.back().far, &i, sizeof i, 0), 4);  // before: all are ready in one and the same turn
    ring_->receive_lent(probes.back()->operation, pairs.back().near);
  }
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  for (int i = 0; i < kSockets; ++i) {
    const auto& probe = *probes[static_cast<std::size_t>(i)];
    ASSERT_EQ(probe.received.size(), sizeof i) << probe.last().error;
    int value = -1;
    std::memcpy(&value, probe.received.data(), sizeof value);
    EXPECT_EQ(value, i);
  }
  for (auto [near, far] : pairs) {
    ring_->forget(near);
    ::close(near);
    ::close(far);
  }
}

TEST_P(RingTest, SendTakesManyPiecesThroughAFullSocket) {
  auto [near, far] = connected_pair();
  shrink_send_buffer(near);
  std::vector<std::byte> all = pattern(3'000'000);
  std::vector<iovec> pieces;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t size = std::min<std::size_t>(all.size() - at, (at * 7) % 1201);
    pieces.push_back({.iov_base = all.data() + at, .iov_len = size});
    at += size;
    if (size == 0) pieces.push_back({.iov_base = all.data() + at++, .iov_len = 1});
  }
  ASSERT_GT(pieces.size(), 2048U);  // several system calls in any case

  Probe send;
  Probe receive;
  std::vector<std::byte> into(all.size());
  ring_->send(send.operation, near, pieces);
  ring_->receive(receive.operation, far, into);
  ASSERT_TRUE(run_until([&] { return send.done && receive.done; }));
  EXPECT_EQ(send.last().error, 0);
  EXPECT_EQ(send.last().value, all.size());
  EXPECT_TRUE(into == all);
  ring_->forget(near);
  ring_->forget(far);
  ::close(near);
  ::close(far);
}

TEST_P(RingTest, SendToAPeerThatIsGoneIsAnErrorNotASignal) {
  auto [near, far] = connected_pair();
  reset_and_close(far);
  auto bytes = pattern(100);
  iovec piece = piece_of(bytes);
  for (int i = 0; i < 2; ++i) {
    Probe probe;
    piece = piece_of(bytes);
    ring_->send(probe.operation, near, {&piece, 1});
    ASSERT_TRUE(run_until([&] { return probe.done; }));
    EXPECT_TRUE(probe.last().error == EPIPE || probe.last().error == ECONNRESET) << probe.last().error;
  }
  ring_->forget(near);
  ::close(near);
}

TEST_P(RingTest, CancelledSendEnds) {
  auto [near, far] = connected_pair();
  shrink_send_buffer(near);
  auto bytes = pattern(8'000'000);
  iovec piece = piece_of(bytes);
  Probe probe;
  ring_->send(probe.operation, near, {&piece, 1});
  run_a_little();
  EXPECT_FALSE(probe.done);
  ring_->cancel(probe.operation);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.last().error, ECANCELED);
  EXPECT_LT(probe.last().value, bytes.size());
  ring_->forget(near);
  ::close(near);
  ::close(far);
}

TEST_P(RingTest, ConnectAndAccept) {
  const int listener = open_listening_socket(loopback()).value();
  Probe accept;
  ring_->accept(accept.operation, listener);
  std::vector<int> sockets;
  for (int i = 0; i < 3; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Probe connect;
    ring_->connect(connect.operation, sockets.back(), Address::local_of(listener).value());
    ASSERT_TRUE(run_until([&] { return connect.done; }));
    EXPECT_EQ(connect.last().error, 0);
  }
  ASSERT_TRUE(run_until([&] { return accept.outcomes.size() == 3; }));
  ring_->cancel(accept.operation);
  ASSERT_TRUE(run_until([&] { return accept.done; }));
  EXPECT_EQ(accept.last().error, ECANCELED);
  accept.outcomes.pop_back();
  for (const Outcome& outcome : accept.outcomes) {
    EXPECT_TRUE(outcome.more);
    sockets.push_back(static_cast<int>(outcome.value));
  }
  sockets.push_back(listener);
  for (const int socket : sockets) {
    ring_->forget(socket);
    ::close(socket);
  }
}

TEST_P(RingTest, ConnectToNobodyIsRefused) {
  const int listener = open_listening_socket(loopback()).value();
  const Address address = Address::local_of(listener).value();
  ::close(listener);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Probe probe;
  ring_->connect(probe.operation, socket, address);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.last().error, ECONNREFUSED);
  Probe close;
  ring_->close(close.operation, socket);
  ASSERT_TRUE(run_until([&] { return close.done; }));
  EXPECT_EQ(close.last().error, 0);
  EXPECT_EQ(::fcntl(socket, F_GETFD), -1);
}

TEST_P(RingTest, PollTellsWhenAForeignDescriptorIsReadable) {
  const int event = ::eventfd(0, EFD_CLOEXEC);
  for (int i = 0; i < 3; ++i) {
    Probe probe;
    ring_->poll_readable(probe.operation, event);
    run_a_little();
    EXPECT_FALSE(probe.done);
    ASSERT_EQ(::eventfd_write(event, 1), 0);
    ASSERT_TRUE(run_until([&] { return probe.done; }));
    EXPECT_EQ(probe.last().error, 0);
    eventfd_t count = 0;
    ASSERT_EQ(::eventfd_read(event, &count), 0);
  }
  Probe probe;
  ring_->poll_readable(probe.operation, event);
  run_a_little();
  ring_->cancel(probe.operation);
  ASSERT_TRUE(run_until([&] { return probe.done; }));
  EXPECT_EQ(probe.last().error, ECANCELED);
  ::close(event);
}

TEST_P(RingTest, BadDescriptorsAreErrors) {
  std::vector<std::byte> into(10);
  Probe receive;
  Probe lent;
  Probe poll;
  Probe close;
  const int bad = 1'000'000;
  ring_->receive(receive.operation, bad, into);
  ring_->receive_lent(lent.operation, bad);
  ring_->poll_readable(poll.operation, bad);
  ring_->close(close.operation, bad);
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  EXPECT_EQ(receive.last().error, EBADF);
  EXPECT_EQ(lent.last().error, EBADF);
  EXPECT_EQ(poll.last().error, EBADF);
  EXPECT_EQ(close.last().error, EBADF);
}

TEST_P(RingTest, WakeFromAnotherThreadEndsTheWait) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<bool> woken = false;
    std::thread waker([&] {
      std::this_thread::sleep_for(2ms);
      woken = true;
      ring_->wake();
    });
    ring_->run(read_clock() + 10s);
    EXPECT_TRUE(woken);
    waker.join();
  }
}

TEST_P(RingTest, WakeBeforeTheWaitCounts) {
  ring_->wake();
  const Instant start = read_clock();
  ring_->run(start + 10s);
  EXPECT_LT(read_clock() - start, 5s);
}

TEST_P(RingTest, DescriptorIsReadableWhenThereIsSomethingToDo) {
  auto [near, far] = connected_pair();
  const auto readable = [&] {
    pollfd query{.fd = ring_->descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&query, 1, 100) == 1;
  };
  Probe probe;
  ring_->receive_lent(probe.operation, near);
  ring_->run(Instant::min());
  while (ring_->run(Instant::min()) != 0) {
  }
  ring_->flush();
  EXPECT_FALSE(readable());
  ASSERT_EQ(::send(far, "x", 1, 0), 1);
  EXPECT_TRUE(readable());
  ring_->run(Instant::min());
  EXPECT_TRUE(probe.done);

  Probe deferred;
  ring_->defer(deferred.operation);
  ring_->flush();
  EXPECT_TRUE(readable());
  ring_->run(Instant::min());
  EXPECT_TRUE(deferred.done);
  ring_->forget(near);
  ::close(near);
  ::close(far);
}

TEST_P(RingTest, EndsWhatIsInFlightWhenItGoesAway) {
  auto [near, far] = connected_pair();
  const int listener = open_listening_socket(loopback()).value();
  std::vector<std::byte> into(10);
  Probe probes[4];
  ring_->receive(probes[0].operation, near, into);
  ring_->accept(probes[1].operation, listener);
  ring_->poll_readable(probes[2].operation, far);
  run_a_little();
  ring_->defer(probes[3].operation);
  ring_.reset();
  for (const Probe& probe : probes) {
    EXPECT_FALSE(probe.operation.in_flight());
    EXPECT_TRUE(probe.outcomes.empty());
  }
  ::close(near);
  ::close(far);
  ::close(listener);
}

}  // namespace
}  // namespace lunway::runtime
