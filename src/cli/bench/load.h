// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The load of one session: `depth` commands under way, each followed by the next as soon as it has ended.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cli/bench/latencies.h"
#include "cli/bench/stamps.h"
#include "cli/bench/workload.h"
#include "cli/outcome.h"
#include "lunway/initiator.h"

namespace lunway::cli {

/// What was measured of one direction.
struct Measured {
  Latencies latencies;
  std::uint64_t bytes = 0;

  void add(const Measured& other) {
    latencies.add(other.latencies);
    bytes += other.bytes;
  }
};

struct LoadResult {
  Measured reads, writes;
  std::uint64_t aborted = 0;  // commands that ended so, by our aborts and by anybody's resets
  std::uint64_t resets = 0;
  std::uint64_t judged = 0;  // reads of slots of which something was known

  void add(const LoadResult& other);
};

/// Threads: one at a time, but for commands_done().
class Load {
 public:
  /// `session` outlives it.
  Load(initiator::Session& session, const Workload& workload, const Region& region, std::uint64_t seed);

  /// Starts the first commands; the last ones are started before `until`.
  void start(Instant until);
  /// Reads back every slot of which something is known, and judges it. Once the load has ended.
  void start_reading_back();
  bool is_running() const { return under_way_ != 0; }

  /// Does what can be done now. A failure ends the load as soon as what is under way has ended.
  void service();
  int descriptor() const { return session_.descriptor(); }

  /// The first thing that went wrong, if anything has.
  const Outcome<>& outcome() const { return outcome_; }
  const LoadResult& result() const { return result_; }
  /// For somebody who watches from another thread.
  std::uint64_t commands_done() const { return commands_done_.load(std::memory_order_relaxed); }

 private:
  enum class Phase : std::uint8_t { load, reading_back };

  /// A place for one command.
  struct Lane {
    std::vector<std::byte> buffer;
    std::uint64_t slot = 0;
    bool reads = true;
    bool busy = false;
    initiator::TaskId task = 0;
    Instant started{};
  };

  void refill(Lane& lane);
  bool choose(Lane& lane);
  std::uint64_t next_slot();
  void claim(std::uint64_t& slot);
  void submit(Lane& lane);
  void ended(Lane& lane, const initiator::Result<>& result);
  void measure(const Lane& lane, Instant now);
  void judge(const Lane& lane);
  void disturb();
  void reset();
  void fail(Failure failure);
  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }
  bool with_odds(unsigned of, unsigned in) { return below(in) < of; }

  initiator::Session& session_;
  Workload workload_;
  Region region_;
  std::optional<Stamps> stamps_;  // when what is read is judged
  std::vector<bool> claimed_;     // then: slots with a command under way
  std::mt19937_64 random_;
  Phase phase_ = Phase::load;
  Instant until_{};
  std::vector<Lane> lanes_;
  std::uint64_t position_;  // of sequential patterns, and of reading back
  std::size_t under_way_ = 0;
  std::uint64_t since_reset_ = 0;
  Outcome<> outcome_;
  LoadResult result_;
  std::atomic<std::uint64_t> commands_done_ = 0;
};

}  // namespace lunway::cli
