// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// READ and WRITE (SBC-3, 5.8 to 5.11 and 5.32 to 5.35).

#include <algorithm>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kMovesBlocks, kFlushesFirst, kFlushesAfter };

/// FUA, byte 1 bit 3; a CDB of six bytes has none.
bool forces_unit_access(const Cdb& cdb) { return cdb.opcode() >> 5 != 0 && cdb.bit(1, 3); }

Step read_blocks(Execution& execution) {
  execution.stage = kMovesBlocks;
  const std::uint64_t block = execution.unit->options.block_size;
  const std::uint64_t wanted = (std::min(execution.expected_data_in, execution.length) + block - 1) / block * block;
  if (wanted == 0) return execution.good();
  return ReadBlocks{.offset = execution.offset, .length = wanted};
}

Step begin_read(Execution& execution) {
  if (auto refused = refuse_range(execution, block_range(execution.cdb), execution.unit->max_transfer_blocks())) {
    return *refused;
  }
  execution.data_in_length = execution.length;
  // What is read must then be on the medium.
  if (forces_unit_access(execution.cdb) && execution.unit->options.volatile_cache && execution.length != 0) {
    execution.stage = kFlushesFirst;
    return Access{.verb = Access::Verb::flush, .offset = execution.offset, .length = execution.length, .memory = {}};
  }
  return read_blocks(execution);
}

Step resume_read(Execution& execution, const Outcome&) {
  return execution.stage == kFlushesFirst ? read_blocks(execution) : execution.good();
}

/// An initiator that sends less than the CDB says gets as many whole blocks written as it sends.
Step begin_write(Execution& execution) {
  if (auto refused = refuse_range(execution, block_range(execution.cdb), execution.unit->max_transfer_blocks())) {
    return *refused;
  }
  execution.data_out_length = execution.length;
  const std::uint64_t block = execution.unit->options.block_size;
  const std::uint64_t comes = std::min(execution.expected_data_out, execution.length) / block * block;
  if (comes == 0) return execution.good();
  return WriteBlocks{.offset = execution.offset, .length = comes};
}

Step resume_write(Execution& execution, const Outcome&) {
  const bool must_flush =
      execution.unit->options.volatile_cache && (forces_unit_access(execution.cdb) || execution.unit->writes_through());
  if (execution.stage == kFlushesAfter || !must_flush) return execution.good();
  execution.stage = kFlushesAfter;
  return Access{.verb = Access::Verb::flush, .offset = execution.offset, .length = execution.length, .memory = {}};
}

constexpr CommandDescription read_command(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                          std::array<std::uint8_t, 16> usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::reads,
          .begin = begin_read,
          .resume = resume_read,
          .needs_medium = true};
}

constexpr CommandDescription write_command(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                           std::array<std::uint8_t, 16> usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::writes,
          .begin = begin_write,
          .resume = resume_write,
          .needs_medium = true,
          .changes_medium = true};
}

// Byte 1: DPO, FUA and the obsolete FUA_NV, which older initiators set; RARC of reads. Protection is not supported, so
// RDPROTECT and WRPROTECT have to be zero. The group number, byte 6, 10 or 14, is accepted and without meaning.
constexpr std::array kCommands = {
    read_command("READ(6)", 0x08, 6, {0, 0x1f, 0xff, 0xff, 0xff}),
    write_command("WRITE(6)", 0x0a, 6, {0, 0x1f, 0xff, 0xff, 0xff}),
    read_command("READ(10)", 0x28, 10, {0, 0x1e, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff}),
    write_command("WRITE(10)", 0x2a, 10, {0, 0x1a, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff}),
    read_command("READ(12)", 0xa8, 12, {0, 0x1e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
    write_command("WRITE(12)", 0xaa, 12, {0, 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
    read_command("READ(16)", 0x88, 16,
                 {0, 0x1e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
    write_command("WRITE(16)", 0x8a, 16,
                  {0, 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
};

}  // namespace

std::span<const CommandDescription> read_write_commands() { return kCommands; }

}  // namespace lunway::scsi
