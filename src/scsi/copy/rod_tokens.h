// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The tokens that a logical unit has made (SPC-4, 5.16.6). There are no snapshots: a token is as good as the data that
// it stands for is unchanged, and ends before somebody changes it.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "scsi/copy/rod_token.h"

namespace lunway::scsi {

struct NexusIdentity;

/// Of a medium.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct RodToken {
  enum class State : std::uint8_t {
    valid,
    expired,
    /// The data has changed, or the place was needed.
    cancelled,
    /// By an initiator.
    deleted,
  };

  RodTokenBytes bytes{};
  /// What it stands for while it is valid, one range after the other; `size` bytes altogether.
  std::vector<ByteRange> ranges;
  std::uint64_t size = 0;
  std::weak_ptr<const NexusIdentity> maker;
  State state = State::valid;
  Instant dies;
  Instant used;
  Duration timeout{};
  /// Commands that write with it. Meanwhile it does not expire.
  unsigned users = 0;
};

/// Threads: guarded by the mutex of the logical unit, the tokens too, but for is_empty().
class RodTokens {
 public:
  /// No token is valid. Any thread, at any time: what a write looks at.
  bool is_empty() const { return valid_.load() == 0; }

  /// Makes a token valid; false when there is no room for it.
  bool add(std::shared_ptr<RodToken> token, Instant now);

  /// The token that has these bytes. Null: there is none, and `resembles` tells whether one has the same identifier.
  struct Found {
    std::shared_ptr<RodToken> token;
    bool resembles = false;
  };
  Found find(Bytes token, Instant now);

  /// Ends those whose time is over. Also add() and find() do.
  void expire(Instant now);
  /// The range is about to change.
  void cancel(ByteRange range);
  /// Without effect on one that has ended.
  void end(RodToken& token, RodToken::State state);

  /// Those that are valid, and those of which it is known why they are not.
  std::size_t size() const { return tokens_.size(); }

 private:
  bool make_room(const NexusIdentity* maker);
  /// Null: of a session that has gone.
  bool cancel_oldest(const NexusIdentity* maker);
  void invalidate(RodToken& token, RodToken::State state);
  void forget_some();

  std::vector<std::shared_ptr<RodToken>> tokens_;  // the oldest first
  std::atomic<std::uint32_t> valid_ = 0;
};

}  // namespace lunway::scsi
