// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Parameter data of the commands that ask a unit what it is (SPC-4, SBC-3). It comes from the target: every length in
// it is checked against what arrived.

#include <algorithm>

#include "base/big_endian.h"
#include "initiator/unit.h"
#include "wire/lun.h"

namespace lunway::initiator {
namespace {

/// Blocks are powers of two in practice, but nothing here depends on that.
constexpr std::uint32_t kBlockSizeMax = 1 << 20;

bool is_block_size(std::uint32_t size) { return size != 0 && size <= kBlockSizeMax; }

/// Left-aligned ASCII, filled with spaces.
std::string field(Bytes data, std::size_t at, std::size_t size) {
  if (at >= data.size()) return {};
  std::string text(text_of(data.subspan(at, std::min(size, data.size() - at))));
  for (char& c : text)
    if (c < ' ' || c > '~') c = ' ';
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::optional<Capacity> parse_capacity_16(Bytes data) {
  if (data.size() < 12) return std::nullopt;
  const std::uint64_t last = load_be64(data.data());
  Capacity capacity{.blocks = last + 1, .block_size = load_be32(data.data() + 8)};
  if (last == 0xffffffffffffffff || !is_block_size(capacity.block_size)) return std::nullopt;
  if (capacity.blocks > 0x7fffffffffffffff / capacity.block_size) return std::nullopt;
  capacity.physical_block_size = capacity.block_size;
  if (data.size() >= 16) {
    capacity.physical_block_size = capacity.block_size << (load_u8(data.data() + 13) & 0x0f);
    capacity.thin = (load_u8(data.data() + 14) & 0x80) != 0;
  }
  return capacity;
}

std::optional<Capacity> parse_capacity_10(Bytes data) {
  if (data.size() < 8) return std::nullopt;
  const std::uint32_t size = load_be32(data.data() + 4);
  if (!is_block_size(size)) return std::nullopt;
  return Capacity{.blocks = std::uint64_t{load_be32(data.data())} + 1, .block_size = size, .physical_block_size = size};
}

std::optional<Inquiry> parse_inquiry(Bytes data) {
  if (data.size() < 5) return std::nullopt;
  const std::uint8_t peripheral = load_u8(data.data());
  return Inquiry{.peripheral_type = static_cast<std::uint8_t>(peripheral & 0x1f),
                 .peripheral_qualifier = static_cast<std::uint8_t>(peripheral >> 5),
                 .version = load_u8(data.data() + 2),
                 .vendor = field(data, 8, 8),
                 .product = field(data, 16, 16),
                 .revision = field(data, 32, 4),
                 .raw = {data.begin(), data.end()}};
}

void parse_block_limits(Bytes page, UnitFacts& facts) {
  const auto limit = [&](std::size_t at, std::uint32_t& into) {
    if (page.size() < at + 4) return;
    if (const std::uint32_t value = load_be32(page.data() + at); value != 0) into = std::min(into, value);
  };
  limit(8, facts.max_transfer_blocks);
  limit(20, facts.max_unmap_blocks);
  limit(24, facts.max_unmap_extents);
  // Zero means that the target has no such command, or does not tell: it will say so itself.
  if (page.size() > 5 && page[5] != std::byte{0}) facts.max_compare_blocks = std::to_integer<std::uint8_t>(page[5]);
}

std::vector<std::uint16_t> parse_luns(Bytes data) {
  std::vector<std::uint16_t> luns;
  if (data.size() < 8) return luns;
  const std::size_t end = std::min(data.size(), std::size_t{load_be32(data.data())} + 8);
  for (std::size_t at = 8; at + 8 <= end; at += 8)
    if (const auto number = wire::Lun(load_be64(data.data() + at)).flat())
      luns.push_back(static_cast<std::uint16_t>(*number));
  return luns;
}

}  // namespace lunway::initiator
