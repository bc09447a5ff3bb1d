// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Integers in network byte order at a place in a buffer. iSCSI and SCSI are big-endian throughout. The caller has
// checked that the field lies inside the buffer: fixed headers do it once, by their type.

#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace lunway {

template <std::unsigned_integral Int>
Int load_be(const std::byte* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return std::byteswap(value);
}

template <std::unsigned_integral Int>
void store_be(std::byte* at, Int value) {
  value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}

inline std::uint8_t load_u8(const std::byte* at) { return std::to_integer<std::uint8_t>(*at); }
inline std::uint16_t load_be16(const std::byte* at) { return load_be<std::uint16_t>(at); }
inline std::uint32_t load_be32(const std::byte* at) { return load_be<std::uint32_t>(at); }
inline std::uint64_t load_be64(const std::byte* at) { return load_be<std::uint64_t>(at); }

/// The 24-bit fields: DataSegmentLength, block lengths of short mode block descriptors.
inline std::uint32_t load_be24(const std::byte* at) { return (std::uint32_t{load_u8(at)} << 16) | load_be16(at + 1); }

inline void store_u8(std::byte* at, std::uint8_t value) { *at = std::byte{value}; }
inline void store_be16(std::byte* at, std::uint16_t value) { store_be(at, value); }
inline void store_be32(std::byte* at, std::uint32_t value) { store_be(at, value); }
inline void store_be64(std::byte* at, std::uint64_t value) { store_be(at, value); }

inline void store_be24(std::byte* at, std::uint32_t value) {
  store_u8(at, static_cast<std::uint8_t>(value >> 16));
  store_be16(at + 1, static_cast<std::uint16_t>(value));
}

static_assert(std::endian::native == std::endian::little, "loads and stores swap: the machine must be little-endian");

}  // namespace lunway
