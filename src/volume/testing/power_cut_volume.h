// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A volume that the power can be taken from: what was not flushed may be forgotten, block by block, as a disk with a
// volatile cache forgets it. For tests of who promises that data is durable.

#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "volume/volume.h"

namespace lunway::volume {

/// Ends every request at once.
class PowerCutVolume final : public Volume {
 public:
  static constexpr std::uint64_t kBlock = 512;

  explicit PowerCutVolume(std::uint64_t blocks) : blocks_(blocks) {}

  std::uint64_t size_bytes() const override { return blocks_.size() * kBlock; }
  const VolumeTraits& traits() const override { return traits_; }

  Started start(const VolumeRequest& request) override {
    assert(contains(request.offset, request.length));
    if (request.verb == VolumeRequest::Verb::flush) return flush();
    if (request.verb == VolumeRequest::Verb::map) return Result<void>{};
    for (std::uint64_t done = 0; done < request.length; done += kBlock) {
      Block& block = blocks_[(request.offset + done) / kBlock];
      if (request.verb == VolumeRequest::Verb::read) {
        copy_bytes(request.buffer.subspan(done, kBlock), block.seen);
        continue;
      }
      const bool has_data = request.verb == VolumeRequest::Verb::write;
      const Bytes data = has_data ? request.buffer.subspan(done, kBlock) : Bytes(kZeros);
      std::ranges::copy(data, block.seen.begin());
      block.unflushed.push_back(block.seen);
    }
    return Result<void>{};
  }

  /// The next flush fails as a kernel's does: what it was to make durable is dropped in silence, although reads still
  /// find it, and the flush after it is a success again.
  void fail_next_flush() { fails_next_flush_ = true; }

  /// Of each block one version is left, the last one that was flushed or a later one: `choose(n)` says which of n.
  void cut_power(const std::function<std::size_t(std::size_t)>& choose) {
    for (Block& block : blocks_) {
      const std::size_t chosen = choose(1 + block.unflushed.size());
      if (chosen != 0) block.durable = block.unflushed[chosen - 1];
      block.seen = block.durable;
      block.unflushed.clear();
    }
  }

 private:
  using Content = std::array<std::byte, kBlock>;
  struct Block {
    Content durable = {};
    std::vector<Content> unflushed;  // the oldest first
    Content seen = {};
  };

  Result<void> flush() {
    const bool fails = std::exchange(fails_next_flush_, false);
    for (Block& block : blocks_) {
      if (!fails && !block.unflushed.empty()) block.durable = block.unflushed.back();
      block.unflushed.clear();
    }
    if (fails) return failure(EIO, "flushing");
    return {};
  }

  static constexpr Content kZeros = {};
  const VolumeTraits traits_{.can_discard = true, .can_zero = true, .has_volatile_cache = true};
  std::vector<Block> blocks_;
  bool fails_next_flush_ = false;
};

}  // namespace lunway::volume
