// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SANITIZE (SBC-3, 5.21): the command that orders a sanitize operation. Nothing of it is encrypted, so there is no
// CRYPTOGRAPHIC ERASE.

#include <array>
#include <utility>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kOrders, kWaitsForRecord, kWaitsForEnd };

constexpr std::uint8_t kImmediate = 7;
constexpr std::uint8_t kAllowsExit = 5;
constexpr std::size_t kListHeader = 4;

/// From here on the logical unit is being sanitized, whatever becomes of the command.
Step order(Execution& execution, SanitizeOrder wanted) {
  SanitizeState& sanitize = execution.unit->sanitize;
  wanted.allows_exit = execution.cdb.bit(1, kAllowsExit);
  const std::lock_guard lock(execution.unit->mutex);
  if (sanitize.phase() == SanitizeState::Phase::running) return execution.check_condition(sanitize.sense());
  sanitize.begin(std::move(wanted));
  sanitize.wait(*execution.task, *execution.waker);
  execution.stage = kOrders;
  return SanitizeOrdered{};
}

Step begin_overwrite(Execution& execution) {
  const std::uint16_t length = execution.cdb.be16(7);
  if (length <= kListHeader || length > kListHeader + execution.unit->options.block_size) {
    return execution.invalid_field(7);
  }
  if (execution.expected_data_out < length) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_field_in_command_information_unit);
  }
  return execution.receive_parameters(length);
}

/// Byte 0: INVERT, TEST, OVERWRITE COUNT; the length of the pattern, and the pattern.
Step order_overwrite(Execution& execution, const Outcome& outcome) {
  if (outcome.received != execution.memory.size()) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  const std::byte* const list = execution.memory.data();
  const std::uint8_t first = load_u8(list);
  const std::size_t pattern_length = load_be16(list + 2);
  if ((first & 0x60U) != 0) return execution.invalid_parameter(0, 6);
  if ((first & 0x1fU) == 0) return execution.invalid_parameter(0, 4);
  if (load_u8(list + 1) != 0) return execution.invalid_parameter(1, 7);
  if (pattern_length != execution.memory.size() - kListHeader) return execution.invalid_parameter(2);
  return order(execution, {.method = SanitizeOrder::Method::overwrite,
                           .passes = static_cast<std::uint8_t>(first & 0x1fU),
                           .inverts = (first & 0x80U) != 0,
                           .pattern = {execution.memory.begin() + kListHeader, execution.memory.end()}});
}

Step begin_block_erase(Execution& execution) {
  if (execution.cdb.be16(7) != 0) return execution.invalid_field(7);
  return order(execution, {.method = SanitizeOrder::Method::block_erase, .pattern = {}});
}

/// Without a failure there is nothing to leave. One that was ordered without AUSE is left by another SANITIZE only.
Step begin_exit_failure_mode(Execution& execution) {
  if (execution.cdb.be16(7) != 0) return execution.invalid_field(7);
  SanitizeState& sanitize = execution.unit->sanitize;
  const std::lock_guard lock(execution.unit->mutex);
  if (sanitize.phase() != SanitizeState::Phase::failed) return execution.good();
  if (!sanitize.order().allows_exit) return execution.invalid_field(1, 4);
  sanitize.end(true);
  sanitize.wait(*execution.task, *execution.waker);
  execution.stage = kOrders;
  return SanitizeOrdered{};
}

Step resume_sanitize(Execution& execution, const Outcome& outcome) {
  constexpr std::uint8_t kExitFailureMode = 0x1f;
  switch (execution.stage) {
    case kReceives:
      return order_overwrite(execution, outcome);
    case kOrders: {
      const bool ends_early = execution.cdb.bit(1, kImmediate) || (execution.cdb.u8(1) & 0x1fU) == kExitFailureMode;
      execution.stage = ends_early ? kWaitsForRecord : kWaitsForEnd;
      return Wait{};
    }
    case kWaitsForRecord:
      return execution.good();
    default:
      switch (execution.unit->sanitize.phase()) {
        case SanitizeState::Phase::running:
          return Wait{};
        case SanitizeState::Phase::failed:
          return execution.check_condition(execution.unit->sanitize.sense());
        case SanitizeState::Phase::idle:
          return execution.good();
      }
      return execution.good();
  }
}

void sanitize_command_ended(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  execution.unit->sanitize.forget(*execution.task);
}

bool can_discard(const LogicalUnitOptions& options) { return options.can_discard; }

constexpr CommandDescription sanitize(std::string_view name, std::uint8_t service_action, Step (*begin)(Execution&)) {
  return {.name = name,
          .opcode = 0x48,
          .service_action = service_action,
          .cdb_length = 10,
          .usage = {0, 0xa0, 0, 0, 0, 0, 0, 0xff, 0xff},
          .interest = Interest::writes,
          .begin = begin,
          .resume = resume_sanitize,
          .ended = sanitize_command_ended,
          .needs_medium = true,
          .changes_medium = true,
          .leaves_sanitize_failure = true};
}

constexpr CommandDescription block_erase() {
  CommandDescription description = sanitize("SANITIZE, BLOCK ERASE", 0x02, begin_block_erase);
  description.is_offered = can_discard;
  return description;
}

constexpr std::array kCommands = {
    sanitize("SANITIZE, OVERWRITE", 0x01, begin_overwrite),
    block_erase(),
    sanitize("SANITIZE, EXIT FAILURE MODE", 0x1f, begin_exit_failure_mode),
};

}  // namespace

std::span<const CommandDescription> sanitize_commands() { return kCommands; }

}  // namespace lunway::scsi
