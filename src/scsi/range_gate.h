// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who may use which blocks now. Nearly every command shares its blocks with all others; COMPARE AND WRITE, ORWRITE,
// WRITE ATOMIC and ORDERED tasks want theirs alone. As long as nobody does, a command only counts itself in and out, in
// a counter of its own shard, and takes no lock.
//
// The first who wants blocks alone shuts the gate. From then on commands queue in order of arrival, with their ranges,
// under a mutex: one goes on as soon as nobody before it stands in its way, and who is alone waits until those are gone
// who were counted while the gate was open. The last who leaves opens it again.
//
// Why no command slips through: a command counts itself and then looks at the gate; who shuts the gate does so and then
// looks at the counters. All four are sequentially consistent, so one of the two sees the other.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "scsi/command.h"

namespace lunway::scsi {

/// One task's place in the gate. It belongs to the task and is linked into the gate while it waits or uses blocks.
class RangeHold {
 public:
  bool is_idle() const { return state() == State::idle; }

 private:
  friend class RangeGate;
  enum class State : std::uint8_t { idle, counted, waiting, granted };

  State state() const { return state_.load(std::memory_order_relaxed); }
  void become(State state) { state_.store(state, std::memory_order_relaxed); }

  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t arrival_ = 0;
  Task* task_ = nullptr;
  Waker* waker_ = nullptr;
  RangeHold* next_ = nullptr;
  RangeHold* previous_ = nullptr;
  unsigned slot_ = 0;
  bool alone_ = false;
  // Atomic for the look without the mutex that tells counted from queued; the rest is the mutex's.
  std::atomic<State> state_ = State::idle;
};

/// Threads: any. One hold is used by one thread at a time.
class RangeGate {
 public:
  enum class Use : std::uint8_t { shared, alone };

  struct Claim {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    Use use = Use::shared;
    /// The shard that asks: shards with different numbers do not share a cache line.
    unsigned shard = 0;
    Task* task = nullptr;
    Waker* waker = nullptr;
  };

  /// True when the blocks may be used at once. Else the hold waits, and waker->wake(*task) is called when has() became
  /// true. An empty range stands in nobody's way.
  bool claim(RangeHold& hold, const Claim& claim);

  /// Whether a hold that waited may use its blocks now.
  bool has(const RangeHold& hold);

  /// Gives the blocks back, or gives up waiting. Once it has returned, the waker is not called any more.
  void release(RangeHold& hold);

 private:
  static constexpr unsigned kSlots = 64;

  struct alignas(64) Slot {
    std::atomic<std::uint32_t> users = 0;
  };

  class Queue {
   public:
    void append(RangeHold& hold);
    void remove(RangeHold& hold);
    RangeHold* front() const { return front_; }

   private:
    RangeHold* front_ = nullptr;
    RangeHold* back_ = nullptr;
  };

  void leave_counted(RangeHold& hold);
  bool all_counted_have_left() const;
  bool is_barred(const RangeHold& hold) const;
  void admit();

  std::array<Slot, kSlots> slots_;
  alignas(64) std::atomic<bool> shut_ = false;
  std::mutex mutex_;
  Queue shared_;
  Queue alone_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace lunway::scsi
