// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a block holds: a number, spread over all its bytes, so that whoever reads it knows which write it came from and
// whether it is whole.

#pragma once

#include <cstdint>
#include <optional>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace lunway::simulator {

namespace pattern {

inline std::uint64_t word(std::uint64_t value, std::size_t index) {
  if (value == 0) return 0;
  return index == 0 ? value : (value + index) * 0x9e3779b97f4a7c15U;
}

}  // namespace pattern

/// The block is a multiple of 8 bytes.
inline void fill_block(MutableBytes block, std::uint64_t value) {
  for (std::size_t i = 0; i < block.size() / 8; ++i) store_be64(&block[i * 8], pattern::word(value, i));
}

/// Nothing when the block is no whole pattern.
inline std::optional<std::uint64_t> value_of(Bytes block) {
  const std::uint64_t value = load_be64(block.data());
  for (std::size_t i = 1; i < block.size() / 8; ++i) {
    if (load_be64(&block[i * 8]) != pattern::word(value, i)) return std::nullopt;
  }
  return value;
}

}  // namespace lunway::simulator
