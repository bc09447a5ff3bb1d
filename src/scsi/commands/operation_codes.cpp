// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// REPORT SUPPORTED OPERATION CODES (SPC-4, 6.35): the command table, told.

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::size_t kTimeoutsLength = 12;

/// A command timeouts descriptor which says that we know of no time.
void append_timeouts(Execution& execution) {
  const std::size_t at = execution.memory.size();
  execution.memory.resize(at + kTimeoutsLength);
  store_be16(execution.memory.data() + at, kTimeoutsLength - 2);
}

Step report_all(Execution& execution, bool with_timeouts) {
  constexpr std::uint8_t kHasServiceAction = 0x01;
  constexpr std::uint8_t kHasTimeouts = 0x02;
  execution.zeroed_memory(4);
  for (const CommandDescription* const command : CommandTable::instance().all()) {
    if (!CommandTable::is_offered(*command, execution.unit->options, *execution.identity)) continue;
    const std::size_t at = execution.memory.size();
    execution.memory.resize(at + 8);
    std::byte* const descriptor = execution.memory.data() + at;
    store_u8(descriptor, command->opcode);
    if (command->has_service_action()) store_be16(descriptor + 2, command->service_action);
    store_u8(descriptor + 5, static_cast<std::uint8_t>((command->has_service_action() ? kHasServiceAction : 0U) |
                                                       (with_timeouts ? kHasTimeouts : 0U)));
    store_be16(descriptor + 6, command->cdb_length);
    if (with_timeouts) append_timeouts(execution);
  }
  store_be32(execution.memory.data(), static_cast<std::uint32_t>(execution.memory.size() - 4));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(6));
}

/// CDB USAGE DATA: the operation code, the service action, and ones for the bits that are looked at.
void append_usage(Execution& execution, const CommandDescription& command) {
  const std::size_t at = execution.memory.size();
  execution.memory.resize(at + command.cdb_length);
  std::byte* const usage = execution.memory.data() + at;
  for (std::size_t byte = 0; byte < command.cdb_length; ++byte) store_u8(usage + byte, command.usage[byte]);
  store_u8(usage, command.opcode);
  if (command.has_service_action()) {
    store_u8(usage + 1, static_cast<std::uint8_t>(command.usage[1] | command.service_action));
  }
}

Step report_one(Execution& execution, const CommandDescription* command, bool with_timeouts) {
  constexpr std::uint8_t kNotSupported = 0x01;
  constexpr std::uint8_t kSupported = 0x03;
  constexpr std::uint8_t kHasTimeouts = 0x80;
  execution.zeroed_memory(4);
  if (command == nullptr) {
    store_u8(execution.memory.data() + 1, kNotSupported);
    return execution.good_with_data(4, execution.cdb.be32(6));
  }
  append_usage(execution, *command);
  if (with_timeouts) append_timeouts(execution);
  store_u8(execution.memory.data() + 1, static_cast<std::uint8_t>(kSupported | (with_timeouts ? kHasTimeouts : 0U)));
  store_be16(execution.memory.data() + 2, command->cdb_length);
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(6));
}

Step begin_report_operation_codes(Execution& execution) {
  enum ReportingOptions : std::uint8_t { kAll = 0, kOpcode = 1, kServiceAction = 2, kEither = 3 };
  const Cdb& cdb = execution.cdb;
  const CommandTable& table = CommandTable::instance();
  const bool with_timeouts = cdb.bit(2, 7);
  const auto reporting = static_cast<std::uint8_t>(cdb.u8(2) & 0x7U);
  const std::uint8_t opcode = cdb.u8(3);
  const bool has_service_actions = table.has_service_actions(opcode);
  switch (reporting) {
    case kAll:
      return report_all(execution, with_timeouts);
    case kOpcode:
      if (has_service_actions) return execution.invalid_field(2, 2);
      break;
    case kServiceAction:
      if (!has_service_actions &&
          table.find(opcode, CommandDescription::kNoServiceAction, execution.unit->options, *execution.identity)
              .opcode_exists) {
        return execution.invalid_field(2, 2);
      }
      break;
    case kEither:
      break;
    default:
      return execution.invalid_field(2, 2);
  }
  const std::uint16_t action = has_service_actions ? cdb.be16(4) : CommandDescription::kNoServiceAction;
  // An operation code without service actions is supported with the service action zero only.
  const bool mismatch = !has_service_actions && reporting == kEither && cdb.be16(4) != 0;
  const CommandDescription* const command =
      table.find(opcode, action, execution.unit->options, *execution.identity).command;
  return report_one(execution, mismatch ? nullptr : command, with_timeouts);
}

constexpr std::array kCommands = {
    CommandDescription{.name = "REPORT SUPPORTED OPERATION CODES",
                       .opcode = 0xa3,
                       .service_action = 0x0c,
                       .cdb_length = 12,
                       .usage = {0, 0, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_report_operation_codes,
                       .reach = Reach::standby},
};

}  // namespace

std::span<const CommandDescription> operation_code_commands() { return kCommands; }

}  // namespace lunway::scsi
