// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// READ CAPACITY (SBC-3, 5.12 and 5.13).

#include <algorithm>
#include <array>
#include <limits>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

Step begin_read_capacity_10(Execution& execution) {
  const UnitState& unit = *execution.unit;
  const MutableBytes data = execution.zeroed_memory(8);
  // All ones ask the initiator to use READ CAPACITY(16).
  constexpr std::uint64_t kTooLarge = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t last = std::min(unit.capacity_blocks - 1, kTooLarge);
  store_be32(data.data(), static_cast<std::uint32_t>(last));
  store_be32(data.data() + 4, unit.options.block_size);
  return execution.good_with_data(data.size(), data.size());
}

Step begin_read_capacity_16(Execution& execution) {
  const UnitState& unit = *execution.unit;
  constexpr std::uint8_t kProvisioningEnabled = 0x80;
  constexpr std::uint8_t kUnmappedReadsZeros = 0x40;
  const MutableBytes data = execution.zeroed_memory(32);
  store_be64(data.data(), unit.capacity_blocks - 1);
  store_be32(data.data() + 8, unit.options.block_size);
  store_u8(data.data() + 13, unit.options.physical_block_exponent & 0x0fU);
  if (unit.options.can_discard) store_u8(data.data() + 14, kProvisioningEnabled | kUnmappedReadsZeros);
  return execution.good_with_data(data.size(), execution.cdb.be32(10));
}

constexpr std::array kCommands = {
    CommandDescription{.name = "READ CAPACITY(10)",
                       .opcode = 0x25,
                       .cdb_length = 10,
                       .usage = {},
                       .begin = begin_read_capacity_10,
                       .needs_medium = true},
    CommandDescription{.name = "READ CAPACITY(16)",
                       .opcode = 0x9e,
                       .service_action = 0x10,
                       .cdb_length = 16,
                       .usage = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .begin = begin_read_capacity_16,
                       .needs_medium = true},
};

}  // namespace

std::span<const CommandDescription> capacity_commands() { return kCommands; }

}  // namespace lunway::scsi
