// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Memory for data, bounded. One region of address space is reserved at once and cut into power-of-two blocks (a buddy
// system), each aligned to 4096 bytes: fit for O_DIRECT, and one registration away from fixed buffers. One thread.

#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lunway::runtime {

class BufferPool;

/// A block of a pool, or nothing. Goes back by itself; must not outlive the pool nor leave its thread. Fresh buffers
/// hold whatever was there before: fill before you show.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { reset(); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }

  explicit operator bool() const { return pool_ != nullptr; }
  std::byte* data() const { return data_; }
  /// What was asked for; the block behind it may be larger.
  std::size_t size() const { return size_; }
  MutableBytes bytes() const { return {data_, size_}; }

  void reset();

 private:
  friend class BufferPool;

  Buffer(BufferPool& pool, std::byte* data, std::size_t size, std::uint8_t order)
      : pool_(&pool), data_(data), size_(size), order_(order) {}
  void swap(Buffer& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(order_, other.order_);
  }

  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint8_t order_ = 0;
};

class BufferPool {
 public:
  static constexpr std::size_t kAlignment = 4096;
  static constexpr std::size_t kBudgetBytesMax = std::size_t{1} << 40;

  struct Options {
    /// All that can be out at once; rounded up to a power of two of at least kAlignment. Address space until used.
    std::size_t budget_bytes = std::size_t{64} << 20;
    /// Free memory kept warm; what is freed above it goes back to the system.
    std::size_t keep_bytes = std::size_t{16} << 20;
  };

  struct Statistics {
    std::size_t in_use_bytes = 0;  // in whole blocks
    std::size_t in_use_buffers = 0;
    std::size_t peak_bytes = 0;
    std::size_t kept_bytes = 0;  // free, and still backed by memory (an upper bound)
    std::uint64_t refused = 0;   // acquire() that found no room
  };

  static Result<BufferPool> make(const Options& options);
  ~BufferPool();
  /// Only while no buffer is out.
  BufferPool(BufferPool&& other) noexcept;
  BufferPool& operator=(BufferPool&&) = delete;

  /// A buffer of `size` bytes (at least 1), or an empty one when no block is left.
  [[nodiscard]] Buffer acquire(std::size_t size);

  std::size_t budget_bytes() const { return pages_.size() * kAlignment; }
  const Statistics& statistics() const { return statistics_; }
  /// The whole region, for registration with a ring.
  MutableBytes region() const { return {region_, budget_bytes()}; }

 private:
  friend class Buffer;

  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Page {
    std::uint32_t previous = kNone;  // links of a free block, in its first page
    std::uint32_t next = kNone;
    std::uint8_t order = 0;  // of the block that begins here
    bool is_free_head = false;
    bool is_warm = false;  // free, and still backed by memory
  };

  BufferPool(std::byte* region, std::size_t page_count, std::size_t keep_bytes);

  void release(std::byte* data, std::uint8_t order);
  void push_free(std::uint32_t page, std::uint8_t order);
  void pop_free(std::uint32_t page);
  void take_from_kept(std::uint32_t page, std::uint8_t order);
  void keep_or_give_back(std::uint32_t page, std::uint8_t order);

  std::byte* region_ = nullptr;
  std::size_t keep_bytes_ = 0;
  std::vector<Page> pages_;
  std::vector<std::uint32_t> free_heads_;  // by order
  Statistics statistics_;
};

inline void Buffer::reset() {
  if (pool_ == nullptr) return;
  std::exchange(pool_, nullptr)->release(data_, order_);
  data_ = nullptr;
  size_ = 0;
}

}  // namespace lunway::runtime
