// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/run/work_queue.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace lunway::conformance {
namespace {

class Run {
 public:
  Run(std::span<const Test* const> tests, const RunOne& run_one, RunObserver* observer)
      : tests_(tests), outcomes_(tests.size()), run_one_(run_one), observer_(observer) {}

  /// The places of the tests for which `wanted` is true, in order.
  std::vector<std::size_t> places(bool (*wanted)(const Test&)) const {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < tests_.size(); ++place) {
      if (wanted(*tests_[place])) places.push_back(place);
    }
    return places;
  }

  void start(std::vector<std::jthread>& threads, const std::vector<std::size_t>& places, std::atomic<std::size_t>& next,
             unsigned workers, unsigned first_worker) {
    for (unsigned worker = 0; worker < std::min<std::size_t>(workers, places.size()); ++worker) {
      threads.emplace_back([this, &places, &next, worker, first_worker] {
        for (std::size_t at = next++; at < places.size(); at = next++) run(places[at], first_worker + worker);
      });
    }
  }

  void run(std::size_t place, unsigned worker) {
    const Test& test = *tests_[place];
    if (observer_ != nullptr) {
      const std::lock_guard lock(mutex_);
      observer_->on_started(test);
    }
    Outcome outcome = run_one_(test, worker);
    const std::lock_guard lock(mutex_);
    if (observer_ != nullptr) observer_->on_finished(outcome);
    outcomes_[place] = std::move(outcome);
  }

  std::vector<Outcome> take() { return std::move(outcomes_); }

 private:
  std::span<const Test* const> tests_;
  std::vector<Outcome> outcomes_;
  const RunOne& run_one_;
  RunObserver* observer_;
  std::mutex mutex_;
};

}  // namespace

unsigned worker_count(const RunOptions& options) { return options.jobs + options.slow_jobs; }

std::vector<Outcome> run_all(std::span<const Test* const> tests, const RunOptions& options, const RunOne& run_one,
                             RunObserver* observer) {
  Run run(tests, run_one, observer);
  const auto quick = run.places([](const Test& test) { return !test.alone && test.pace == Pace::quick; });
  const auto slow = run.places([](const Test& test) { return !test.alone && test.pace == Pace::slow; });
  std::atomic<std::size_t> next_quick = 0;
  std::atomic<std::size_t> next_slow = 0;
  {
    std::vector<std::jthread> threads;
    run.start(threads, slow, next_slow, options.slow_jobs, options.jobs);
    run.start(threads, quick, next_quick, options.jobs, 0);
  }
  for (const std::size_t place : run.places([](const Test& test) { return test.alone; })) run.run(place, 0);
  return run.take();
}

}  // namespace lunway::conformance
