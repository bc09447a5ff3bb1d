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
#include "scsi/copy/copy_work.h"
#include "scsi/copy/rod_token.h"
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
      if (!CommandTable::is_offered(*command, execution.unit->options, *execution.identity)) continue;
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

/// Block Device ROD Limits (SBC-4, 6.6.9.3).
void append_token_limits(Execution& execution) {
  const std::uint32_t block = execution.unit->options.block_size;
  std::byte* const at = append(execution, 0x0000, 32);
  store_be16(at + 6, kMostTokenRanges);
  store_be32(at + 8, kMostTokenTimeoutSeconds);
  store_be32(at + 12, kDefaultTokenTimeoutSeconds);
  store_be64(at + 16, kMostTokenBytes / block);
  store_be64(at + 24, kOptimalTokenBytes / block);
}

/// ROD Token Features, with the features of tokens of block devices. Tokens of other targets are of no use here.
void append_token_features(Execution& execution) {
  constexpr std::uint64_t kWithoutLimit = UINT64_MAX;
  constexpr std::uint16_t kBlockFeatures = 48;
  std::byte* const at = append(execution, 0x0106, 44 + kBlockFeatures);
  store_be32(at + 12, kTokenLifetimeSeconds);
  store_be32(at + 16, kTokenLifetimeSeconds);
  store_be32(at + 20, kMostTokenTimeoutSeconds);
  store_be16(at + 42, kBlockFeatures);
  std::byte* const features = at + 44;
  store_be16(features + 2, kBlockFeatures - 4);
  store_be16(features + 6, static_cast<std::uint16_t>(1U << execution.unit->options.physical_block_exponent));
  store_be64(features + 8, kMostTokenBytes);
  store_be64(features + 16, kOptimalTokenBytes);
  store_be64(features + 24, kWithoutLimit);
  store_be64(features + 32, kOptimalTokenBytes);
}

void append_rod_types(Execution& execution) {
  struct Supported {
    RodType type;
    bool is_taken;
    bool is_made;
  };
  // In ascending order.
  constexpr std::array kSupported = {
      Supported{.type = RodType::change_vulnerable, .is_taken = true, .is_made = true},
      Supported{.type = RodType::any_point_in_time, .is_taken = false, .is_made = true},
      Supported{.type = RodType::zero, .is_taken = true, .is_made = false},
  };
  constexpr std::size_t kDescriptor = 64;
  std::byte* at = append(execution, 0x0108, 4 + kSupported.size() * kDescriptor);
  store_be16(at + 2, kSupported.size() * kDescriptor);
  at += 4;
  for (const Supported& supported : kSupported) {
    store_be32(at, static_cast<std::uint32_t>(supported.type));
    store_u8(at + 4, static_cast<std::uint8_t>((supported.is_taken ? 0x02U : 0U) | (supported.is_made ? 0x01U : 0U)));
    at += kDescriptor;
  }
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
  const bool has_tokens = makes_tokens(execution.unit->options);
  // Hosts look no further than the first descriptor.
  if (has_tokens) append_token_limits(execution);
  append_supported_commands(execution);
  append_parameter_data(execution);
  append_supported_descriptors(execution);
  append_supported_descriptor_ids(execution);
  if (has_tokens) {
    append_token_features(execution);
    append_rod_types(execution);
  }
  append_general_operations(execution);
}

}  // namespace lunway::scsi
