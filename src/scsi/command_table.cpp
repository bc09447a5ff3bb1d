// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/command_table.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace lunway::scsi {
namespace {

constexpr std::uint8_t kServiceActionMask = 0x1f;

}  // namespace

const CommandTable& CommandTable::instance() {
  static const CommandTable kTable;
  return kTable;
}

CommandTable::CommandTable() {
  for (const auto family : {inquiry_commands(),
                            information_commands(),
                            report_commands(),
                            capacity_commands(),
                            read_write_commands(),
                            verify_commands(),
                            cache_commands(),
                            mode_commands(),
                            start_stop_commands(),
                            operation_code_commands(),
                            provisioning_commands(),
                            lba_status_commands(),
                            write_same_commands(),
                            read_modify_write_commands(),
                            reserve_commands(),
                            sanitize_commands(),
                            write_atomic_commands(),
                            diagnostic_commands(),
                            log_commands(),
                            port_group_commands(),
                            persistent_reserve_in_commands(),
                            persistent_reserve_out_commands(),
                            extended_copy_commands(),
                            receive_copy_results_commands(),
                            populate_token_commands(),
                            write_using_token_commands(),
                            copy_operation_commands()}) {
    for (const CommandDescription& command : family) commands_.push_back(&command);
  }
  std::ranges::sort(commands_, {}, [](const CommandDescription* command) {
    return std::tuple(command->opcode, command->service_action);
  });
  for (std::size_t opcode = 0; opcode < first_.size(); ++opcode) {
    const auto at = std::ranges::lower_bound(
        commands_, opcode, {}, [](const CommandDescription* command) { return std::size_t{command->opcode}; });
    first_[opcode] = static_cast<std::uint16_t>(at - commands_.begin());
  }
}

std::span<const CommandDescription* const> CommandTable::of_opcode(std::uint8_t opcode) const {
  const std::size_t begin = first_[opcode];
  return std::span(commands_).subspan(begin, first_[opcode + 1U] - begin);
}

bool CommandTable::has_service_actions(std::uint8_t opcode) const {
  const auto commands = of_opcode(opcode);
  return !commands.empty() && commands.front()->has_service_action();
}

bool CommandTable::is_offered(const CommandDescription& command, const LogicalUnitOptions& options,
                              const NexusIdentity& nexus) {
  return (command.is_offered == nullptr || command.is_offered(options)) &&
         (command.is_offered_to == nullptr || command.is_offered_to(nexus));
}

CommandTable::Found CommandTable::find(const Cdb& cdb, const LogicalUnitOptions& options,
                                       const NexusIdentity& nexus) const {
  const std::uint8_t opcode = cdb.opcode();
  if (!has_service_actions(opcode)) return find(opcode, CommandDescription::kNoServiceAction, options, nexus);
  return find(opcode, cdb.u8(1) & kServiceActionMask, options, nexus);
}

CommandTable::Found CommandTable::find(std::uint8_t opcode, std::uint16_t service_action,
                                       const LogicalUnitOptions& options, const NexusIdentity& nexus) const {
  Found found;
  for (const CommandDescription* const command : of_opcode(opcode)) {
    if (!is_offered(*command, options, nexus)) continue;
    found.opcode_exists = true;
    if (command->service_action == service_action) found.command = command;
  }
  return found;
}

std::optional<FieldPointer> reserved_bit_set(const Cdb& cdb, const CommandDescription& command) {
  for (std::uint16_t byte = 1; byte < command.cdb_length; ++byte) {
    std::uint8_t used = command.usage[byte];
    if (byte == 1 && command.has_service_action()) used |= kServiceActionMask;
    const auto reserved = static_cast<std::uint8_t>(cdb.u8(byte) & ~used);
    if (reserved == 0) continue;
    const int bit = std::bit_width(reserved) - 1;
    return FieldPointer{.in_cdb = true, .byte = byte, .bit = static_cast<std::uint8_t>(bit)};
  }
  return std::nullopt;
}

}  // namespace lunway::scsi
