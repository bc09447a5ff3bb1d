// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/block_history.h"

#include <algorithm>
#include <set>

namespace lunway::simulator {
namespace {

std::string at(BlockHistory::Place place) {
  return "unit " + std::to_string(place.unit) + " block " + std::to_string(place.block) + ": ";
}

std::string name(BlockHistory::Value value) { return "value " + std::to_string(value); }

}  // namespace

// -------------------------------------------------------------------------------------------------- what is reported

void BlockHistory::write_begins(Place place, Value value, std::optional<Value> compared) {
  Write write;
  write.begin = tick();
  write.compared = compared;
  clusters(place)[value].write = write;
}

void BlockHistory::write_acknowledged(Place place, Value value, bool durable) {
  // A response that comes after a restart tells of the time before it: the end of that time will do.
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    const auto block = epoch->blocks.find(place);
    if (block == epoch->blocks.end() || !block->second.contains(value)) continue;
    Cluster& cluster = block->second[value];
    if (!cluster.write) continue;
    cluster.write->end = tick();
    cluster.write->acknowledged = true;
    cluster.write->durable = durable;
    return;
  }
}

void BlockHistory::write_over(Place place, Value value) {
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    const auto block = epoch->blocks.find(place);
    if (block == epoch->blocks.end() || !block->second.contains(value)) continue;
    Cluster& cluster = block->second[value];
    if (cluster.write && !cluster.write->acknowledged) cluster.write->end = std::min(cluster.write->end, tick());
  }
}

void BlockHistory::comparison_failed(Place place, Value compared, Tick begin) {
  if (begin < epochs_.back().begin) return;
  clusters(place)[compared].misses.push_back({begin, tick()});
}

void BlockHistory::read(Place place, Value value, Tick begin) {
  // Of a read that spans a restart nobody knows which side it saw.
  if (begin < epochs_.back().begin) return;
  clusters(place)[value].reads.push_back({begin, tick()});
}

void BlockHistory::flushed(std::uint32_t unit, Tick begin) {
  if (begin >= epochs_.back().begin) epochs_.back().flushes[unit].push_back(begin);
}

void BlockHistory::restarted(bool power_lost) {
  epochs_.back().power_lost_at_end = power_lost;
  epochs_.push_back({.begin = tick(), .power_lost_at_end = false, .blocks = {}, .flushes = {}});
}

// ----------------------------------------------------------------------------------------------------- what it means

std::optional<std::string> BlockHistory::complaint() const {
  std::set<Place> places;
  for (const Epoch& epoch : epochs_) {
    for (const auto& [place, clusters] : epoch.blocks) places.insert(place);
  }
  for (const Place place : places) {
    if (auto complaint = check_block(place)) return at(place) + *complaint;
  }
  return std::nullopt;
}

/// From the last epoch to the first: what one begins with, the one before must have left.
std::optional<std::string> BlockHistory::check_block(Place place) const {
  std::optional<Value> initial;
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    const auto block = epoch->blocks.find(place);
    Clusters clusters = block == epoch->blocks.end() ? Clusters() : block->second;
    if (initial) {
      const Value survivor = *initial;
      if (epoch->power_lost_at_end) {
        if (auto complaint = check_survivor(*epoch, place, clusters, survivor)) return complaint;
        const auto found = clusters.find(survivor);
        if (found == clusters.end() || !found->second.write) clusters[survivor].reads.push_back({epoch->begin, kOpen});
      } else {
        // As if somebody had looked at the last moment.
        const Tick end = epoch == epochs_.rbegin() ? kOpen : std::prev(epoch)->begin;
        clusters[survivor].reads.push_back({end, end});
      }
    }
    initial.reset();
    if (auto complaint = check_zones(*epoch, std::move(clusters), initial)) return complaint;
  }
  if (initial && *initial != kBlank) return name(*initial) + " was read, which nobody wrote";
  return std::nullopt;
}

BlockHistory::Tick BlockHistory::first_end(const Cluster& cluster) {
  Tick first = cluster.write ? cluster.write->end : kOpen;
  for (const Span& read : cluster.reads) first = std::min(first, read.end);
  return first;
}

/// What was overwritten by something durable is gone.
std::optional<std::string> BlockHistory::check_survivor(const Epoch& epoch, Place place, const Clusters& clusters,
                                                        Value survivor) const {
  const auto found = clusters.find(survivor);
  const bool written_here = found != clusters.end() && found->second.write;
  const Tick survivor_end = written_here ? first_end(found->second) : epoch.begin;
  const auto flushes = epoch.flushes.find(place.unit);
  for (const auto& [value, cluster] : clusters) {
    if (value == survivor || !cluster.write || !cluster.write->acknowledged) continue;
    const bool flushed = flushes != epoch.flushes.end() &&
                         std::ranges::any_of(flushes->second, [&](Tick begin) { return cluster.write->end < begin; });
    if ((flushed || cluster.write->durable) && survivor_end < cluster.write->begin) {
      return name(value) + " was promised to be durable; after the loss of power there is the older " + name(survivor);
    }
  }
  return std::nullopt;
}

std::expected<BlockHistory::Zone, std::string> BlockHistory::zone_of(Value value, const Cluster& cluster) {
  Zone zone{value, first_end(cluster), cluster.write->begin};
  for (const Span& read : cluster.reads) {
    if (read.end < cluster.write->begin) return std::unexpected(name(value) + " was read before it was written");
    zone.last_begin = std::max(zone.last_begin, read.begin == kOpen ? 0 : read.begin);
  }
  for (const Span& miss : cluster.misses) {
    if (zone.first_end < miss.begin && miss.end < zone.last_begin)
      return std::unexpected("a comparison with " + name(value) + " failed while the block held it");
  }
  return zone;
}

std::optional<std::string> BlockHistory::check_zones(const Epoch& epoch, Clusters clusters,
                                                     std::optional<Value>& initial) const {
  std::vector<Zone> forward;
  std::vector<Zone> backward;
  std::map<Value, Value> consumers;
  for (auto& [value, cluster] : clusters) {
    const bool seen = !cluster.reads.empty();
    if (!cluster.write) {
      if (!seen) continue;
      if (initial) return name(value) + " and " + name(*initial) + " were read, but not written";
      initial = value;
      cluster.write = Write{};
      cluster.write->begin = cluster.write->end = epoch.begin;
    } else if (!cluster.write->acknowledged && !seen) {
      continue;
    } else if (cluster.write->compared) {
      const auto [other, first] = consumers.emplace(*cluster.write->compared, value);
      if (!first)
        return name(value) + " and " + name(other->second) + " both compared equal with " +
               name(*cluster.write->compared);
    }
    const auto zone = zone_of(value, cluster);
    if (!zone) return zone.error();
    (zone->first_end < zone->last_begin ? forward : backward).push_back(*zone);
  }
  std::ranges::sort(forward, {}, &Zone::first_end);
  for (std::size_t i = 1; i < forward.size(); ++i) {
    if (forward[i].first_end < forward[i - 1].last_begin)
      return name(forward[i].value) + " and " + name(forward[i - 1].value) + " were seen in turns";
  }
  for (const Zone& small : backward) {
    for (const Zone& large : forward) {
      if (large.first_end < small.last_begin && small.first_end < large.last_begin)
        return name(large.value) + " was seen after it had been overwritten by " + name(small.value);
    }
  }
  return std::nullopt;
}

}  // namespace lunway::simulator
