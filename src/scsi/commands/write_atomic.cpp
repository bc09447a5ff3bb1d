// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// WRITE ATOMIC(16) (SBC-4, 5.48). All of the blocks are written or none: the data is complete before the medium is
// touched, and one write of the volume takes it, while nobody else uses the blocks. Whether a write of the volume is
// atomic when the power fails, only the owner knows: the command is offered where the owner says so.

#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kWrites, kFlushes };

Step begin_write_atomic(Execution& execution) {
  const LogicalUnitOptions& options = execution.unit->options;
  // No length may be written in parts, so there is no boundary to be given.
  if (execution.cdb.be16(10) != 0) return execution.invalid_field(10);
  const BlockRange range{
      .lba = execution.cdb.be64(2), .blocks = execution.cdb.be16(12), .lba_byte = 2, .blocks_byte = 12};
  if (auto refused = refuse_range(execution, range, options.max_atomic_bytes / options.block_size)) return *refused;
  if (execution.length == 0) return execution.good();
  if (execution.expected_data_out != execution.length) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_field_in_command_information_unit);
  }
  return execution.receive_parameters(execution.length);
}

Step resume_write_atomic(Execution& execution, const Outcome& outcome) {
  const UnitState& unit = *execution.unit;
  switch (execution.stage) {
    case kReceives:
      if (outcome.received != execution.length) return execution.failed(Outcome::Failure::incorrect_amount_of_data);
      execution.stage = kWrites;
      return write_piece({.offset = execution.offset, .length = execution.length}, execution.memory);
    case kWrites:
      if (!unit.options.volatile_cache || !(execution.cdb.bit(1, 3) || unit.writes_through())) return execution.good();
      execution.stage = kFlushes;
      return flush_range(execution);
    default:
      return execution.good();
  }
}

bool is_offered(const LogicalUnitOptions& options) { return options.max_atomic_bytes != 0; }

constexpr std::array kCommands = {
    CommandDescription{.name = "WRITE ATOMIC(16)",
                       .opcode = 0x9c,
                       .cdb_length = 16,
                       .usage = {0, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f},
                       .interest = Interest::writes,
                       .begin = begin_write_atomic,
                       .resume = resume_write_atomic,
                       .needs_medium = true,
                       .changes_medium = true,
                       .alone = true,
                       .is_offered = is_offered},
};

}  // namespace

std::span<const CommandDescription> write_atomic_commands() { return kCommands; }

}  // namespace lunway::scsi
