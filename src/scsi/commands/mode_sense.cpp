// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// MODE SENSE (SPC-4, 6.11 and 6.12).

#include <algorithm>
#include <limits>

#include "base/big_endian.h"
#include "scsi/commands/mode_parameters.h"
#include "scsi/mode_pages.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// DEVICE-SPECIFIC PARAMETER of direct access devices: WP and DPOFUA.
std::uint8_t device_specific(const UnitState& unit) {
  constexpr std::uint8_t kWriteProtected = 0x80;
  constexpr std::uint8_t kDpoAndFuaSupported = 0x10;
  const bool is_protected = unit.write_protected || unit.software_write_protect;
  return static_cast<std::uint8_t>((is_protected ? kWriteProtected : 0U) | kDpoAndFuaSupported);
}

std::byte* extend(Execution& execution, std::size_t length) {
  const std::size_t before = execution.memory.size();
  execution.memory.resize(before + length);
  return execution.memory.data() + before;
}

void append_descriptor(Execution& execution, bool is_long) {
  const UnitState& unit = *execution.unit;
  const std::uint64_t blocks = unit.capacity_blocks;
  if (is_long) {
    std::byte* const descriptor = extend(execution, kLongDescriptor);
    store_be64(descriptor, blocks);
    store_be32(descriptor + 12, unit.options.block_size);
    return;
  }
  std::byte* const descriptor = extend(execution, kShortDescriptor);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  store_be32(descriptor, static_cast<std::uint32_t>(std::min(blocks, kMost)));
  store_be24(descriptor + 5, unit.options.block_size);
}

/// Appends the pages that were asked for; false when there is none.
bool append_pages(Execution& execution, std::uint8_t code, std::uint8_t subpage, PageControl control) {
  bool found = false;
  for (const ModePage& page : mode_pages()) {
    if (code != kAllPages && code != page.code) continue;
    if (subpage != kAllSubpages && subpage != page.subpage) continue;
    found = true;
    std::byte* const at = extend(execution, page.length);
    write_mode_page(page, *execution.unit, control, {at, page.length});
  }
  return found;
}

void fill_header(Execution& execution, std::size_t descriptor_length, bool is_long) {
  const ModeHeader header = mode_header(execution.cdb);
  std::byte* const data = execution.memory.data();
  store_u8(data + header.device_specific_byte, device_specific(*execution.unit));
  if (has_ten_bytes(execution.cdb)) {
    store_be16(data, static_cast<std::uint16_t>(execution.memory.size() - 2));
    store_u8(data + 4, is_long ? 1 : 0);
    store_be16(data + header.descriptor_length_byte, static_cast<std::uint16_t>(descriptor_length));
  } else {
    store_u8(data, static_cast<std::uint8_t>(execution.memory.size() - 1));
    store_u8(data + header.descriptor_length_byte, static_cast<std::uint8_t>(descriptor_length));
  }
}

}  // namespace

Step begin_mode_sense(Execution& execution) {
  const Cdb& cdb = execution.cdb;
  const auto control = static_cast<PageControl>(cdb.u8(2) >> 6);
  const auto code = static_cast<std::uint8_t>(cdb.u8(2) & 0x3fU);
  const std::uint8_t subpage = cdb.u8(3);
  if (control == PageControl::saved) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::saving_parameters_not_supported);
  }
  // All pages come with subpage 00h or all of their subpages, not with a certain one.
  if (code == kAllPages && subpage != 0 && subpage != kAllSubpages) return execution.invalid_field(3, 7);

  const bool without_descriptor = cdb.bit(1, 3);
  const bool is_long = has_ten_bytes(cdb) && cdb.bit(1, 4) && !without_descriptor;
  const std::size_t descriptor_length = without_descriptor ? 0 : (is_long ? kLongDescriptor : kShortDescriptor);
  execution.zeroed_memory(mode_header(cdb).length);
  if (!without_descriptor) append_descriptor(execution, is_long);
  if (!append_pages(execution, code, subpage, control)) return execution.invalid_field(2, 5);
  fill_header(execution, descriptor_length, is_long);
  const std::uint64_t allocation_length = has_ten_bytes(cdb) ? cdb.be16(7) : cdb.u8(4);
  return execution.good_with_data(execution.memory.size(), allocation_length);
}

}  // namespace lunway::scsi
