// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SYNCHRONIZE CACHE and PRE-FETCH (SBC-3, 5.6, 5.7, 5.25, 5.26).

#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// IMMED is accepted, but the status waits for the flush: it is then true in every case.
Step begin_synchronize(Execution& execution) {
  if (auto refused = refuse_range_to_end(execution, block_range(execution.cdb))) return *refused;
  if (!execution.unit->options.volatile_cache) return execution.good();
  return flush_range(execution);
}

Step resume_synchronize(Execution& execution, const Outcome&) { return execution.good(); }

/// There is no cache of ours to fill. GOOD, and not CONDITION MET, is the status for a cache without room.
Step begin_pre_fetch(Execution& execution) {
  if (auto refused = refuse_range_to_end(execution, block_range(execution.cdb))) return *refused;
  return execution.good();
}

constexpr CommandDescription synchronize(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                         const std::array<std::uint8_t, 16>& usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::writes,
          .begin = begin_synchronize,
          .resume = resume_synchronize,
          .needs_medium = true};
}

constexpr CommandDescription pre_fetch(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                       const std::array<std::uint8_t, 16>& usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::reads,
          .begin = begin_pre_fetch,
          .needs_medium = true};
}

// Byte 1: IMMED, and the obsolete SYNC_NV.
constexpr std::array kCommands = {
    synchronize("SYNCHRONIZE CACHE(10)", 0x35, 10, {0, 0x06, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff}),
    synchronize("SYNCHRONIZE CACHE(16)", 0x91, 16,
                {0, 0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
    pre_fetch("PRE-FETCH(10)", 0x34, 10, {0, 0x02, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff}),
    pre_fetch("PRE-FETCH(16)", 0x90, 16,
              {0, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}),
};

}  // namespace

std::span<const CommandDescription> cache_commands() { return kCommands; }

}  // namespace lunway::scsi
