// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/loop.h"

#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <future>
#include <thread>

#include "runtime/ring_test.h"
#include "runtime/shard.h"
#include "runtime/signals.h"

namespace lunway::runtime {
namespace {

using namespace std::chrono_literals;

class LoopTest : public testing::TestWithParam<RingKind> {
 protected:
  void SetUp() override {
    options_.ring = GetParam();
    if (auto ring = make_ring(GetParam()); !ring) GTEST_SKIP() << "no such ring here: " << ring.error().message;
  }
  std::unique_ptr<Loop> make_loop() { return Loop::make(options_).value(); }
  std::unique_ptr<Shard> start_shard() { return Shard::start({.name = "test", .loop = options_}).value(); }

  Loop::Options options_;
};

LUNWAY_OVER_BOTH_RINGS(LoopTest);

struct Ticker {
  Ticker(Loop& in, int count) : loop(in), left(count), timer(Timer::calling<&Ticker::tick>(in.timers(), this)) {
    timer.arm(loop.now() + 2ms);
  }
  void tick(Instant now) {
    if (--left == 0) return loop.stop();
    timer.arm(now + 2ms);
  }
  Loop& loop;
  int left;
  Timer timer;
};

TEST_P(LoopTest, TimersFireWhileNothingElseHappens) {
  auto loop = make_loop();
  const Instant start = loop->now();
  const Ticker ticker(*loop, 5);
  loop->run();
  EXPECT_EQ(ticker.left, 0);
  EXPECT_GE(loop->now() - start, 10ms);
}

// A busy poll sees the wake-ups that a sleep waits for: the test would last an hour if one were lost.
TEST_P(LoopTest, CallsAndStopsEndABusyPoll) {
  options_.busy_poll = 1h;
  auto shard = start_shard();
  for (int i = 0; i < 100; ++i) {
    std::promise<void> ran;
    shard->post([&ran](Loop&) { ran.set_value(); });
    ran.get_future().wait();
  }
  shard.reset();
}

TEST_P(LoopTest, PostedCallsRunInOrderOnTheLoop) {
  auto loop = make_loop();
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) {
    loop->post([&ran, i, owned = std::make_unique<int>(i)](Loop&) { ran.push_back(*owned + i); });
  }
  loop->post([](Loop& here) { here.post([](Loop& again) { again.stop(); }); });
  loop->run();
  EXPECT_EQ(ran, (std::vector{0, 2, 4, 6, 8}));
}

TEST_P(LoopTest, DescriptorTellsOfPostedCalls) {
  auto loop = make_loop();
  loop->turn(Instant::min());
  loop->flush();
  pollfd query{.fd = loop->descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&query, 1, 20), 0);
  bool ran = false;
  loop->post([&](Loop&) { ran = true; });
  EXPECT_EQ(::poll(&query, 1, 5000), 1);
  loop->turn(Instant::min());
  EXPECT_TRUE(ran);
}

TEST_P(LoopTest, CallsLeftOverAreDestroyedUnrun) {
  auto loop = make_loop();
  auto token = std::make_shared<int>();
  loop->post([token](Loop&) { ADD_FAILURE(); });
  loop.reset();
  EXPECT_EQ(token.use_count(), 1);
}

TEST_P(LoopTest, ShardsTakeCallsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 2000;
  auto shard = start_shard();
  int count = 0;  // only the shard's thread touches it
  std::atomic<bool> on_shard = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < kCalls; ++call) {
        shard->post([&](Loop&) {
          ++count;
          if (!shard->is_current_thread()) on_shard = false;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::promise<int> seen;
  shard->post([&](Loop& loop) {
    seen.set_value(count);
    loop.stop();
  });
  EXPECT_EQ(seen.get_future().get(), kThreads * kCalls);
  EXPECT_TRUE(on_shard);
}

TEST_P(LoopTest, ShardsTalkToEachOther) {
  auto left = start_shard();
  auto right = start_shard();
  std::atomic<int> volleys = 0;
  struct Game {
    Shard& left;
    Shard& right;
    std::atomic<int>& volleys;
    void play(bool to_right) {
      if (++volleys >= 1000) return;
      (to_right ? right : left).post([this, to_right](Loop&) { play(!to_right); });
    }
  } game{*left, *right, volleys};
  left->post([&](Loop&) { game.play(true); });
  const Instant limit = read_clock() + 10s;
  while (volleys < 1000 && read_clock() < limit) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(volleys, 1000);
  for (Shard* shard : {left.get(), right.get()}) shard->stop();
  for (Shard* shard : {left.get(), right.get()}) shard->join();
}

TEST_P(LoopTest, ShardMayBeToldToStopBeforeItIsDestroyed) {
  auto shard = start_shard();
  shard->stop();
  shard->stop();
  std::this_thread::sleep_for(5ms);
  shard->post([](Loop&) {});  // too late, and harmless
}

struct SignalCatcher final : Signals::Owner {
  void on_signal(int number) override {
    numbers.push_back(number);
    if (numbers.size() == 2) signals->close();
  }
  void on_signals_closed() override { signals.reset(); }
  std::vector<int> numbers;
  std::unique_ptr<Signals> signals;
};

TEST_P(LoopTest, SignalsAreEvents) {
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  block_termination_signals();
  ignore_broken_pipes();
  auto loop = make_loop();
  SignalCatcher catcher;
  catcher.signals = Signals::open(loop->ring(), catcher).value();
  catcher.signals->start();
  loop->turn(Instant::min());
  ::raise(SIGHUP);
  ::raise(SIGPIPE);
  const Instant limit = read_clock() + 10s;
  while (catcher.numbers.empty() && read_clock() < limit) loop->turn(limit);
  ::raise(SIGTERM);
  while (catcher.signals && read_clock() < limit) loop->turn(limit);
  EXPECT_EQ(catcher.numbers, (std::vector{SIGHUP, SIGTERM}));
  EXPECT_EQ(catcher.signals, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(MakeRing, AutomaticTakesUringWhereItWorks) {
  const auto ring = make_ring(RingKind::automatic);
  ASSERT_TRUE(ring) << ring.error().message;
  const auto uring = make_ring(RingKind::uring);
  EXPECT_EQ((*ring)->kind(), uring ? RingKind::uring : RingKind::epoll);
  EXPECT_EQ((*ring)->reason(), uring ? "" : uring.error().message);
}

/// As a container does it: io_uring_setup(2) answers EPERM.
void forbid_io_uring() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::_Exit(77);
  }
}

TEST(MakeRingDeathTest, AutomaticFallsBackToEpollAndSaysWhy) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        forbid_io_uring();
        const auto uring = make_ring(RingKind::uring);
        const auto ring = make_ring(RingKind::automatic);
        const bool right = !uring && ring && (*ring)->kind() == RingKind::epoll;
        std::fputs(ring ? (*ring)->reason().c_str() : ring.error().message.c_str(), stderr);
        std::_Exit(right ? 0 : 1);
      },
      testing::ExitedWithCode(0), "io_uring is forbidden here, by a seccomp filter");
}

}  // namespace
}  // namespace lunway::runtime
