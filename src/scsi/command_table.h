// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The commands of the device server, as data: dispatch, the check of reserved bits and REPORT SUPPORTED OPERATION CODES
// all read this table, so what is reported is what is done.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "scsi/cdb.h"
#include "scsi/execution.h"
#include "scsi/interest.h"
#include "scsi/port_groups.h"
#include "scsi/step.h"

namespace lunway::scsi {

struct LogicalUnitOptions;
struct NexusIdentity;

struct CommandDescription {
  static constexpr std::uint16_t kNoServiceAction = 0xffff;

  std::string_view name;
  std::uint8_t opcode = 0;
  std::uint16_t service_action = kNoServiceAction;
  std::uint8_t cdb_length = 6;
  /// The bits that the command looks at; all others have to be zero. The operation code and the service action are
  /// left out here.
  std::array<std::uint8_t, 16> usage{};
  Interest interest = Interest::information;

  Step (*begin)(Execution&) = nullptr;
  /// Null for commands that end in begin.
  Step (*resume)(Execution&, const Outcome&) = nullptr;
  /// What the failure of a step means. Null: Execution::failed().
  Step (*failed)(Execution&, Outcome::Failure) = nullptr;
  /// Called at the end of a command that began, however it came.
  void (*ended)(Execution&) = nullptr;

  /// Needs a medium that is there and spins.
  bool needs_medium = false;
  bool changes_medium = false;
  /// Nobody else uses its blocks meanwhile.
  bool alone = false;
  /// Is worked on although a unit attention is pending, which stays.
  bool ignores_attention = false;
  /// Through which target port groups it is worked on.
  Reach reach = Reach::active;
  /// Is worked on while the logical unit is sanitized, and after that has failed.
  bool works_during_sanitize = false;
  /// A way out of a sanitize operation that has failed.
  bool leaves_sanitize_failure = false;
  /// Null: always.
  bool (*is_offered)(const LogicalUnitOptions&) = nullptr;
  /// Null: to all.
  bool (*is_offered_to)(const NexusIdentity&) = nullptr;

  bool has_service_action() const { return service_action != kNoServiceAction; }
};

class CommandTable {
 public:
  /// The one table, built at first use.
  static const CommandTable& instance();

  struct Found {
    /// Null: there is no such command.
    const CommandDescription* command = nullptr;
    /// The operation code exists, with other service actions.
    bool opcode_exists = false;
  };

  Found find(const Cdb& cdb, const LogicalUnitOptions& options, const NexusIdentity& nexus) const;
  Found find(std::uint8_t opcode, std::uint16_t service_action, const LogicalUnitOptions& options,
             const NexusIdentity& nexus) const;

  static bool is_offered(const CommandDescription& command, const LogicalUnitOptions& options,
                         const NexusIdentity& nexus);

  /// Whether the commands of this operation code have service actions.
  bool has_service_actions(std::uint8_t opcode) const;

  /// By operation code, then service action.
  std::span<const CommandDescription* const> all() const { return commands_; }

 private:
  CommandTable();

  std::span<const CommandDescription* const> of_opcode(std::uint8_t opcode) const;

  std::vector<const CommandDescription*> commands_;
  /// Where the commands of an operation code begin.
  std::array<std::uint16_t, 257> first_{};
};

/// The first bit of the CDB, from its start and from the most significant one, that should be zero; an empty optional
/// when there is none.
std::optional<FieldPointer> reserved_bit_set(const Cdb& cdb, const CommandDescription& command);

// The families, one file of commands/ each.
std::span<const CommandDescription> inquiry_commands();
std::span<const CommandDescription> information_commands();
std::span<const CommandDescription> report_commands();
std::span<const CommandDescription> capacity_commands();
std::span<const CommandDescription> read_write_commands();
std::span<const CommandDescription> verify_commands();
std::span<const CommandDescription> cache_commands();
std::span<const CommandDescription> mode_commands();
std::span<const CommandDescription> start_stop_commands();
std::span<const CommandDescription> operation_code_commands();
std::span<const CommandDescription> provisioning_commands();
std::span<const CommandDescription> lba_status_commands();
std::span<const CommandDescription> write_same_commands();
std::span<const CommandDescription> read_modify_write_commands();
std::span<const CommandDescription> reserve_commands();
std::span<const CommandDescription> sanitize_commands();
std::span<const CommandDescription> write_atomic_commands();
std::span<const CommandDescription> diagnostic_commands();
std::span<const CommandDescription> log_commands();
std::span<const CommandDescription> port_group_commands();
std::span<const CommandDescription> persistent_reserve_in_commands();
std::span<const CommandDescription> persistent_reserve_out_commands();
std::span<const CommandDescription> extended_copy_commands();
std::span<const CommandDescription> receive_copy_results_commands();
std::span<const CommandDescription> populate_token_commands();
std::span<const CommandDescription> write_using_token_commands();
std::span<const CommandDescription> copy_operation_commands();

}  // namespace lunway::scsi
