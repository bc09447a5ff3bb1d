// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Buffers that the kernel picks from when bytes arrive, so that a socket that waits needs none of its own (provided
// buffer rings, Linux 5.19). Private to UringRing.

#pragma once

#include <liburing.h>

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace lunway::runtime {

class LentBuffers {
 public:
  static constexpr unsigned kCount = 32;  // a power of two
  static constexpr unsigned kSize = 64U << 10;
  static constexpr unsigned short kGroup = 0;

  LentBuffers() = default;
  ~LentBuffers();
  LentBuffers(const LentBuffers&) = delete;
  LentBuffers& operator=(const LentBuffers&) = delete;

  /// Once. The kernel has them until the ring is gone, which must be before this is.
  Result<> register_with(io_uring& ring);

  Bytes filled(unsigned short id, std::size_t count) const { return {memory_ + std::size_t{id} * kSize, count}; }

  /// The buffer may be picked again.
  void give_back(unsigned short id);

 private:
  io_uring_buf_ring* ring_ = nullptr;
  std::byte* memory_ = nullptr;
};

}  // namespace lunway::runtime
