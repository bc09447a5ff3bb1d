// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/read_record.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

void ReadRecord::begin(std::uint32_t generation) {
  generation_ = generation;
  first_data_sn_ = 0;
  noted_ = false;
  ack_tag = wire::kNoTtt;
  snack_tag = wire::kNoSnackTag;
  restart();
}

void ReadRecord::note(std::uint32_t data_sn, const ReadTransfer& transfer, std::uint32_t segment) {
  if (!noted_) first_data_sn_ = data_sn;
  noted_ = true;
  if (!stretches_.empty() && stretches_.back().segment == segment) return;
  // Nobody knows how the PDUs behind the last one that has a place were cut: 0 fits no request.
  if (stretches_.size() == kMaxStretches) {
    stretches_.back().segment = 0;
    return;
  }
  stretches_.push_back({.data_sn = data_sn, .segment = segment, .transfer = transfer});
}

void ReadRecord::acknowledge(std::uint32_t data_sn, std::uint32_t max_burst) {
  assert(!empty() && first_unacknowledged() <= data_sn);
  while (stretches_.size() > 1 && stretches_[1].data_sn <= data_sn) stretches_.erase(stretches_.begin());
  Stretch& first = stretches_.front();
  if (first.segment == 0) {
    lost_track_ = lost_track_ || data_sn != first.data_sn;
    return;
  }
  first.transfer = replayed(first, data_sn, max_burst);
  first.data_sn = data_sn;
}

std::optional<ReadTransfer> ReadRecord::rewound(std::uint32_t data_sn, std::uint32_t segment,
                                                std::uint32_t max_burst) const {
  if (empty() || stretches_.back().segment != segment || data_sn < stretches_.back().data_sn) return std::nullopt;
  return replayed(stretches_.back(), data_sn, max_burst);
}

ReadTransfer ReadRecord::replayed(const Stretch& from, std::uint32_t data_sn, std::uint32_t max_burst) {
  ReadTransfer transfer = from.transfer;
  transfer.skip(data_sn - from.data_sn, from.segment, max_burst);
  return transfer;
}

}  // namespace lunway::session
