// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/commands/vital_product_data.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/big_endian.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

struct Page {
  std::uint8_t code;
  /// Appends what follows the header of four bytes, which is there already.
  void (*append)(Execution&);
};

std::byte* extend(Execution& execution, std::size_t length) {
  const std::size_t before = execution.memory.size();
  execution.memory.resize(before + length);
  return execution.memory.data() + before;
}

void append_supported_pages(Execution& execution);

void append_unit_serial_number(Execution& execution) {
  const Bytes serial = bytes_of(execution.unit->options.serial_number);
  std::ranges::copy(serial, extend(execution, serial.size()));
}

void append_extended_inquiry(Execution& execution) {
  constexpr std::uint8_t kSimple = 0x01;
  constexpr std::uint8_t kOrdered = 0x02;
  constexpr std::uint8_t kHeadOfQueue = 0x04;
  constexpr std::uint8_t kVolatileCache = 0x01;
  std::byte* const page = extend(execution, 60) - 4;
  store_u8(page + 5, kHeadOfQueue | kOrdered | kSimple);
  store_u8(page + 6, execution.unit->options.volatile_cache ? kVolatileCache : 0);
  store_u8(page + 13, kMaxSenseBytes);
}

void append_block_limits(Execution& execution) {
  constexpr std::uint8_t kWriteSameNonZero = 0x01;
  constexpr std::uint32_t kAlignmentValid = 0x80000000;
  const LogicalUnitOptions& options = execution.unit->options;
  const std::uint32_t physical = 1U << options.physical_block_exponent;
  const auto most = static_cast<std::uint32_t>(execution.unit->max_transfer_blocks());
  std::byte* const page = extend(execution, 60) - 4;
  store_u8(page + 4, kWriteSameNonZero);
  store_u8(page + 5, max_compare_and_write_blocks(options));
  store_be16(page + 6, static_cast<std::uint16_t>(physical));
  store_be32(page + 8, most);
  store_be32(page + 12, std::min(most, (1U << 20) / options.block_size));
  if (options.can_discard) {
    store_be32(page + 20, kMaxUnmapBlocks);
    store_be32(page + 24, kMaxUnmapDescriptors);
    store_be32(page + 28, physical);
    store_be32(page + 32, kAlignmentValid);
  }
  store_be64(page + 36, max_write_same_blocks(options));
  store_be32(page + 44, options.max_atomic_bytes / options.block_size);
}

void append_block_device_characteristics(Execution& execution) {
  constexpr std::uint16_t kNonRotating = 1;
  constexpr std::uint16_t kRotating = 7200;
  constexpr std::uint8_t kFuaIsRespected = 0x02;
  std::byte* const page = extend(execution, 60) - 4;
  store_be16(page + 4, execution.unit->options.rotates ? kRotating : kNonRotating);
  // WABEREQ: after BLOCK ERASE, blocks can be read before they are written.
  constexpr std::uint8_t kReadableAfterErase = 0x40;
  if (execution.unit->options.can_discard) store_u8(page + 7, kReadableAfterErase);
  store_u8(page + 8, kFuaIsRespected);
}

void append_logical_block_provisioning(Execution& execution) {
  constexpr std::uint8_t kUnmap = 0x80;
  constexpr std::uint8_t kWriteSame16 = 0x40;
  constexpr std::uint8_t kWriteSame10 = 0x20;
  constexpr std::uint8_t kReadsZeros = 0x04;
  constexpr std::uint8_t kThin = 0x02;
  std::byte* const page = extend(execution, 4) - 4;
  if (!execution.unit->options.can_discard) return;
  store_u8(page + 5, kUnmap | kWriteSame16 | kWriteSame10 | kReadsZeros);
  store_u8(page + 6, kThin);
}

// In ascending order, as page 00h has to list them.
constexpr std::array kPages = {
    Page{0x00, append_supported_pages},
    Page{0x80, append_unit_serial_number},
    Page{0x83, append_device_identification},
    Page{0x86, append_extended_inquiry},
    Page{0x8f, append_third_party_copy},
    Page{0xb0, append_block_limits},
    Page{0xb1, append_block_device_characteristics},
    Page{0xb2, append_logical_block_provisioning},
};

/// Without a logical unit, only this page is there.
void append_supported_pages(Execution& execution) {
  for (const Page& page : kPages) {
    if (execution.unit != nullptr || page.code == 0) store_u8(extend(execution, 1), page.code);
  }
}

}  // namespace

std::uint64_t max_write_same_blocks(const LogicalUnitOptions& options) {
  return kMaxWriteSameBytes / options.block_size;
}

std::uint8_t max_compare_and_write_blocks(const LogicalUnitOptions& options) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint8_t>::max();
  return static_cast<std::uint8_t>(std::min(kMost, kMaxCompareAndWriteBytes / options.block_size));
}

std::size_t write_vital_product_data(Execution& execution, std::uint8_t code) {
  const auto* const page = std::ranges::find(kPages, code, &Page::code);
  if (page == kPages.end() || (execution.unit == nullptr && code != 0)) return 0;
  const MutableBytes header = execution.zeroed_memory(4);
  store_u8(header.data(), execution.unit == nullptr ? kNoLogicalUnit : kDirectAccess);
  store_u8(header.data() + 1, code);
  page->append(execution);
  store_be16(execution.memory.data() + 2, static_cast<std::uint16_t>(execution.memory.size() - 4));
  return execution.memory.size();
}

}  // namespace lunway::scsi
