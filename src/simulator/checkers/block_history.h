// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Whether what initiators read can be explained: each block behaves as one register, whose reads return the last
// acknowledged write or a concurrent one, and which keeps over a loss of power whatever was promised to be durable.
//
// Every write has a value of its own, so a read says which write it saw. Then a block is linearizable exactly when the
// zones of its values do not contradict each other (Gibbons and Korach, "Testing shared memories", 1997): the zone of
// a value reaches from the first end to the last begin of the operations that wrote or saw it.

#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lunway::simulator {

class BlockHistory {
 public:
  using Tick = std::uint64_t;
  using Value = std::uint64_t;
  static constexpr Tick kOpen = UINT64_MAX;
  /// What blocks hold before the first write.
  static constexpr Value kBlank = 0;

  struct Place {
    std::uint32_t unit = 0;
    std::uint64_t block = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  /// A point in the order of everything that is reported here.
  Tick tick() { return ++now_; }

  /// Begins now. `compared`: the value that COMPARE AND WRITE wants to find.
  void write_begins(Place place, Value value, std::optional<Value> compared = std::nullopt);
  /// GOOD was reported. `durable`: and that promises that it survives.
  void write_acknowledged(Place place, Value value, bool durable);
  /// It is known that it takes effect no more, if it ever did.
  void write_over(Place place, Value value);
  /// COMPARE AND WRITE found something else, between `begin` and now.
  void comparison_failed(Place place, Value compared, Tick begin);

  void read(Place place, Value value, Tick begin);

  /// A flush that began at `begin` was acknowledged.
  void flushed(std::uint32_t unit, Tick begin);

  /// The target has gone and comes back.
  void restarted(bool power_lost);

  /// The first thing that cannot be explained.
  std::optional<std::string> complaint() const;

 private:
  struct Span {
    Tick begin = 0;
    Tick end = kOpen;
  };
  struct Write : Span {
    bool acknowledged = false;
    bool durable = false;
    std::optional<Value> compared;
  };
  struct Cluster {
    std::optional<Write> write;
    std::vector<Span> reads;
    // Comparisons that did not find the value.
    std::vector<Span> misses;
  };
  /// What happened to one block between two restarts.
  using Clusters = std::map<Value, Cluster>;
  struct Epoch {
    Tick begin = 0;
    bool power_lost_at_end = false;
    std::map<Place, Clusters> blocks;
    std::map<std::uint32_t, std::vector<Tick>> flushes;  // by unit: when they began
  };
  struct Zone {
    Value value;
    Tick first_end;
    Tick last_begin;
  };

  Clusters& clusters(Place place) { return epochs_.back().blocks[place]; }
  std::optional<std::string> check_block(Place place) const;
  std::optional<std::string> check_zones(const Epoch& epoch, Clusters clusters, std::optional<Value>& initial) const;
  std::optional<std::string> check_survivor(const Epoch& epoch, Place place, const Clusters& clusters,
                                            Value survivor) const;
  static Tick first_end(const Cluster& cluster);
  /// Of a cluster with a write.
  static std::expected<Zone, std::string> zone_of(Value value, const Cluster& cluster);

  Tick now_ = 0;
  std::vector<Epoch> epochs_{1};
};

}  // namespace lunway::simulator
