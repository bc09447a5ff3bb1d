// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Vital product data pages (SPC-4, 7.8; SBC-3, 6.5).

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "scsi/execution.h"

namespace lunway::scsi {

struct LogicalUnitOptions;

// PERIPHERAL QUALIFIER and PERIPHERAL DEVICE TYPE, as in byte 0 of INQUIRY data.
inline constexpr std::uint8_t kDirectAccess = 0x00;
inline constexpr std::uint8_t kNoLogicalUnit = 0x7f;

// Limits of commands that the Block Limits page tells.
inline constexpr std::uint32_t kMaxUnmapBlocks = 1U << 20;
inline constexpr std::uint32_t kMaxUnmapDescriptors = 256;
/// Bounds how long one command keeps the medium busy.
inline constexpr std::uint64_t kMaxWriteSameBytes = 16U << 20;
inline constexpr std::uint32_t kMaxCompareAndWriteBytes = 64U << 10;

std::uint64_t max_write_same_blocks(const LogicalUnitOptions& options);
std::uint8_t max_compare_and_write_blocks(const LogicalUnitOptions& options);

/// Puts the page at the front of the execution's memory; returns its length, 0 for a page that does not exist.
std::size_t write_vital_product_data(Execution& execution, std::uint8_t code);

/// Page 83h.
void append_device_identification(Execution& execution);
/// Page 8Fh.
void append_third_party_copy(Execution& execution);

}  // namespace lunway::scsi
