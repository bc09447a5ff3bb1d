// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/reconnect_policy.h"

#include <algorithm>
#include <chrono>

namespace lunway::initiator {
namespace {

/// Between attempts, twice as long each time. The first comes as soon as the target allows.
constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(5);

Duration pause_after(unsigned tries) {
  if (tries == 0) return Duration::zero();
  return std::min(kLongestPause, kFirstPause * (1U << std::min(tries - 1, 10U)));
}

}  // namespace

std::optional<Instant> ReconnectPolicy::next(Instant now, Duration least) {
  if (!is_wanted() || (tries_max_ != 0 && tries_ == tries_max_)) return std::nullopt;
  if (!since_) since_ = now;
  const Instant at = now + std::max(least, pause_after(tries_));
  if (at > *since_ + time_) return std::nullopt;
  ++tries_;
  return at;
}

}  // namespace lunway::initiator
