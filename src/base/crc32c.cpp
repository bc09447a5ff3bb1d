// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "base/crc32c.h"

#include <isa-l/crc.h>
#include <nmmintrin.h>

#include <cstring>

namespace lunway {
namespace {

// Below this the call into ISA-L costs more than the checksum; a header with its AHS is always below.
constexpr std::size_t kInlineLimit = 128;

__attribute__((target("sse4.2"))) std::uint32_t crc_inline(std::uint32_t state, Bytes data) {
  std::uint64_t crc = state;
  while (data.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, data.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
    data = data.subspan(sizeof word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (const std::byte byte : data) narrow = _mm_crc32_u8(narrow, std::to_integer<std::uint8_t>(byte));
  return narrow;
}

std::uint32_t crc_isal(std::uint32_t state, Bytes data) {
  // crc32_iscsi takes an int length and a pointer to non-const; it writes nothing.
  constexpr std::size_t kMaxPiece = std::size_t{1} << 30;
  while (!data.empty()) {
    const Bytes piece = data.first(data.size() < kMaxPiece ? data.size() : kMaxPiece);
    auto* raw = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(piece.data()));
    state = crc32_iscsi(raw, static_cast<int>(piece.size()), state);
    data = data.subspan(piece.size());
  }
  return state;
}

const bool kHasCrcInstruction = __builtin_cpu_supports("sse4.2") != 0;

}  // namespace

void Crc32c::update(Bytes piece) {
  const bool in_line = piece.size() <= kInlineLimit && kHasCrcInstruction;
  state_ = in_line ? crc_inline(state_, piece) : crc_isal(state_, piece);
}

std::array<std::byte, 4> Crc32c::wire_bytes() const {
  const std::uint32_t crc = value();
  std::array<std::byte, 4> out;
  std::memcpy(out.data(), &crc, out.size());
  return out;
}

}  // namespace lunway
