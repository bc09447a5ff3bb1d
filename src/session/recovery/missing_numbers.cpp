// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/missing_numbers.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

bool MissingNumbers::add(std::uint32_t first, std::uint32_t end) {
  assert(first < end && (runs_.empty() || runs_.back().end <= first));
  if (!runs_.empty() && runs_.back().end == first) {
    runs_.back().end = end;
    return true;
  }
  if (runs_.size() == kMaxRuns) return false;
  runs_.push_back({.first = first, .end = end});
  return true;
}

bool MissingNumbers::remove(std::uint32_t number) {
  const auto run = std::ranges::find_if(runs_, [number](const Run& one) { return number < one.end; });
  if (run == runs_.end() || number < run->first) return true;
  if (run->first == number) {
    ++run->first;
    if (run->first == run->end) runs_.erase(run);
    return true;
  }
  if (run->end == number + 1) {
    --run->end;
    return true;
  }
  if (runs_.size() == kMaxRuns) return false;
  const Run behind{.first = number + 1, .end = run->end};
  run->end = number;
  runs_.insert(run + 1, behind);
  return true;
}

bool MissingNumbers::contains(std::uint32_t number) const {
  return std::ranges::any_of(runs_, [number](const Run& run) { return run.first <= number && number < run.end; });
}

}  // namespace lunway::session
