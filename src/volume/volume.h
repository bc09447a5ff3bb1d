// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What holds the blocks of a logical unit. A volume never blocks and owns no thread: a request either ends inside
// start() or becomes an IoOp that somebody with a ring executes. So a volume knows no ring, and the simulator can stand
// in for any disk.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "base/bytes.h"
#include "base/extent.h"
#include "base/io_op.h"
#include "base/result.h"

namespace lunway::volume {

/// What does not change while a volume is open.
struct VolumeTraits {
  bool writable = true;
  /// discard gives space back, and what was discarded reads as zeros until it is written again.
  bool can_discard = false;
  /// zero works without that its caller moves the zeros. Where it does not, write zeros instead.
  bool can_zero = false;
  /// What was written may be lost with the power until a flush has ended.
  bool has_volatile_cache = false;
  /// A write of up to this many bytes is whole or not at all, even when the power fails. Zero: that is not known.
  std::uint32_t max_atomic_bytes = 0;
  /// Requests that are aligned to this many bytes are served best. A power of two, at least 512.
  std::uint32_t preferred_block_size = 4096;
  /// Offset, length and memory of a read or write are multiples of this, or the request is not served. A power of two,
  /// at most 4096.
  std::uint32_t transfer_alignment = 1;
  /// How many flushes may run side by side, each in a lane of its own (flush_group.h). Zero: a flush ends at once.
  std::uint8_t flush_lanes = 0;
};

struct VolumeRequest {
  enum class Verb : std::uint8_t { read, write, flush, discard, zero, map };

  Verb verb = Verb::read;
  std::uint64_t offset = 0;
  /// Bytes affected. For read and write equal to buffer.size(); zero for flush, which covers the whole volume.
  std::uint64_t length = 0;
  /// Where read puts and write takes its bytes. It stays valid until the request has ended.
  MutableBytes buffer = {};
  /// For map, all of length 0 before: which parts of the range have space, from its start, without gaps, as far as the
  /// entries reach. What the last one leaves out counts as having space. It stays valid as long as the buffer.
  std::span<Extent> extents = {};
  /// For flush, below VolumeTraits::flush_lanes: no other one runs in it.
  std::size_t lane = 0;
};

/// What became of a request: it has ended, well or badly, or the caller executes this and takes its result for the
/// request's.
using Started = std::variant<Result<void>, IoOp>;

/// Threads: every member may be called from all shards at once. Requests that overlap in space and time have no order
/// among themselves; who needs one waits for the first to end.
class Volume {
 public:
  virtual ~Volume() = default;
  Volume() = default;
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  virtual std::uint64_t size_bytes() const = 0;

  /// The size that resize() would give it: `wanted_bytes`, or without that the size which its medium has now. An error
  /// where that cannot be. Both may block: for an operator's thread, not for a shard's.
  virtual Result<std::uint64_t> size_after_resize(std::optional<std::uint64_t> wanted_bytes) const;
  /// Grows the medium where it must. Requests beyond the end of a medium that has become smaller end with an error.
  virtual Result<std::uint64_t> resize(std::optional<std::uint64_t> wanted_bytes);

  virtual const VolumeTraits& traits() const = 0;

  /// Says that this read or write will be started soon. True where it pays to do something else first: a volume in
  /// memory has its bytes brought near the processor meanwhile, and start() will end it at once.
  virtual bool prefetch(const VolumeRequest& /*request*/) const { return false; }

  /// Starts one request. The range lies inside the volume, or did when its command began, and a verb that changes bytes
  /// meets a writable volume; both are asserted, for the device server has checked them. `discard` and `zero` need the
  /// trait of that name.
  virtual Started start(const VolumeRequest& request) = 0;

  /// True when the range lies inside the volume. No sum is formed, so none can wrap.
  bool contains(std::uint64_t offset, std::uint64_t length) const {
    const std::uint64_t size = size_bytes();
    return offset <= size && length <= size - offset;
  }
};

}  // namespace lunway::volume
