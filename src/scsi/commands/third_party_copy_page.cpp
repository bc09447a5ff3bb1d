// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Third-party Copy, page 8Fh (SPC-4, 7.8.17): a list of descriptors that say what the copy manager can do.

#include <algorithm>
#include <array>
#include <bit>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// Appends a descriptor of this type with room for `length` bytes, padded to a multiple of four; returns where they
/// are.
std::byte* append(Execution& execution, std::uint16_t type, std::size_t length) {
  const std::size_t padded = (length + 3) / 4 * 4;
  const std::size_t at = execution.memory.size();
  execution.memory.resize(at + 4 + padded);
  std::byte* const descriptor = execution.memory.data() + at;
  store_be16(descriptor, type);
  store_be16(descriptor + 2, static_cast<std::uint16_t>(padded));
  return descriptor + 4;
}

/// Supported Commands: read off the table of commands.
void append_supported_commands(Execution& execution) {
  constexpr std::array<std::uint8_t, 2> kOpcodes = {0x83, 0x84};
  std::vector<std::uint8_t> list;
  for (const std::uint8_t opcode : kOpcodes) {
    list.insert(list.end(), {opcode, 0});
    const std::size_t count = list.size() - 1;
    for (const CommandDescription* const command : CommandTable::instance().all()) {
      if (command->opcode != opcode) continue;
      list.push_back(static_cast<std::uint8_t>(command->service_action));
      ++list[count];
    }
  }
  std::byte* const at = append(execution, 0x0001, 1 + list.size());
  store_u8(at, static_cast<std::uint8_t>(list.size()));
  for (std::size_t i = 0; i < list.size(); ++i) store_u8(at + 1 + i, list[i]);
}

void append_parameter_data(Execution& execution) {
  std::byte* const at = append(execution, 0x0004, 28);
  store_be16(at + 4, kMostCscds);
  store_be16(at + 6, kMostSegments);
  store_be32(at + 8, kMostDescriptorBytes);
}

void append_supported_descriptors(Execution& execution) {
  std::byte* const at = append(execution, 0x0008, 3);
  store_u8(at, 2);
  store_u8(at + 1, kBlockToBlock);
  store_u8(at + 2, kIdentificationCscd);
}

void append_supported_descriptor_ids(Execution& execution) {
  std::byte* const at = append(execution, 0x000c, 4);
  store_be16(at, 2);
  store_be16(at + 2, kOwnUnit);
}

void append_general_operations(Execution& execution) {
  const std::uint32_t block = execution.unit->options.block_size;
  std::byte* const at = append(execution, 0x8001, 32);
  store_be32(at, kMostCopiesAtOnce);
  store_be32(at + 4, kMostCopiesAtOnce);
  store_be32(at + 8, kMostSegmentBlocks * block);
  store_u8(at + 12, static_cast<std::uint8_t>(std::countr_zero(block)));
}

}  // namespace

void append_third_party_copy(Execution& execution) {
  append_supported_commands(execution);
  append_parameter_data(execution);
  append_supported_descriptors(execution);
  append_supported_descriptor_ids(execution);
  append_general_operations(execution);
}

}  // namespace lunway::scsi
