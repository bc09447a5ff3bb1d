// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/buffer_pool.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace lunway::runtime {
namespace {

BufferPool pool_of(std::size_t budget, std::size_t keep) {
  return BufferPool::make({.budget_bytes = budget, .keep_bytes = keep}).value();
}

/// Pages of a region that are backed by memory.
std::size_t resident_pages(MutableBytes region) {
  std::vector<unsigned char> state(region.size() / BufferPool::kAlignment);
  EXPECT_EQ(::mincore(region.data(), region.size(), state.data()), 0);
  return static_cast<std::size_t>(
      std::count_if(state.begin(), state.end(), [](unsigned char each) { return each & 1; }));
}

TEST(BufferPool, BuffersAreAlignedAndAsLargeAsAsked) {
  auto pool = pool_of(1 << 20, 1 << 20);
  for (const std::size_t size : {1U, 100U, 4096U, 4097U, 65536U, 70000U}) {
    const Buffer buffer = pool.acquire(size);
    ASSERT_TRUE(buffer);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % BufferPool::kAlignment, 0U);
    std::memset(buffer.data(), 0xab, buffer.size());
  }
  EXPECT_EQ(pool.statistics().in_use_bytes, 0U);
  EXPECT_EQ(pool.statistics().peak_bytes, 128U << 10);
}

TEST(BufferPool, ExhaustionIsAValue) {
  auto pool = pool_of(64 << 10, 0);
  std::vector<Buffer> buffers;
  for (int i = 0; i < 16; ++i) buffers.push_back(pool.acquire(4096));
  EXPECT_TRUE(std::all_of(buffers.begin(), buffers.end(), [](const Buffer& each) { return bool{each}; }));
  EXPECT_FALSE(pool.acquire(1));
  EXPECT_FALSE(pool.acquire(1 << 20));
  EXPECT_EQ(pool.statistics().refused, 2U);
  buffers.pop_back();
  EXPECT_TRUE(pool.acquire(4096));
  buffers.clear();
  EXPECT_TRUE(pool.acquire(64 << 10));  // the neighbours have joined again
}

TEST(BufferPool, MovingAHandleMovesTheBuffer) {
  auto pool = pool_of(64 << 10, 0);
  Buffer first = pool.acquire(100);
  std::byte* data = first.data();
  Buffer second = std::move(first);
  EXPECT_EQ(second.data(), data);
  second = pool.acquire(200);
  EXPECT_EQ(pool.statistics().in_use_buffers, 1U);
  second.reset();
  second.reset();
  EXPECT_EQ(pool.statistics().in_use_buffers, 0U);
}

TEST(BufferPool, MemoryAboveTheWatermarkGoesBack) {
  auto pool = pool_of(1 << 20, 64 << 10);
  {
    const Buffer large = pool.acquire(1 << 20);
    std::memset(large.data(), 1, large.size());
    EXPECT_EQ(resident_pages(pool.region()), 256U);
  }
  EXPECT_EQ(resident_pages(pool.region()), 0U);
  {
    const Buffer small = pool.acquire(64 << 10);
    std::memset(small.data(), 1, small.size());
  }
  EXPECT_EQ(resident_pages(pool.region()), 16U);
  EXPECT_EQ(pool.statistics().kept_bytes, 64U << 10);
}

/// Against a list of live buffers: none overlap, all keep their content, the accounts agree, and an empty pool is
/// whole.
RC_GTEST_PROP(BufferPoolModel, BuffersAreDisjointAndAccountedFor, ()) {
  constexpr std::size_t kBudget = 1 << 20;
  auto pool = pool_of(kBudget, 128 << 10);
  struct Live {
    Buffer buffer;
    std::byte mark;
  };
  std::vector<Live> live;
  std::uint8_t marks = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<std::size_t, std::size_t>>>(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, 3), rc::gen::inRange<std::size_t>(1, 200'000)));
  for (const auto& [action, number] : steps) {
    if (action != 0) {
      Buffer buffer = pool.acquire(number);
      if (!buffer) continue;
      const std::byte mark{++marks};
      std::memset(buffer.data(), marks, buffer.size());
      live.push_back({std::move(buffer), mark});
    } else if (!live.empty()) {
      std::swap(live[number % live.size()], live.back());
      live.pop_back();
    }
    std::size_t blocks = 0;
    for (const auto& [buffer, mark] : live) {
      RC_ASSERT(std::memcmp(buffer.data(), buffer.data() + 1, buffer.size() - 1) == 0);  // all bytes are alike
      RC_ASSERT(*buffer.data() == mark);
      blocks += std::max(std::bit_ceil(buffer.size()), BufferPool::kAlignment);
    }
    RC_ASSERT(pool.statistics().in_use_bytes == blocks);
    RC_ASSERT(pool.statistics().in_use_buffers == live.size());
    RC_ASSERT(pool.statistics().kept_bytes <= std::size_t{128} << 10);
  }
  live.clear();
  RC_ASSERT(bool{pool.acquire(kBudget)});
}

}  // namespace
}  // namespace lunway::runtime
