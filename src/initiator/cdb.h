// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The few command descriptor blocks that an initiator builds by itself (SPC-4, SBC-3). Anything else comes ready from
// the caller.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace lunway::initiator {

inline constexpr std::size_t kCdbBytesMax = 32;

class Cdb {
 public:
  explicit constexpr Cdb(std::size_t size) : size_(size) {}

  std::byte* data() { return bytes_.data(); }
  Bytes bytes() const { return {bytes_.data(), size_}; }
  std::vector<std::byte> to_vector() const {
    return {bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_)};
  }

 private:
  std::array<std::byte, kCdbBytesMax> bytes_{};
  std::size_t size_;
};

Cdb test_unit_ready_cdb();
Cdb inquiry_cdb(std::uint16_t allocation_length);
Cdb vital_product_data_cdb(std::uint8_t page, std::uint16_t allocation_length);
Cdb read_capacity_10_cdb();
Cdb read_capacity_16_cdb(std::uint32_t allocation_length);
Cdb report_luns_cdb(std::uint32_t allocation_length);

/// The 16-byte forms reach every block; the 10-byte forms are chosen where they reach too, for targets that know no
/// other.
Cdb read_cdb(std::uint64_t lba, std::uint32_t blocks);
Cdb write_cdb(std::uint64_t lba, std::uint32_t blocks);

/// The whole unit.
Cdb synchronize_cache_cdb();
Cdb unmap_cdb(std::uint16_t parameter_list_length);

/// The data is twice as long: what is expected, then what is to be written.
Cdb compare_and_write_cdb(std::uint64_t lba, std::uint8_t blocks);

Cdb persistent_reserve_in_cdb(std::uint8_t service_action, std::uint16_t allocation_length);
/// `scope_and_type`: the scope is that of the logical unit, 0.
Cdb persistent_reserve_out_cdb(std::uint8_t service_action, std::uint8_t scope_and_type,
                               std::uint32_t parameter_list_length);

}  // namespace lunway::initiator
