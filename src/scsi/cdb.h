// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A command descriptor block, kept by value. Bytes beyond what the initiator sent are zero, so a field can be read
// without asking how long the CDB was.

#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace lunway::scsi {

class Cdb {
 public:
  /// No command of ours is longer. An iSCSI CDB may have 260 bytes; the rest of it is not kept.
  static constexpr std::size_t kCapacity = 32;

  Cdb() = default;
  explicit Cdb(Bytes bytes) { copy_bytes(bytes_, bytes); }

  std::uint8_t opcode() const { return u8(0); }
  std::uint8_t u8(std::size_t at) const { return load_u8(here(at, 1)); }
  std::uint16_t be16(std::size_t at) const { return load_be16(here(at, 2)); }
  std::uint32_t be24(std::size_t at) const { return load_be24(here(at, 3)); }
  std::uint32_t be32(std::size_t at) const { return load_be32(here(at, 4)); }
  std::uint64_t be64(std::size_t at) const { return load_be64(here(at, 8)); }

  /// Bit 0 is the least significant, as the standards number them.
  bool bit(std::size_t at, unsigned number) const { return (unsigned{u8(at)} >> number & 1U) != 0; }

 private:
  const std::byte* here(std::size_t at, [[maybe_unused]] std::size_t width) const {
    assert(at + width <= kCapacity);
    return bytes_.data() + at;
  }

  std::array<std::byte, kCapacity> bytes_{};
};

}  // namespace lunway::scsi
