// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Memory of a changing size that a disk may be asked to fill or to write. What is as long as a block begins where
// transfers past the page cache (O_DIRECT) need it; what is shorter never meets a disk, and costs no more than other
// memory.

#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace lunway {

/// Above the alignment that any disk asks for which is served.
inline constexpr std::size_t kBlockMemoryAlignment = 4096;

template <class T>
struct BlockAllocator {
  using value_type = T;

  static constexpr std::size_t kLeastBlockBytes = 512;

  BlockAllocator() = default;
  template <class Other>
  BlockAllocator(const BlockAllocator<Other>& /*other*/) {}  // NOLINT(google-explicit-constructor): what vectors want

  T* allocate(std::size_t count) {
    if (count * sizeof(T) < kLeastBlockBytes) return static_cast<T*>(::operator new(count * sizeof(T)));
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{kBlockMemoryAlignment}));
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kLeastBlockBytes) return ::operator delete(memory);
    ::operator delete(memory, std::align_val_t{kBlockMemoryAlignment});
  }

  friend bool operator==(const BlockAllocator&, const BlockAllocator&) { return true; }
};

using BlockMemory = std::vector<std::byte, BlockAllocator<std::byte>>;

}  // namespace lunway
