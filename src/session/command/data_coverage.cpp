// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/data_coverage.h"

#include <algorithm>

namespace lunway::session {

void DataCoverage::begin(std::uint32_t offset) {
  contiguous_end_ = count_ = offset;
  islands_.clear();
}

bool DataCoverage::overlaps(std::uint32_t offset, std::uint32_t length) const {
  if (length == 0) return false;
  if (offset < contiguous_end_) return true;
  const auto island = first_reaching(offset + 1);
  return island != islands_.end() && island->begin < offset + length;
}

bool DataCoverage::has_room_for(std::uint32_t offset, std::uint32_t length) const {
  if (length == 0 || offset <= contiguous_end_ || islands_.size() < kMaxIslands) return true;
  const auto island = first_reaching(offset);
  return island != islands_.end() && island->begin <= offset + length;
}

bool DataCoverage::add(std::uint32_t offset, std::uint32_t length) {
  if (!has_room_for(offset, length)) return false;
  Island grown{.begin = std::max(offset, contiguous_end_), .end = offset + length};
  if (grown.begin >= grown.end) return true;

  // What touches the new bytes becomes one with them.
  const auto first = islands_.begin() + (first_reaching(grown.begin) - islands_.cbegin());
  auto last = first;
  std::uint32_t known = 0;
  for (; last != islands_.end() && last->begin <= grown.end; ++last) {
    known += last->end - last->begin;
    grown = {.begin = std::min(grown.begin, last->begin), .end = std::max(grown.end, last->end)};
  }
  count_ += grown.end - grown.begin - known;
  const auto place = islands_.erase(first, last);
  if (grown.begin == contiguous_end_) {
    contiguous_end_ = grown.end;
  } else {
    islands_.insert(place, grown);
  }
  return true;
}

std::vector<DataCoverage::Island>::const_iterator DataCoverage::first_reaching(std::uint32_t offset) const {
  return std::ranges::lower_bound(islands_, offset, {}, &Island::end);
}

}  // namespace lunway::session
