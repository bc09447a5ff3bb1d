// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/transfer/lanes.h"

#include <poll.h>

#include <cassert>

namespace lunway::cli {
namespace {

/// The sides keep their own time limits; this one only bounds how long a missed wake-up could matter.
constexpr int kPollLimitMs = 1000;

}  // namespace

Outcome<> Lanes::run(const std::function<bool(std::size_t)>& start) {
  bool more = true;
  while (more || in_flight_ != 0) {
    if (more) more = start_idle(start) && outcome_.has_value();
    if (in_flight_ != 0) wait();
  }
  return outcome_;
}

bool Lanes::start_idle(const std::function<bool(std::size_t)>& start) {
  for (std::size_t lane = 0; lane < busy_.size(); ++lane) {
    if (busy_[lane]) continue;
    if (!outcome_) return false;
    busy_[lane] = true;
    ++in_flight_;
    if (start(lane)) continue;
    busy_[lane] = false;
    --in_flight_;
    return false;
  }
  return true;
}

void Lanes::wait() {
  std::array<pollfd, 2> descriptors{};
  for (std::size_t i = 0; i < sides_.size(); ++i) descriptors[i] = {sides_[i]->descriptor(), POLLIN, 0};
  ::poll(descriptors.data(), descriptors.size(), kPollLimitMs);
  for (Side* side : sides_) side->service();
}

void Lanes::end(std::size_t lane, Outcome<> outcome) {
  assert(busy_[lane]);
  busy_[lane] = false;
  --in_flight_;
  if (!outcome && outcome_) outcome_ = std::move(outcome);
}

}  // namespace lunway::cli
