// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Flushes of many sessions on several shards that share one volume. The fdatasync() that the server calls is this
// file's: it is slow, counts how many run side by side on one open file, and fails when told to, once.

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "lunway/initiator.h"
#include "target/server.h"

namespace {

using namespace std::chrono_literals;

struct SlowDisk {
  std::atomic<bool> is_slow = false;
  std::atomic<unsigned> fails_at = 0;  // the number of the call that fails; 0: none
  std::atomic<unsigned> calls = 0;
  std::array<std::atomic<unsigned>, 4096> running = {};  // by open file
  std::atomic<unsigned> most_running = 0;

  void reset(unsigned fails = 0) {
    calls = most_running = 0;
    fails_at = fails;
    is_slow = true;
  }
};

SlowDisk g_disk;

}  // namespace

extern "C" int fdatasync(int descriptor) {
  if (!g_disk.is_slow) return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
  const unsigned call = ++g_disk.calls;
  auto& in_this_file = g_disk.running.at(static_cast<std::size_t>(descriptor));
  const unsigned running = ++in_this_file;
  if (running > g_disk.most_running) g_disk.most_running = running;
  // One that fails is over long before those that began beside it: they must have heard of it.
  const bool outlasts_failure = g_disk.fails_at != 0 && call != g_disk.fails_at;
  std::this_thread::sleep_for(outlasts_failure ? 300ms : 50ms);
  --in_this_file;
  if (call != g_disk.fails_at) return 0;
  errno = EIO;
  return -1;
}

namespace lunway::testing {
namespace {

constexpr unsigned kSessions = 24;

class FlushingSessions : public ::testing::Test {
 protected:
  FlushingSessions() {
    std::string name = ::testing::TempDir() + "lunway-flush-XXXXXX";
    folder_ = mkdtemp(name.data());
    g_disk.is_slow = false;
    target::ServerConfig config;
    config.shards = 4;
    config.io = target::IoKind::epoll;  // with io_uring the kernel would call its own
    config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
    config.volumes.push_back(
        {.name = "disk", .backing = target::FileBacking{(folder_ / "disk.img").string(), 1U << 20}});
    config.targets.resize(1);
    config.targets[0].name = "iqn.2026-11.io.example:disk";
    config.targets[0].portal_groups = {1};
    config.targets[0].luns = {{0, "disk"}};
    auto started = target::Server::start(config);
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
  }
  ~FlushingSessions() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  initiator::Result<initiator::Session> connect(unsigned number) {
    initiator::Options options;
    options.isid = number + 1;
    return initiator::Session::connect(server_->urls().front(), std::move(options));
  }

  /// All sessions, each with a flush under way.
  std::vector<initiator::Session> begin_flushes() {
    std::vector<initiator::Session> sessions;
    for (unsigned i = 0; i < kSessions; ++i) {
      auto session = connect(i);
      EXPECT_TRUE(session);
      if (session) sessions.push_back(std::move(*session));
    }
    for (auto& session : sessions) {
      EXPECT_TRUE(session.capacity());
      EXPECT_TRUE(session.submit_flush([](auto) {}));
      session.service();
    }
    return sessions;
  }

  /// A flush of each session at once, after so much time has passed for each. How many were GOOD.
  unsigned flush_all(std::array<std::chrono::milliseconds, kSessions> delays) {
    std::atomic<unsigned> good = 0;
    std::latch ready(kSessions);
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kSessions; ++i) {
      threads.emplace_back([&, i] {
        auto session = connect(i);
        ready.arrive_and_wait();
        std::this_thread::sleep_for(delays[i]);
        if (session && session->flush()) ++good;
        if (session) static_cast<void>(session->logout());
      });
    }
    threads.clear();
    return good;
  }

  std::unique_ptr<target::Server> server_;

 private:
  std::filesystem::path folder_;
};

TEST_F(FlushingSessions, ShareFlushesAndNeverRunTwoOnOneOpenFile) {
  g_disk.reset();
  EXPECT_EQ(flush_all({}), kSessions);
  EXPECT_EQ(g_disk.most_running, 1U);
  // The first ones have the lanes; the others share the next, but for those that a busy machine holds up.
  EXPECT_LT(g_disk.calls, kSessions);
}

TEST_F(FlushingSessions, NoneEndsWellAfterOneThatFailed) {
  g_disk.reset(1);
  // Some ask while the flush that will fail is under way, some when it has failed.
  std::array<std::chrono::milliseconds, kSessions> delays;
  for (unsigned i = 0; i < kSessions; ++i) delays[i] = i * 4ms;
  EXPECT_EQ(flush_all(delays), 0U);
  EXPECT_TRUE(server_->luns().front().has_lost_writes);
}

TEST_F(FlushingSessions, AFlushThatWaitsCanBeGivenUp) {
  g_disk.reset();
  {
    std::vector<initiator::Session> sessions = begin_flushes();
    ASSERT_EQ(sessions.size(), kSessions);
    // A reset ends the commands of all sessions: those that wait at once, the one that runs when it has run.
    ASSERT_TRUE(sessions.back().manage(initiator::TaskManagement::lun_reset, 0));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(flush_all({}), kSessions);
  EXPECT_EQ(g_disk.most_running, 1U);
}

TEST_F(FlushingSessions, AServerEndsWhileFlushesWait) {
  g_disk.reset();
  const std::vector<initiator::Session> sessions = begin_flushes();
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

}  // namespace
}  // namespace lunway::testing
