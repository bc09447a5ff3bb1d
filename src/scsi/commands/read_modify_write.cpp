// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// COMPARE AND WRITE, and ORWRITE(16) (SBC-3, 5.2 and 5.5): they read, and write what depends on what they read, while
// nobody else uses the blocks.

#include <algorithm>
#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kReads, kWrites, kFlushes };

Step after_write(Execution& execution) {
  const UnitState& unit = *execution.unit;
  const bool forced = execution.cdb.bit(1, 3);
  if (!unit.options.volatile_cache || !(forced || unit.writes_through())) return execution.good();
  execution.stage = kFlushes;
  return flush_range(execution);
}

// COMPARE AND WRITE. Memory: the block to compare with, the blocks to write, what the medium has.

Step begin_compare_and_write(Execution& execution) {
  const std::uint64_t blocks = execution.cdb.u8(13);
  const BlockRange range{.lba = execution.cdb.be64(2), .blocks = blocks, .lba_byte = 2, .blocks_byte = 13};
  if (auto refused = refuse_range(execution, range, max_compare_and_write_blocks(execution.unit->options))) {
    return *refused;
  }
  // The number of blocks and the amount of data contradict each other: nothing is written, also when it is zero.
  if (execution.expected_data_out != 2 * execution.length) return execution.invalid_field(13);
  if (blocks == 0) return execution.good();
  return execution.receive_parameters(2 * execution.length);
}

Step compare(Execution& execution) {
  const auto length = static_cast<std::size_t>(execution.length);
  const auto memory = MutableBytes(execution.memory);
  const auto [verified, found] = std::ranges::mismatch(memory.first(length), memory.subspan(2 * length));
  if (verified != memory.first(length).end()) {
    const auto where = static_cast<std::uint64_t>(verified - memory.begin());
    return execution.check_condition({.key = SenseKey::miscompare,
                                      .code = SenseCode::miscompare_during_verify_operation,
                                      .field = std::nullopt,
                                      .information = where});
  }
  execution.stage = kWrites;
  return write_piece({.offset = execution.offset, .length = execution.length}, memory.subspan(length, length));
}

Step resume_compare_and_write(Execution& execution, const Outcome& outcome) {
  switch (execution.stage) {
    case kReceives: {
      if (outcome.received != 2 * execution.length) {
        return execution.failed(Outcome::Failure::incorrect_amount_of_data);
      }
      execution.stage = kReads;
      const auto length = static_cast<std::size_t>(execution.length);
      execution.memory.resize(3 * length);
      return read_piece({.offset = execution.offset, .length = execution.length},
                        MutableBytes(execution.memory).subspan(2 * length));
    }
    case kReads:
      return compare(execution);
    case kWrites:
      return after_write(execution);
    default:
      return execution.good();
  }
}

// ORWRITE. Memory: the data, then a piece of the medium.

Step begin_or_write(Execution& execution) {
  if (auto refused = refuse_range(execution, block_range(execution.cdb), execution.unit->max_transfer_blocks())) {
    return *refused;
  }
  if (execution.length == 0) return execution.good();
  if (execution.expected_data_out != execution.length) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_field_in_command_information_unit);
  }
  return execution.receive_parameters(execution.length);
}

MutableBytes medium_piece(Execution& execution) {
  return MutableBytes(execution.memory).subspan(static_cast<std::size_t>(execution.length));
}

Step read_next(Execution& execution) {
  const Piece piece = next_piece(execution);
  if (piece.length == 0) return after_write(execution);
  execution.stage = kReads;
  execution.memory.resize(static_cast<std::size_t>(execution.length + piece.length));
  return read_piece(piece, medium_piece(execution));
}

Step write_joined(Execution& execution) {
  const Piece piece = next_piece(execution);
  const MutableBytes medium = medium_piece(execution);
  const Bytes data = Bytes(execution.memory).subspan(static_cast<std::size_t>(execution.progress), medium.size());
  std::ranges::transform(medium, data, medium.begin(), [](std::byte a, std::byte b) { return a | b; });
  execution.progress += piece.length;
  execution.stage = kWrites;
  return write_piece(piece, medium);
}

Step resume_or_write(Execution& execution, const Outcome& outcome) {
  switch (execution.stage) {
    case kReceives:
      if (outcome.received != execution.length) {
        return execution.failed(Outcome::Failure::incorrect_amount_of_data);
      }
      return read_next(execution);
    case kReads:
      return write_joined(execution);
    case kWrites:
      return read_next(execution);
    default:
      return execution.good();
  }
}

// Byte 1: DPO, FUA and the obsolete FUA_NV.
constexpr std::array kCommands = {
    CommandDescription{.name = "COMPARE AND WRITE",
                       .opcode = 0x89,
                       .cdb_length = 16,
                       .usage = {0, 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0xff, 0x1f},
                       .interest = Interest::writes,
                       .begin = begin_compare_and_write,
                       .resume = resume_compare_and_write,
                       .needs_medium = true,
                       .changes_medium = true,
                       .alone = true},
    CommandDescription{.name = "ORWRITE(16)",
                       .opcode = 0x8b,
                       .cdb_length = 16,
                       .usage = {0, 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f},
                       .interest = Interest::writes,
                       .begin = begin_or_write,
                       .resume = resume_or_write,
                       .needs_medium = true,
                       .changes_medium = true,
                       .alone = true},
};

}  // namespace

std::span<const CommandDescription> read_modify_write_commands() { return kCommands; }

}  // namespace lunway::scsi
