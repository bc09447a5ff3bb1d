// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The state of a logical unit that commands look at and change. Only files of scsi/ include it.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <vector>

#include "scsi/copy/copy_records.h"
#include "scsi/copy/rod_tokens.h"
#include "scsi/logical_unit.h"
#include "scsi/range_gate.h"
#include "scsi/reservations.h"
#include "scsi/sanitize.h"
#include "scsi/sense.h"

namespace lunway::scsi {

/// Threads: any. What a read or write looks at is atomic; the rest is guarded by `mutex`.
class UnitState {
 public:
  enum class Medium : std::uint8_t { ready, stopped, ejected };

  explicit UnitState(const LogicalUnitOptions& wanted)
      : options(wanted),
        capacity_blocks(wanted.capacity_blocks),
        write_protected(wanted.write_protected),
        write_cache_enabled(wanted.volatile_cache && wanted.write_cache_enabled) {}

  const LogicalUnitOptions options;
  std::atomic<std::uint64_t> capacity_blocks;
  std::atomic<bool> write_protected;
  std::atomic<Medium> medium = Medium::ready;
  /// A flush has failed. For good: see LogicalUnit::has_lost_writes().
  std::atomic<bool> lost_writes = false;

  // Mode parameters that can change: WCE of the caching page, D_SENSE and SWP of the control page.
  std::atomic<bool> write_cache_enabled;
  std::atomic<bool> descriptor_sense = false;
  std::atomic<bool> software_write_protect = false;

  /// For the blocks of the medium.
  RangeGate gate;
  /// For Persist: records are stored one after the other.
  RangeGate record_gate;

  std::mutex mutex;
  std::vector<Nexus*> nexuses;
  /// Nexuses that are gone, and the resets that they were not told of; the oldest are forgotten.
  struct LostNexus {
    NexusName name;
    bool owed_power_on = false;
    bool owed_reset = false;
  };
  static constexpr std::size_t kMostLostNexuses = 64;
  std::deque<LostNexus> lost_nexuses;
  std::set<const Nexus*> removal_preventers;
  Reservations reservations;
  SanitizeState sanitize;
  CopyRecords copies;
  /// Whether there are any can be asked without the mutex.
  RodTokens tokens;

  SenseFormat sense_format() const { return descriptor_sense ? SenseFormat::descriptor : SenseFormat::fixed; }

  /// True when a write may be GOOD only after a flush.
  bool writes_through() const { return options.volatile_cache && !write_cache_enabled; }

  std::uint64_t capacity_bytes() const { return capacity_blocks * options.block_size; }
  std::uint64_t max_transfer_blocks() const { return options.max_transfer_bytes / options.block_size; }

  /// These bytes are about to change. Called by whoever holds them in `gate`: a token is made with its blocks held
  /// alone, so it is either seen here or made of what the change leaves.
  void end_tokens_of(std::uint64_t offset, std::uint64_t length, Instant now) {
    if (tokens.is_empty()) return;
    const std::lock_guard lock(mutex);
    tokens.expire(now);  // those of initiators that are gone would burden every write
    tokens.cancel({.offset = offset, .length = length});
  }

  /// With the mutex held: what commands have set goes back to how it was at the start.
  void reset() {
    removal_preventers.clear();
    copies.forget_ended();
    reservations.unit_reset(nexuses);
    write_cache_enabled = options.volatile_cache && options.write_cache_enabled;
    descriptor_sense = false;
    software_write_protect = false;
  }

  /// With the mutex held: what ends with the nexus.
  void forget_claims_of(const Nexus& nexus) {
    removal_preventers.erase(&nexus);
    copies.forget(nexus);
    reservations.nexus_lost(nexus, nexuses);
  }

  /// With the mutex held.
  void raise_for_others(UnitAttention attention, const Nexus* except) {
    for (Nexus* const nexus : nexuses) {
      if (nexus != except) nexus->raise(attention);
    }
  }
};

}  // namespace lunway::scsi
