// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A volume in memory: for scratch disks, demonstrations and tests. It lives as long as the process.

#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "volume/memory/page_map.h"
#include "volume/volume.h"

namespace lunway::volume {

/// Sparse: pages that were never written, or were discarded, cost nothing.
class MemoryVolume final : public Volume {
 public:
  /// Nothing survives the power, so no half of a write does either. The number bounds what a command keeps in memory.
  static constexpr std::uint32_t kMaxAtomicBytes = 1U << 20;

  /// `size_bytes` is positive.
  static Result<std::unique_ptr<MemoryVolume>> create(std::uint64_t size_bytes);
  ~MemoryVolume() override;

  std::uint64_t size_bytes() const override { return memory_.size(); }
  const VolumeTraits& traits() const override { return traits_; }
  bool prefetch(const VolumeRequest& request) const override;
  Started start(const VolumeRequest& request) override;

 private:
  MemoryVolume(MutableBytes memory, std::span<PageMap::Word> words) : memory_(memory), words_(words), pages_(words) {}

  const MutableBytes memory_;
  const std::span<PageMap::Word> words_;
  PageMap pages_;
  const VolumeTraits traits_{.can_discard = true, .can_zero = true, .max_atomic_bytes = kMaxAtomicBytes};
};

}  // namespace lunway::volume
