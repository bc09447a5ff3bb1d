// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a session spreads its commands over its connections: whoever can send takes the next one, unless another has
// clearly less under way. That is counted in bytes of data, and each command counts for a few KiB more, so that
// commands without data are spread too.
//= rfc7143#4.2.5.1
//
// With one connection there is nothing to choose, and nothing is counted.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "wire/numbers.h"

namespace lunway::session {

class InitiatorSpread {
 public:
  void join(wire::Cid cid) { lanes_.push_back({.cid = cid}); }
  /// Nobody waits for it any longer, and what it has is not counted any more.
  void leave(wire::Cid cid) {
    std::erase_if(lanes_, [cid](const Lane& lane) { return lane.cid == cid; });
  }

  bool has(wire::Cid cid) const { return std::ranges::find(lanes_, cid, &Lane::cid) != lanes_.end(); }
  bool is_choice() const { return lanes_.size() > 1; }
  /// Whether it is for this connection to send the next command.
  bool may_take(wire::Cid cid) const { return !is_choice() || is_among_the_idlest(cid); }

  /// A command that moves so many bytes has been given to the connection, and has ended.
  void begin(wire::Cid cid, std::uint64_t bytes);
  void end(wire::Cid cid, std::uint64_t bytes);

 private:
  struct Lane {
    wire::Cid cid;
    std::uint64_t load = 0;
  };

  bool is_among_the_idlest(wire::Cid cid) const;

  std::vector<Lane> lanes_;
};

}  // namespace lunway::session
