// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// WRITE SAME (SBC-3, 5.43 and 5.44).

#include <algorithm>
#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kClears, kFills, kFlushes };

constexpr std::uint8_t kAnchor = 4;
constexpr std::uint8_t kUnmap = 3;
constexpr std::uint8_t kNoDataOut = 0;

bool has_no_data_out(const Cdb& cdb) { return cdb.opcode() == 0x93 && cdb.bit(1, kNoDataOut); }

Step end(Execution& execution) {
  if (!execution.unit->writes_through()) return execution.good();
  execution.stage = kFlushes;
  return flush_range(execution);
}

/// Repeats the block until memory is full.
void repeat_block(Execution& execution) {
  const std::size_t block = execution.unit->options.block_size;
  const auto size = static_cast<std::size_t>(std::min(execution.length, kPieceBytes));
  execution.memory.resize(size);
  for (std::size_t at = block; at < size; at += block) {
    copy_bytes(MutableBytes(execution.memory).subspan(at, block), Bytes(execution.memory).first(block));
  }
}

Step fill_next(Execution& execution) {
  execution.stage = kFills;
  const Piece piece = next_piece(execution);
  if (piece.length == 0) return end(execution);
  execution.progress += piece.length;
  return write_piece(piece, MutableBytes(execution.memory).first(static_cast<std::size_t>(piece.length)));
}

/// The block is there, at the front of memory. Zeros are left to the volume where it can make them; with UNMAP it may
/// give the space back, for what is unmapped reads as zeros too. Other data has to be written, UNMAP or not.
Step work(Execution& execution) {
  const LogicalUnitOptions& options = execution.unit->options;
  const bool is_zero = std::ranges::all_of(execution.memory, [](std::byte byte) { return byte == std::byte{}; });
  const bool unmaps = execution.cdb.bit(1, kUnmap);
  if (is_zero && (unmaps || options.can_zero)) {
    execution.stage = kClears;
    return Access{.verb = unmaps ? Access::Verb::discard : Access::Verb::zero,
                  .offset = execution.offset,
                  .length = execution.length,
                  .memory = {}};
  }
  repeat_block(execution);
  return fill_next(execution);
}

Step begin_write_same(Execution& execution) {
  const LogicalUnitOptions& options = execution.unit->options;
  const BlockRange range = block_range(execution.cdb);
  if (execution.cdb.bit(1, kAnchor)) return execution.invalid_field(1, kAnchor);
  if (execution.cdb.bit(1, kUnmap) && !options.can_discard) return execution.invalid_field(1, kUnmap);
  if (auto refused = refuse_range(execution, range, max_write_same_blocks(options))) return *refused;
  // WSNZ is set: zero blocks do not mean the rest of the medium.
  if (range.blocks == 0) return execution.invalid_field(range.blocks_byte);
  if (has_no_data_out(execution.cdb)) {
    execution.zeroed_memory(options.block_size);
    return work(execution);
  }
  if (execution.expected_data_out != options.block_size) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_field_in_command_information_unit);
  }
  return execution.receive_parameters(options.block_size);
}

Step resume_write_same(Execution& execution, const Outcome& outcome) {
  switch (execution.stage) {
    case kReceives:
      if (outcome.received != execution.unit->options.block_size) {
        return execution.failed(Outcome::Failure::incorrect_amount_of_data);
      }
      return work(execution);
    case kClears:
      return end(execution);
    case kFills:
      return fill_next(execution);
    default:
      return execution.good();
  }
}

constexpr CommandDescription write_same(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                        const std::array<std::uint8_t, 16>& usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::writes,
          .begin = begin_write_same,
          .resume = resume_write_same,
          .needs_medium = true,
          .changes_medium = true};
}

// Byte 1: ANCHOR, UNMAP; NDOB of the (16).
constexpr std::array kCommands = {
    write_same("WRITE SAME(10)", 0x41, 10, {0, 0x18, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff}),
    write_same("WRITE SAME(16)", 0x93, 16,
               {0, 0x19, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
};

}  // namespace

std::span<const CommandDescription> write_same_commands() { return kCommands; }

}  // namespace lunway::scsi
