// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/retained_responses.h"

#include <algorithm>
#include <cassert>
#include <ranges>
#include <utility>

#include "wire/opcode.h"

namespace lunway::session {

RetainedResponses::Response& RetainedResponses::add(wire::StatSN number, const wire::Header& header, Bytes data,
                                                    std::optional<TaskId> task) {
  assert(empty() || responses_.back().number.next() == number);
  bytes_ += data.size();
  return responses_.emplace_back(
      Response{.number = number, .header = header, .data = {data.begin(), data.end()}, .task = task});
}

bool RetainedResponses::has_superfluous(wire::StatSN acknowledged) const {
  if (empty()) return false;
  return responses_.front().number.precedes(acknowledged) || responses_.size() > limits_.responses ||
         bytes_ > limits_.bytes;
}

RetainedResponses::Response RetainedResponses::take_oldest() {
  assert(!empty());
  Response oldest = std::move(responses_.front());
  responses_.pop_front();
  bytes_ -= oldest.data.size();
  return oldest;
}

RetainedResponses::Response* RetainedResponses::find(wire::StatSN number) {
  if (empty()) return nullptr;
  const std::uint32_t place = responses_.front().number.distance_to(number);
  return place < responses_.size() ? &responses_[place] : nullptr;
}

RetainedResponses::Response* RetainedResponses::find(wire::Itt itt) {
  for (Response& response : std::views::reverse(responses_)) {
    const wire::BasicHeader header{wire::HeaderView(response.header)};
    if (header.opcode() == wire::Opcode::scsi_response && header.itt() == itt) return &response;
  }
  return nullptr;
}

}  // namespace lunway::session
