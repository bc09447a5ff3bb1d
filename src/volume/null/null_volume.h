// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A volume that forgets: it reads as zeros and swallows what is written. It shows what everything but the disk costs.

#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "volume/volume.h"

namespace lunway::volume {

class NullVolume final : public Volume {
 public:
  explicit NullVolume(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  const VolumeTraits& traits() const override { return traits_; }

  Started start(const VolumeRequest& request) override {
    assert(contains(request.offset, request.length));
    if (request.verb == VolumeRequest::Verb::read) std::ranges::fill(request.buffer, std::byte{});
    if (request.verb == VolumeRequest::Verb::map && !request.extents.empty()) {
      request.extents.front() = {.offset = request.offset, .length = request.length, .has_space = false};
    }
    return Result<void>{};
  }

 private:
  const std::uint64_t size_bytes_;
  const VolumeTraits traits_{.can_discard = true, .can_zero = true};
};

}  // namespace lunway::volume
