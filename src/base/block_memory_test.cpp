// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "base/block_memory.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lunway {
namespace {

TEST(BlockMemory, OfABlockAndMoreIsAligned) {
  for (const std::size_t size : {512U, 513U, 4096U, 12288U, 1U << 20}) {
    const BlockMemory memory(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % kBlockMemoryAlignment, 0U) << size;
  }
}

TEST(BlockMemory, StaysAlignedAndWholeWhenItGrows) {
  BlockMemory memory(100, std::byte{7});
  while (memory.size() < 100'000) {
    memory.resize(memory.size() * 3, std::byte{7});
    if (memory.size() < 512) continue;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % kBlockMemoryAlignment, 0U) << memory.size();
  }
  EXPECT_EQ(memory, BlockMemory(memory.size(), std::byte{7}));
}

}  // namespace
}  // namespace lunway
