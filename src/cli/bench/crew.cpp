// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/crew.h"

#include <poll.h>

#include <algorithm>
#include <latch>
#include <ranges>
#include <span>
#include <thread>
#include <utility>

#include "runtime/busy_poll.h"

namespace lunway::cli {
namespace {

constexpr auto kWatchInterval = std::chrono::milliseconds(100);
/// Sessions keep their own time limits; this one only bounds how long a missed wake-up could matter.
constexpr int kPollLimitMs = 1000;

/// A busy target answers sooner than a thread falls asleep, and to wake the thread would be the target's work.
constexpr auto kBusyPoll = std::chrono::microseconds(100);

using Share = std::vector<Load*>;

void drive(const Share& share) {
  std::vector<pollfd> descriptors;
  for (const Load* load : share) descriptors.push_back({load->descriptor(), POLLIN, 0});
  const auto wait_for = [&descriptors](int limit_ms) {
    return ::poll(descriptors.data(), descriptors.size(), limit_ms) > 0;
  };
  runtime::BusyPoll busy_poll(kBusyPoll);
  while (std::ranges::any_of(share, &Load::is_running)) {
    if (!busy_poll([&] { return wait_for(0); })) wait_for(kPollLimitMs);
    for (std::size_t i = 0; i < share.size(); ++i)
      if (descriptors[i].revents != 0) share[i]->service();
  }
}

}  // namespace

Crew::Crew(std::vector<std::unique_ptr<Load>> loads, unsigned threads)
    : loads_(std::move(loads)), threads_(std::min<unsigned>(threads, static_cast<unsigned>(loads_.size()))) {}

Outcome<> Crew::run(Instant until, const std::function<void(std::uint64_t)>& watch) {
  return work([until](Load& load) { load.start(until); }, watch);
}

Outcome<> Crew::read_back(const std::function<void(std::uint64_t)>& watch) {
  return work([](Load& load) { load.start_reading_back(); }, watch);
}

Outcome<> Crew::work(const std::function<void(Load&)>& start, const std::function<void(std::uint64_t)>& watch) {
  std::vector<Share> shares(threads_);
  for (std::size_t i = 0; i < loads_.size(); ++i) shares[i % threads_].push_back(loads_[i].get());
  std::latch ended(threads_);
  std::vector<std::jthread> threads;
  threads.reserve(shares.size());
  for (const Share& share : shares) {
    threads.emplace_back([&share, &start, &ended] {
      for (Load* load : share) start(*load);
      drive(share);
      ended.count_down();
    });
  }
  while (!ended.try_wait()) {
    std::this_thread::sleep_for(kWatchInterval);
    watch(commands_done());
  }
  for (const auto& load : loads_)
    if (!load->outcome()) return load->outcome();
  return {};
}

std::uint64_t Crew::commands_done() const {
  std::uint64_t done = 0;
  for (const auto& load : loads_) done += load->commands_done();
  return done;
}

LoadResult Crew::result() const {
  LoadResult sum;
  for (const auto& load : loads_) sum.add(load->result());
  return sum;
}

}  // namespace lunway::cli
