// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// MODE SELECT (SPC-4, 6.9 and 6.10). Either all pages of a list take effect or, when one of them is wrong, none.

#include <algorithm>
#include <optional>

#include "base/big_endian.h"
#include "scsi/commands/mode_parameters.h"
#include "scsi/commands/pieces.h"
#include "scsi/mode_pages.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kFlushes };

Step list_length_error(Execution& execution) {
  return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
}

/// A block descriptor may repeat what is there: the format cannot change. All ones, or zero, mean: as it is.
std::optional<Step> refuse_descriptor(Execution& execution, std::size_t at, std::size_t length) {
  const UnitState& unit = *execution.unit;
  const std::byte* const descriptor = execution.memory.data() + at;
  const bool is_long = length == kLongDescriptor;
  const std::uint64_t blocks = is_long ? load_be64(descriptor) : load_be32(descriptor);
  const std::uint32_t block_size = is_long ? load_be32(descriptor + 12) : load_be24(descriptor + 5);
  const bool keeps_blocks = blocks == 0 || blocks == unit.capacity_blocks || (!is_long && blocks == UINT32_MAX) ||
                            (is_long && blocks == UINT64_MAX);
  if (!keeps_blocks) return execution.invalid_parameter(static_cast<std::uint16_t>(at));
  if (block_size != unit.options.block_size) {
    return execution.invalid_parameter(static_cast<std::uint16_t>(at + (is_long ? 12 : 5)));
  }
  return std::nullopt;
}

/// Walks over the pages from `at`. With `apply` they take effect, else they are only checked.
std::optional<Step> walk_pages(Execution& execution, std::size_t at, bool apply) {
  constexpr std::byte kSubpageFormat{0x40};
  const Bytes list = execution.memory;
  while (at < list.size()) {
    const bool has_subpage = (list[at] & kSubpageFormat) != std::byte{};
    const std::size_t header = has_subpage ? 4 : 2;
    if (list.size() - at < header) return list_length_error(execution);
    const std::byte* const sent = list.data() + at;
    const auto code = static_cast<std::uint8_t>(load_u8(sent) & 0x3fU);
    const std::uint8_t subpage = has_subpage ? load_u8(sent + 1) : std::uint8_t{0};
    const std::size_t length = header + (has_subpage ? load_be16(sent + 2) : load_u8(sent + 1));

    const auto pages = mode_pages();
    const auto page = std::ranges::find_if(
        pages, [&](const ModePage& known) { return known.code == code && known.subpage == subpage; });
    if (page == pages.end()) return execution.invalid_parameter(static_cast<std::uint16_t>(at), 5);
    if (length != page->length) return execution.invalid_parameter(static_cast<std::uint16_t>(at + header - 1));
    if (list.size() - at < length) return list_length_error(execution);
    if (const auto wrong = first_unchangeable_byte(*page, *execution.unit, list.subspan(at, length))) {
      return execution.invalid_parameter(static_cast<std::uint16_t>(at + *wrong));
    }
    if (apply && page->apply != nullptr) page->apply(sent, *execution.unit);
    at += length;
  }
  return std::nullopt;
}

/// All that is asked for is there: checked as a whole, then put into effect.
Step select_modes(Execution& execution, std::size_t pages) {
  UnitState& unit = *execution.unit;
  const std::lock_guard lock(unit.mutex);
  if (auto refused = walk_pages(execution, pages, false)) return *refused;
  walk_pages(execution, pages, true);
  unit.raise_for_others(UnitAttention::mode_parameters_changed, execution.nexus);
  // Who turns the write cache off will not flush any more: what it holds has to be durable first. Also when it was off
  // before, for the flush of that time may have failed.
  if (!unit.writes_through()) return execution.good();
  execution.stage = kFlushes;
  return flush_range(execution);
}

}  // namespace

Step begin_mode_select(Execution& execution) {
  const Cdb& cdb = execution.cdb;
  constexpr std::uint8_t kSavePages = 0;
  constexpr std::uint8_t kPageFormat = 4;
  if (cdb.bit(1, kSavePages)) return execution.invalid_field(1, kSavePages);
  if (!cdb.bit(1, kPageFormat)) return execution.invalid_field(1, kPageFormat);
  const std::size_t length = has_ten_bytes(cdb) ? cdb.be16(7) : cdb.u8(4);
  if (length == 0) return execution.good();
  return execution.receive_parameters(length);
}

Step resume_mode_select(Execution& execution, const Outcome& outcome) {
  if (execution.stage == kFlushes) return execution.good();
  execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
  const ModeHeader header = mode_header(execution.cdb);
  if (execution.memory.size() < header.length) return list_length_error(execution);
  const std::byte* const list = execution.memory.data();
  const bool is_long = has_ten_bytes(execution.cdb) && (load_u8(list + 4) & 1U) != 0;
  const std::size_t descriptors = has_ten_bytes(execution.cdb) ? load_be16(list + header.descriptor_length_byte)
                                                               : load_u8(list + header.descriptor_length_byte);
  if (descriptors != 0 && descriptors != (is_long ? kLongDescriptor : kShortDescriptor)) {
    return execution.invalid_parameter(static_cast<std::uint16_t>(header.descriptor_length_byte));
  }
  if (execution.memory.size() - header.length < descriptors) return list_length_error(execution);
  if (descriptors != 0) {
    if (auto refused = refuse_descriptor(execution, header.length, descriptors)) return *refused;
  }

  return select_modes(execution, header.length + descriptors);
}

}  // namespace lunway::scsi
