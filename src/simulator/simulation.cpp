// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/simulation.h"

#include <algorithm>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "simulator/scenario.h"
#include "simulator/watcher.h"

namespace lunway::simulator {
namespace {

/// By then a run must have come to its end, in virtual time and in things that happened.
constexpr Duration kLongestRun = std::chrono::hours(6);
constexpr std::uint64_t kMostEvents = 3'000'000;
/// Sessions without a connection are forgotten by then.
constexpr Duration kAftermath = std::chrono::minutes(3);
constexpr Duration kGlance = std::chrono::minutes(1);

class Simulation {
 public:
  Simulation(std::uint64_t seed, capture::PcapngFile* trace)
      : random_(seed),
        scenario_(draw_scenario(random_)),
        watchers_(events_, verdict_, trace, scenario_.target.session_limits.queue_depth),
        target_(events_, random_.fork(), verdict_, scenario_.target) {
    for (std::size_t i = 0; i < scenario_.initiators.size(); ++i) {
      users_.push_back(std::make_unique<User>(events_, random_.fork(), verdict_, scenario_.initiators[i],
                                              scenario_.user, board_, [this] { return dial(); }));
    }
    users_.front()->read_all_at_the_end();
  }

  RunResult run() {
    for (const auto& user : users_) {
      events_.after(std::chrono::microseconds(random_.below(2000)), [&user] { user->start(); });
    }
    plan_disasters();
    glance();
    while (!verdict_.failed() && !is_done()) {
      if (events_.now() - begin_ > kLongestRun || events_.count() > kMostEvents) {
        verdict_.fail("the run does not come to an end; it is " +
                      std::to_string((events_.now() - begin_) / std::chrono::milliseconds(1)) +
                      " ms old, and so many things were to happen: " + std::to_string(events_.count()));
        break;
      }
      events_.run_one();
    }
    if (!verdict_.failed()) clean_up();
    return {verdict_.complaint(), verdict_.marks(), events_.count(), connections_};
  }

 private:
  std::shared_ptr<Link> dial() {
    const LinkFate fate = calm_ ? LinkFate{} : scenario_.weather.fate(random_);
    auto link = std::make_shared<Link>(events_, random_.fork(), fate);
    Watcher& watcher = watchers_.add(*link);
    link->observe(&watcher);
    ++connections_;
    links_.push_back(link);
    events_.after(std::chrono::microseconds(random_.below(500)), [this, link] {
      if (!target_.accept(link)) link->abort(Role::target);
    });
    return link;
  }

  void sometime(const EventQueue::Action& action) { within(scenario_.storm, action); }
  void within(Duration most, const EventQueue::Action& action) {
    events_.after(std::chrono::nanoseconds(random_.below(static_cast<std::uint64_t>(most.count()))), action);
  }

  void plan_disasters() {
    for (std::uint32_t i = 0; i < scenario_.target_restarts; ++i) sometime([this] { restart_target(false); });
    for (std::uint32_t i = 0; i < scenario_.power_losses; ++i) sometime([this] { restart_target(true); });
    for (std::uint32_t i = 0; i < scenario_.early_power_losses; ++i)
      within(scenario_.work(), [this] { restart_target(true); });
    for (std::uint32_t i = 0; i < scenario_.initiator_crashes; ++i) {
      sometime([this] {
        verdict_.mark("disaster", "an initiator crashes");
        users_[random_.below(users_.size())]->crash();
      });
    }
    for (std::uint32_t i = 0; i < scenario_.logout_requests; ++i) {
      sometime([this] {
        verdict_.mark("disaster", "the target asks for logouts");
        target_.request_logouts(std::chrono::seconds(random_.between(1, 8)));
      });
    }
    for (std::uint32_t i = 0; i < scenario_.single_logout_requests; ++i) {
      sometime([this] {
        verdict_.mark("disaster", "the target asks for the logout of a connection");
        target_.request_logout(std::chrono::seconds(random_.between(1, 8)));
      });
    }
    events_.after(scenario_.storm, [this] {
      calm_ = true;
      for (const auto& link : links_) {
        if (const auto alive = link.lock()) alive->calm();
      }
    });
  }

  void restart_target(bool power_lost) {
    verdict_.mark("disaster", power_lost ? "the target loses its power" : "the target restarts");
    board_.history.restarted(power_lost && scenario_.target.volatile_cache);
    target_.restart(power_lost, std::chrono::milliseconds(random_.below(3000)));
  }

  /// Now and then, whether everything still moves.
  void glance() {
    events_.after(kGlance, [this] {
      for (const auto& user : users_) user->check_patience();
      if (!is_done()) glance();
    });
  }

  bool is_done() const {
    return std::ranges::all_of(users_, [](const auto& user) { return user->is_done(); });
  }

  /// Nothing is left behind, and what was read can be explained.
  void clean_up() {
    const Instant end = events_.now() + kAftermath;
    while (!verdict_.failed() && events_.next_time() < end) events_.run_one();
    if (!target_.sessions().empty()) verdict_.fail("a session is left at the target when all have logged out");
    if (auto complaint = board_.history.complaint()) verdict_.fail("blocks: " + *complaint);
  }

  EventQueue events_;
  Verdict verdict_;
  Random random_;
  const Scenario scenario_;
  Blackboard board_;
  WatcherSet watchers_;
  TargetHost target_;
  std::vector<std::unique_ptr<User>> users_;
  std::vector<std::weak_ptr<Link>> links_;
  const Instant begin_ = events_.now();
  std::uint32_t connections_ = 0;
  bool calm_ = false;
};

}  // namespace

RunResult run(std::uint64_t seed, capture::PcapngFile* trace) { return Simulation(seed, trace).run(); }

}  // namespace lunway::simulator
