// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_spread.h"

#include <algorithm>

namespace lunway::session {
namespace {

/// What a command costs besides its data.
constexpr std::uint64_t kCommandBytes = 4096;
/// So much more than the idlest a connection may have under way and still take another: small commands leave several to
/// a system call.
constexpr std::uint64_t kLeadBytes = std::uint64_t{256} * 1024;

}  // namespace

bool InitiatorSpread::is_among_the_idlest(wire::Cid cid) const {
  const auto own = std::ranges::find(lanes_, cid, &Lane::cid);
  return own == lanes_.end() || own->load <= std::ranges::min(lanes_, {}, &Lane::load).load + kLeadBytes;
}

void InitiatorSpread::begin(wire::Cid cid, std::uint64_t bytes) {
  const auto lane = std::ranges::find(lanes_, cid, &Lane::cid);
  if (lane != lanes_.end()) lane->load += bytes + kCommandBytes;
}

void InitiatorSpread::end(wire::Cid cid, std::uint64_t bytes) {
  const auto lane = std::ranges::find(lanes_, cid, &Lane::cid);
  // A connection that left and came again owes nothing for what it had before.
  if (lane != lanes_.end()) lane->load -= std::min(lane->load, bytes + kCommandBytes);
}

}  // namespace lunway::session
