// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The deadlines of one thread. A Timer is a member of whoever waits; arming it again costs O(log n) and no allocation.
//
//   Timer login_ = Timer::calling<&Login::too_slow>(timers, this);      // void Login::too_slow(Instant now)
//   login_.arm(now + kLoginTime);

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace lunway::runtime {

class Timers;

/// Does not move. Its end disarms it, also in the middle of expire().
class Timer {
 public:
  using Handler = void (*)(void* context, Instant now);

  Timer(Timers& timers, Handler handler, void* context) : timers_(timers), handler_(handler), context_(context) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  template <auto Method, class Owner>
  static Timer calling(Timers& timers, Owner* owner) {
    return Timer(timers, [](void* context, Instant now) { (static_cast<Owner*>(context)->*Method)(now); }, owner);
  }

  /// Calls the handler once when `deadline` has come; replaces an earlier deadline. kNever disarms.
  void arm(Instant deadline);
  void disarm();

  bool is_armed() const { return place_ != Place::nowhere; }
  /// kNever when not armed.
  Instant deadline() const { return is_armed() ? deadline_ : kNever; }

 private:
  friend class Timers;
  enum class Place : std::uint8_t { nowhere, heap, due };

  Timers& timers_;
  Handler handler_;
  void* context_;
  Instant deadline_ = kNever;
  std::uint64_t order_ = 0;  // of arming: equal deadlines fire first come, first served
  std::size_t index_ = 0;
  Place place_ = Place::nowhere;
};

/// Outlives its timers.
class Timers {
 public:
  Timers() = default;
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// When expire() has something to do; kNever without armed timers.
  Instant next_deadline() const { return heap_.empty() ? kNever : heap_.front()->deadline_; }

  /// Calls the handler of every timer whose deadline has come, the earliest first; returns how many. A timer that a
  /// handler arms anew waits for the next expire(), even if its deadline is past. Not from a handler.
  std::size_t expire(Instant now);

  std::size_t armed_count() const { return heap_.size(); }

 private:
  friend class Timer;

  static bool fires_before(const Timer& left, const Timer& right);

  void insert(Timer& timer);
  void remove(Timer& timer);
  void place(Timer& timer, std::size_t index);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Timer*> heap_;
  std::vector<Timer*> due_;  // of the expire() that runs; nullptr where one was disarmed meanwhile
  std::uint64_t armings_ = 0;
  bool expiring_ = false;
};

}  // namespace lunway::runtime
