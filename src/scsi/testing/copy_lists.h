// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Parameter lists of EXTENDED COPY(LID1), built byte by byte as SPC-4, 6.4, draws them: for tests.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/big_endian.h"

namespace lunway::scsi {

class CopyListBuilder {
 public:
  /// List identifier and LIST ID USAGE.
  explicit CopyListBuilder(unsigned identifier = 1, unsigned usage = 0) : list(16) {
    store_u8(list.data(), static_cast<std::uint8_t>(identifier));
    store_u8(list.data() + 1, static_cast<std::uint8_t>(usage << 3));
  }

  /// A CSCD descriptor with the NAA designator of a logical unit. All of them come before the first segment.
  CopyListBuilder& unit(std::uint64_t naa, std::uint32_t block_size = 512, std::uint8_t flags = 0) {
    const std::size_t at = extend(32);
    store_u8(&list[at], 0xe4);
    store_u8(&list[at + 1], flags);
    store_u8(&list[at + 4], 1);
    store_u8(&list[at + 5], 3);
    store_u8(&list[at + 7], 8);
    store_be64(&list[at + 8], naa);
    store_u8(&list[at + 29], static_cast<std::uint8_t>(block_size >> 16));
    store_be16(&list[at + 30], static_cast<std::uint16_t>(block_size));
    store_be16(&list[2], static_cast<std::uint16_t>(load_be16(&list[2]) + 32));
    return *this;
  }

  struct Segment {
    std::uint16_t from = 0;
    std::uint16_t to = 0;
    std::uint16_t blocks = 0;
    std::uint64_t source_lba = 0;
    std::uint64_t destination_lba = 0;
    std::uint8_t flags = 0;
  };

  CopyListBuilder& segment(const Segment& segment) {
    const std::size_t at = extend(28);
    store_u8(&list[at], 0x02);
    store_u8(&list[at + 1], segment.flags);
    store_be16(&list[at + 2], 24);
    store_be16(&list[at + 4], segment.from);
    store_be16(&list[at + 6], segment.to);
    store_be16(&list[at + 10], segment.blocks);
    store_be64(&list[at + 12], segment.source_lba);
    store_be64(&list[at + 20], segment.destination_lba);
    store_be32(&list[8], load_be32(&list[8]) + 28);
    return *this;
  }

  /// Changes one byte.
  CopyListBuilder& set(std::size_t at, unsigned value) {
    list.at(at) = static_cast<std::byte>(value);
    return *this;
  }

  std::vector<std::byte> list;

 private:
  std::size_t extend(std::size_t length) {
    list.resize(list.size() + length);
    return list.size() - length;
  }
};

}  // namespace lunway::scsi
