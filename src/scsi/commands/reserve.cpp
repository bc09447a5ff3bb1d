// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// RESERVE and RELEASE of a whole logical unit (SPC-2, 7.16 to 7.21).

#include <array>

#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

Step begin_reserve(Execution& execution) {
  UnitState& unit = *execution.unit;
  const std::lock_guard lock(unit.mutex);
  if (!unit.reservations.reserve(*execution.nexus, unit.nexuses)) {
    return execution.good_with_status(Status::reservation_conflict);
  }
  return execution.good();
}

Step begin_release(Execution& execution) {
  UnitState& unit = *execution.unit;
  const std::lock_guard lock(unit.mutex);
  if (!unit.reservations.release(*execution.nexus, unit.nexuses)) {
    return execution.good_with_status(Status::reservation_conflict);
  }
  return execution.good();
}

constexpr CommandDescription command(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                     Step (*begin)(Execution&)) {
  return {.name = name, .opcode = opcode, .cdb_length = length, .usage = {}, .interest = Interest::own, .begin = begin};
}

// Third-party and extent reservations are obsolete: byte 1 has to be zero.
constexpr std::array kCommands = {
    command("RESERVE(6)", 0x16, 6, begin_reserve),
    command("RELEASE(6)", 0x17, 6, begin_release),
    command("RESERVE(10)", 0x56, 10, begin_reserve),
    command("RELEASE(10)", 0x57, 10, begin_release),
};

}  // namespace

std::span<const CommandDescription> reserve_commands() { return kCommands; }

}  // namespace lunway::scsi
