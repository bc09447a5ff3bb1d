// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// UNMAP (SBC-3, 5.31).

#include <algorithm>
#include <array>
#include <limits>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::size_t kListHeader = 8;
constexpr std::size_t kDescriptor = 16;

enum Stage : std::uint8_t { kReceives, kUnmaps, kFlushes };

Step begin_unmap(Execution& execution) {
  const std::uint16_t length = execution.cdb.be16(7);
  if (length == 0) return execution.good();
  return execution.receive_parameters(length);
}

/// How many descriptors the list has, a last one that is cut off not counted.
std::size_t descriptor_count(const Execution& execution) {
  const std::size_t said = load_be16(execution.memory.data() + 2);
  return std::min(said, execution.memory.size() - kListHeader) / kDescriptor;
}

struct Extent {
  std::uint64_t lba;
  std::uint32_t blocks;
};

Extent extent_at(const Execution& execution, std::size_t index) {
  const std::byte* const descriptor = execution.memory.data() + kListHeader + index * kDescriptor;
  return {.lba = load_be64(descriptor), .blocks = load_be32(descriptor + 8)};
}

/// Checks the whole list before anything is unmapped, and finds the range that holds all of it.
std::optional<Step> refuse_list(Execution& execution) {
  const std::size_t count = descriptor_count(execution);
  if (count > kMaxUnmapDescriptors) return execution.invalid_parameter(2);
  const std::uint64_t capacity = execution.unit->capacity_blocks;
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end = 0;
  std::uint64_t total = 0;
  for (std::size_t index = 0; index < count; ++index) {
    const Extent extent = extent_at(execution, index);
    const auto at = static_cast<std::uint16_t>(kListHeader + index * kDescriptor);
    if (extent.lba > capacity || extent.blocks > capacity - extent.lba) {
      return execution.check_condition({.key = SenseKey::illegal_request,
                                        .code = SenseCode::logical_block_address_out_of_range,
                                        .field = FieldPointer{.in_cdb = false, .byte = at, .bit = std::nullopt}});
    }
    total += extent.blocks;
    if (total > kMaxUnmapBlocks) return execution.invalid_parameter(static_cast<std::uint16_t>(at + 8));
    if (extent.blocks == 0) continue;
    first = std::min(first, extent.lba);
    end = std::max(end, extent.lba + extent.blocks);
  }
  const std::uint64_t block = execution.unit->options.block_size;
  execution.offset = end == 0 ? 0 : first * block;
  execution.length = end == 0 ? 0 : (end - first) * block;
  return std::nullopt;
}

/// Execution::progress counts descriptors.
Step unmap_next(Execution& execution) {
  const std::uint64_t block = execution.unit->options.block_size;
  while (execution.progress < descriptor_count(execution)) {
    const Extent extent = extent_at(execution, execution.progress++);
    if (extent.blocks == 0) continue;
    return Access{
        .verb = Access::Verb::discard, .offset = extent.lba * block, .length = extent.blocks * block, .memory = {}};
  }
  if (!execution.unit->writes_through()) return execution.good();
  execution.stage = kFlushes;
  return flush_range(execution);
}

Step resume_unmap(Execution& execution, const Outcome& outcome) {
  if (execution.stage == kFlushes) return execution.good();
  if (execution.stage == kUnmaps) return unmap_next(execution);
  execution.stage = kUnmaps;
  execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
  if (execution.memory.size() < kListHeader || execution.memory.size() < execution.cdb.be16(7)) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  if (auto refused = refuse_list(execution)) return *refused;
  return unmap_next(execution);
}

bool can_discard(const LogicalUnitOptions& options) { return options.can_discard; }

constexpr std::array kCommands = {
    CommandDescription{.name = "UNMAP",
                       .opcode = 0x42,
                       .cdb_length = 10,
                       .usage = {0, 0, 0, 0, 0, 0, 0x1f, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_unmap,
                       .resume = resume_unmap,
                       .needs_medium = true,
                       .changes_medium = true,
                       .is_offered = can_discard},
};

}  // namespace

std::span<const CommandDescription> provisioning_commands() { return kCommands; }

}  // namespace lunway::scsi
