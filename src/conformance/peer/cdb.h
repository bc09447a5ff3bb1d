// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The few SCSI commands that the tests of the transport need to make data move.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/big_endian.h"

namespace lunway::conformance {

using Cdb = std::array<std::byte, 16>;

namespace cdb {

inline Cdb of(std::uint8_t operation) { return Cdb{std::byte{operation}}; }

inline Cdb test_unit_ready() { return of(0x00); }

inline Cdb inquiry(std::uint16_t allocation_length) {
  Cdb cdb = of(0x12);
  store_be16(&cdb[3], allocation_length);
  return cdb;
}

/// INQUIRY of a page of vital product data.
inline Cdb inquiry_page(std::uint8_t page, std::uint16_t allocation_length) {
  Cdb cdb = inquiry(allocation_length);
  cdb[1] = std::byte{0x01};
  cdb[2] = std::byte{page};
  return cdb;
}

inline Cdb report_luns(std::uint32_t allocation_length) {
  Cdb cdb = of(0xa0);
  store_be32(&cdb[6], allocation_length);
  return cdb;
}

/// READ CAPACITY (16)
inline Cdb read_capacity(std::uint32_t allocation_length = 32) {
  Cdb cdb = of(0x9e);
  cdb[1] = std::byte{0x10};
  store_be32(&cdb[10], allocation_length);
  return cdb;
}

/// READ (16)
inline Cdb read(std::uint64_t lba, std::uint32_t blocks) {
  Cdb cdb = of(0x88);
  store_be64(&cdb[2], lba);
  store_be32(&cdb[10], blocks);
  return cdb;
}

/// WRITE (16)
inline Cdb write(std::uint64_t lba, std::uint32_t blocks) {
  Cdb cdb = read(lba, blocks);
  cdb[0] = std::byte{0x8a};
  return cdb;
}

}  // namespace cdb
}  // namespace lunway::conformance
