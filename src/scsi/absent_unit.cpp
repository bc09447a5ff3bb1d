// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands for a logical unit number that nobody has.

#include "scsi/command_table.h"
#include "scsi/logical_unit.h"

namespace lunway::scsi {
namespace {

// The commands that SPC-4, 4.2.5.1, wants answered on every number.
constexpr std::uint8_t kRequestSense = 0x03;
constexpr std::uint8_t kInquiry = 0x12;
constexpr std::uint8_t kReportLuns = 0xa0;

}  // namespace

Step begin_without_unit(Task& task, const NexusIdentity& nexus, const Command& command) {
  Execution& execution = task.execution_;
  execution.load(command);
  execution.unit = nullptr;
  execution.nexus = nullptr;
  execution.identity = &nexus;
  const std::uint8_t opcode = execution.cdb.opcode();
  if (opcode != kRequestSense && opcode != kInquiry && opcode != kReportLuns) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::logical_unit_not_supported);
  }
  const CommandTable::Found found = CommandTable::instance().find(execution.cdb, LogicalUnitOptions{}, nexus);
  if (const auto field = reserved_bit_set(execution.cdb, *found.command)) {
    return execution.invalid_field(field->byte, field->bit);
  }
  return found.command->begin(execution);
}

}  // namespace lunway::scsi
