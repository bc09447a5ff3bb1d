// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/pollable.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace lunway::initiator {

lunway::Result<Pollable> Pollable::make(int ring) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return system_failure(errno, "making an epoll descriptor");
  Pollable pollable(epoll, ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (pollable.timer_ < 0) return system_failure(errno, "making a timer descriptor");
  for (const int descriptor : {ring, pollable.timer_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
      return system_failure(errno, "waiting for a descriptor");
  }
  return pollable;
}

Pollable::Pollable(Pollable&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)), timer_(std::exchange(other.timer_, -1)), deadline_(other.deadline_) {}

Pollable::~Pollable() {
  if (timer_ >= 0) ::close(timer_);
  if (epoll_ >= 0) ::close(epoll_);
}

void Pollable::arm(Instant deadline) {
  if (deadline == deadline_) return;
  deadline_ = deadline;
  itimerspec spec{};
  if (deadline != kNever) {
    // A time of zero would mean "disarm"; any other time in the past fires at once.
    const Duration since_start = std::max(deadline.time_since_epoch(), Duration(1));
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since_start);
    spec.it_value = {.tv_sec = whole.count(), .tv_nsec = (since_start - whole).count()};
  }
  ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace lunway::initiator
