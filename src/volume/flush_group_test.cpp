// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A flush serves those who asked before it began, two never run in one lane, and none ends well after one that failed.

#include "volume/flush_group.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

namespace lunway::volume {
namespace {

using Turn = FlushGroup::Turn;
using MaybeTurn = std::optional<Turn>;

/// Remembers what it was called to.
class Recorder final : public FlushGroup::Waiter {
 public:
  void flush_turn(Turn turn) override { turn_ = turn; }
  MaybeTurn take() { return std::exchange(turn_, std::nullopt); }

 private:
  MaybeTurn turn_;
};

class Flushes : public ::testing::Test {
 protected:
  FlushGroup group{1};
  Recorder first, second, third;
};

TEST_F(Flushes, WhoIsAloneBeginsAtOnce) {
  EXPECT_EQ(group.join(first), Turn::lead);
  group.end(first, true);
  EXPECT_EQ(group.join(second), Turn::lead);
}

TEST_F(Flushes, WhoComesWhileOneRunsSharesTheNext) {
  EXPECT_EQ(group.join(first), Turn::lead);
  EXPECT_EQ(group.join(second), std::nullopt);
  EXPECT_EQ(group.join(third), std::nullopt);
  group.end(first, true);
  EXPECT_EQ(second.take(), Turn::lead);
  EXPECT_EQ(third.take(), std::nullopt);
  group.begin(second);
  group.end(second, true);
  EXPECT_EQ(third.take(), Turn::done);
}

TEST_F(Flushes, WhoComesBeforeTheNextHasBegunSharesItToo) {
  group.join(first);
  group.join(second);
  group.end(first, true);
  EXPECT_EQ(group.join(third), std::nullopt);
  group.begin(second);
  group.end(second, true);
  EXPECT_EQ(third.take(), Turn::done);
}

TEST_F(Flushes, WhoComesAfterItBeganIsNotServedByIt) {
  group.join(first);
  group.join(second);
  group.end(first, true);
  group.begin(second);
  EXPECT_EQ(group.join(third), std::nullopt);
  group.end(second, true);
  EXPECT_EQ(third.take(), Turn::lead);
}

TEST_F(Flushes, AFailureIsEverybodysAndForGood) {
  group.join(first);
  group.join(second);
  group.end(first, true);
  group.begin(second);
  group.join(first);  // waits for the one after
  group.end(second, false);
  EXPECT_EQ(first.take(), Turn::failed);
  EXPECT_TRUE(group.has_failed());
  EXPECT_EQ(group.join(third), Turn::failed);
}

TEST_F(Flushes, WhoSharesTheOneThatFailsFails) {
  group.join(first);
  group.join(second);
  group.join(third);
  group.end(first, true);
  group.begin(second);
  group.end(second, false);
  EXPECT_EQ(third.take(), Turn::failed);
}

TEST_F(Flushes, WhoHasLeftIsNotCalled) {
  group.join(first);
  group.join(second);
  group.join(third);
  group.leave(second);
  group.end(first, true);
  EXPECT_EQ(second.take(), std::nullopt);
  EXPECT_EQ(third.take(), Turn::lead);
}

TEST_F(Flushes, WhoSharesAFlushMayLeaveIt) {
  group.join(first);
  group.join(second);
  group.join(third);
  group.end(first, true);
  group.begin(second);
  group.leave(third);
  group.end(second, true);
  EXPECT_EQ(third.take(), std::nullopt);
}

TEST_F(Flushes, ALeaderThatLeavesIsFollowedByAnother) {
  group.join(first);
  group.join(second);
  group.join(third);
  group.end(first, true);
  EXPECT_EQ(second.take(), Turn::lead);
  group.leave(second);
  EXPECT_EQ(third.take(), Turn::lead);
  group.leave(third);
  EXPECT_EQ(group.join(first), Turn::lead);
}

class FlushesInTwoLanes : public ::testing::Test {
 protected:
  FlushGroup group{2};
  Recorder first, second, third;
};

TEST_F(FlushesInTwoLanes, RunSideBySideEachInItsOwn) {
  EXPECT_EQ(group.join(first), Turn::lead);
  EXPECT_EQ(group.join(second), Turn::lead);
  EXPECT_NE(first.lane(), second.lane());
  EXPECT_EQ(group.join(third), std::nullopt);
  group.end(second, true);
  EXPECT_EQ(third.take(), Turn::lead);
  EXPECT_EQ(third.lane(), second.lane());
}

TEST_F(FlushesInTwoLanes, NoneEndsWellAfterOneThatFailed) {
  group.join(first);
  group.join(second);
  EXPECT_FALSE(group.end(first, false));
  EXPECT_FALSE(group.end(second, true));
}

TEST_F(FlushesInTwoLanes, ALeaderThatWasCalledBeforeAFailureDoesNotBegin) {
  group.join(first);
  group.join(second);
  group.join(third);
  group.end(first, true);
  EXPECT_EQ(third.take(), Turn::lead);
  group.end(second, false);
  EXPECT_FALSE(group.begin(third));
}

/// A medium whose writes and flushes are numbers: what a flush that begins now makes durable.
RC_GTEST_PROP(FlushGroupProperty, DurableIsWhatWasWrittenBeforeTheFlushWasAskedFor, ()) {
  struct Client {
    Recorder recorder;
    enum { idle, waiting, called, flushing } state = idle;
    unsigned needs = 0;
    unsigned flushes = 0;  // what its flush makes durable
  };
  const auto lanes = *rc::gen::inRange<std::size_t>(1, 4);
  FlushGroup group{lanes};
  std::array<Client, 6> clients;
  unsigned written = 0, durable = 0;
  bool failed = false;

  const auto count = [&](auto state) { return std::ranges::count(clients, state, &Client::state); };
  const auto take_turns = [&] {
    for (Client& client : clients) {
      const MaybeTurn turn = client.recorder.take();
      if (!turn) continue;
      RC_ASSERT(client.state == Client::waiting);
      if (*turn == Turn::done) RC_ASSERT(!failed && durable >= client.needs);
      if (*turn == Turn::failed) RC_ASSERT(failed);
      client.state = *turn == Turn::lead ? Client::called : Client::idle;
    }
  };
  const auto begin = [&](Client& client) {
    client.state = Client::flushing;
    client.flushes = written;
    for (const Client& other : clients) {
      const bool beside = &other != &client && other.state == Client::flushing;
      RC_ASSERT(!beside || other.recorder.lane() != client.recorder.lane());
    }
  };
  for (unsigned step = 0; step < 80; ++step) {
    Client& client = clients[*rc::gen::inRange<std::size_t>(0, clients.size())];
    const bool chance = *rc::gen::weightedElement<bool>({{9, true}, {1, false}});
    if (client.state == Client::idle) {
      client.needs = ++written;
      const auto turn = group.join(client.recorder);
      RC_ASSERT((turn == Turn::failed) == failed);
      if (turn == Turn::lead) begin(client);
      if (!turn) client.state = Client::waiting;
    } else if (client.state == Client::called && chance) {
      client.state = Client::idle;
      if (group.begin(client.recorder)) begin(client);
      RC_ASSERT((client.state == Client::idle) == failed);
    } else if (client.state == Client::flushing) {
      client.state = Client::idle;
      failed |= !chance;
      if (chance) durable = std::max(durable, client.flushes);
      RC_ASSERT(group.end(client.recorder, chance) == !failed);
    } else if (!chance) {
      group.leave(client.recorder);
      client.state = Client::idle;
    }
    take_turns();
  }
  // Nobody waits for ever: as long as anybody does, there is somebody who will end.
  const auto busy = count(Client::called) + count(Client::flushing);
  RC_ASSERT(count(Client::waiting) == 0 || busy != 0);
}

/// Blocks its thread until its turn.
class Sleeper final : public FlushGroup::Waiter {
 public:
  void flush_turn(Turn turn) override {
    turn_ = turn;
    called_.release();
  }
  Turn wait() {
    called_.acquire();
    return turn_;
  }

 private:
  Turn turn_ = Turn::done;
  std::binary_semaphore called_{0};
};

TEST(FlushGroup, ThreadsTakeTurns) {
  FlushGroup group(1);
  std::atomic<unsigned> running = 0;
  std::atomic<unsigned> written = 0;
  std::atomic<unsigned> durable = 0;
  const auto work = [&] {
    for (unsigned i = 0; i < 2000; ++i) {
      Sleeper sleeper;
      const unsigned needs = ++written;
      MaybeTurn turn = group.join(sleeper);
      if (!turn) {
        turn = sleeper.wait();
        if (turn == Turn::lead) {
          EXPECT_TRUE(group.begin(sleeper));
        }
      }
      if (turn == Turn::lead) {
        EXPECT_EQ(++running, 1U);
        durable = written.load();
        --running;
        EXPECT_TRUE(group.end(sleeper, true));
      }
      EXPECT_GE(durable, needs);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work);
}

}  // namespace
}  // namespace lunway::volume
