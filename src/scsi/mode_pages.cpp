// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/mode_pages.h"

#include <algorithm>

#include "base/big_endian.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::uint8_t kSubpageFormat = 0x40;

/// A bit that can change: what it is now, at the start, or the fact that it can change.
std::uint8_t bit_if(std::uint8_t bit, bool now, bool at_start, PageControl control) {
  switch (control) {
    case PageControl::changeable:
      return bit;
    case PageControl::defaults:
      return at_start ? bit : std::uint8_t{0};
    default:
      return now ? bit : std::uint8_t{0};
  }
}

// Caching, 08h. Without a cache that forgets, WCE is zero and stays so.
constexpr std::uint8_t kWriteCacheEnabled = 0x04;

void write_caching(std::byte* page, const UnitState& unit, PageControl control) {
  if (!unit.options.volatile_cache) return;
  store_u8(page + 2, bit_if(kWriteCacheEnabled, unit.write_cache_enabled, unit.options.write_cache_enabled, control));
}

void apply_caching(const std::byte* page, UnitState& unit) {
  unit.write_cache_enabled = unit.options.volatile_cache && (load_u8(page + 2) & kWriteCacheEnabled) != 0;
}

// Control, 0Ah.
constexpr std::uint8_t kDescriptorSense = 0x04;
constexpr std::uint8_t kSoftwareWriteProtect = 0x08;

void write_control(std::byte* page, const UnitState& unit, PageControl control) {
  store_u8(page + 2, bit_if(kDescriptorSense, unit.descriptor_sense, false, control));
  store_u8(page + 4, bit_if(kSoftwareWriteProtect, unit.software_write_protect, false, control));
  if (control == PageControl::changeable) return;
  constexpr std::uint8_t kUnrestrictedReordering = 0x10;
  constexpr std::uint8_t kTaskAbortedStatus = 0x40;
  constexpr std::uint16_t kNoTimeLimit = 0xffff;
  store_u8(page + 3, kUnrestrictedReordering);
  store_u8(page + 5, unit.options.task_aborted_status ? kTaskAbortedStatus : 0);
  store_be16(page + 8, kNoTimeLimit);
}

void apply_control(const std::byte* page, UnitState& unit) {
  unit.descriptor_sense = (load_u8(page + 2) & kDescriptorSense) != 0;
  unit.software_write_protect = (load_u8(page + 4) & kSoftwareWriteProtect) != 0;
}

// Control Extension, 0Ah subpage 01h.
void write_control_extension(std::byte* page, const UnitState&, PageControl control) {
  if (control != PageControl::changeable) store_u8(page + 6, kMaxSenseBytes);
}

// Read-Write Error Recovery, 01h; Informational Exceptions Control, 1Ch: nothing is reported by itself.
void write_zeros(std::byte*, const UnitState&, PageControl) {}

constexpr std::array kPages = {
    ModePage{.code = 0x01, .length = 12, .write = write_zeros},
    ModePage{.code = 0x08, .length = 20, .write = write_caching, .apply = apply_caching},
    ModePage{.code = 0x0a, .length = 12, .write = write_control, .apply = apply_control},
    ModePage{.code = 0x0a, .subpage = 0x01, .length = 32, .write = write_control_extension},
    ModePage{.code = 0x1c, .length = 12, .write = write_zeros},
};

}  // namespace

std::span<const ModePage> mode_pages() { return kPages; }

std::size_t write_mode_page(const ModePage& page, const UnitState& unit, PageControl control, MutableBytes to) {
  std::ranges::fill(to.first(page.length), std::byte{});
  if (page.subpage == 0) {
    store_u8(to.data(), page.code);
    store_u8(to.data() + 1, static_cast<std::uint8_t>(page.length - 2));
  } else {
    store_u8(to.data(), page.code | kSubpageFormat);
    store_u8(to.data() + 1, page.subpage);
    store_be16(to.data() + 2, static_cast<std::uint16_t>(page.length - 4));
  }
  page.write(to.data(), unit, control);
  return page.length;
}

std::optional<std::uint16_t> first_unchangeable_byte(const ModePage& page, const UnitState& unit, Bytes sent) {
  std::array<std::byte, kMaxModePageBytes> current;
  std::array<std::byte, kMaxModePageBytes> changeable;
  write_mode_page(page, unit, PageControl::current, current);
  write_mode_page(page, unit, PageControl::changeable, changeable);
  const std::size_t header = page.subpage == 0 ? 2 : 4;
  for (std::size_t at = header; at < page.length; ++at) {
    if (((sent[at] ^ current[at]) & ~changeable[at]) != std::byte{}) return static_cast<std::uint16_t>(at);
  }
  return std::nullopt;
}

}  // namespace lunway::scsi
