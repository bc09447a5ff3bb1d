// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/commands/block_range.h"

#include "scsi/unit_state.h"

namespace lunway::scsi {

BlockRange block_range(const Cdb& cdb) {
  switch (cdb.opcode() >> 5) {
    case 0: {
      constexpr std::uint32_t kLbaMask = 0x1fffff;
      const std::uint8_t blocks = cdb.u8(4);
      return {.lba = cdb.be24(1) & kLbaMask, .blocks = blocks == 0 ? 256U : blocks, .lba_byte = 1, .blocks_byte = 4};
    }
    case 4:
      return {.lba = cdb.be64(2), .blocks = cdb.be32(10), .lba_byte = 2, .blocks_byte = 10};
    case 5:
      return {.lba = cdb.be32(2), .blocks = cdb.be32(6), .lba_byte = 2, .blocks_byte = 6};
    default:
      return {.lba = cdb.be32(2), .blocks = cdb.be16(7), .lba_byte = 2, .blocks_byte = 7};
  }
}

Step lba_out_of_range(Execution& execution, std::uint16_t lba_byte) {
  return execution.check_condition({.key = SenseKey::illegal_request,
                                    .code = SenseCode::logical_block_address_out_of_range,
                                    .field = FieldPointer{.in_cdb = true, .byte = lba_byte, .bit = std::nullopt}});
}

std::optional<Step> refuse_range(Execution& execution, const BlockRange& range, std::uint64_t most) {
  const UnitState& unit = *execution.unit;
  const std::uint64_t capacity = unit.capacity_blocks;
  if (range.lba >= capacity || range.blocks > capacity - range.lba) return lba_out_of_range(execution, range.lba_byte);
  if (range.blocks > most) return execution.invalid_field(range.blocks_byte);
  execution.offset = range.lba * unit.options.block_size;
  execution.length = range.blocks * unit.options.block_size;
  return std::nullopt;
}

std::optional<Step> refuse_range_to_end(Execution& execution, BlockRange range) {
  const std::uint64_t capacity = execution.unit->capacity_blocks;
  if (range.blocks == 0 && range.lba < capacity) range.blocks = capacity - range.lba;
  return refuse_range(execution, range, UINT64_MAX);
}

}  // namespace lunway::scsi
