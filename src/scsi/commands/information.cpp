// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// TEST UNIT READY and REQUEST SENSE (SPC-4, 6.39 and 6.47).

#include <array>
#include <bit>

#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

Step begin_test_unit_ready(Execution& execution) { return execution.good(); }

/// What a command would be told now: a unit attention, which then counts as reported, or why the medium is not ready.
Sense current_sense(Execution& execution) {
  if (execution.unit == nullptr) {
    return {.key = SenseKey::illegal_request, .code = SenseCode::logical_unit_not_supported};
  }
  const std::uint32_t pending = execution.nexus->conditions() & Nexus::kAttentionMask;
  if (pending != 0) {
    const auto first = static_cast<UnitAttention>(std::countr_zero(pending));
    execution.nexus->clear(first);
    return {.key = SenseKey::unit_attention, .code = code_of(first)};
  }
  if (execution.unit->sanitize.phase() != SanitizeState::Phase::idle) return execution.unit->sanitize.sense();
  switch (execution.unit->medium.load()) {
    case UnitState::Medium::stopped:
      return {.key = SenseKey::not_ready, .code = SenseCode::logical_unit_not_ready_initializing_command_required};
    case UnitState::Medium::ejected:
      return {.key = SenseKey::not_ready, .code = SenseCode::medium_not_present};
    case UnitState::Medium::ready:
      break;
  }
  return {};
}

/// GOOD with sense data as parameter data. DESC asks for the format, whatever D_SENSE says.
Step begin_request_sense(Execution& execution) {
  const SenseFormat format = execution.cdb.bit(1, 0) ? SenseFormat::descriptor : SenseFormat::fixed;
  const MutableBytes data = execution.zeroed_memory(kMaxSenseBytes);
  const std::size_t length = write_sense(current_sense(execution), format, data);
  return execution.good_with_data(length, execution.cdb.u8(4));
}

constexpr std::array kCommands = {
    CommandDescription{.name = "TEST UNIT READY",
                       .opcode = 0x00,
                       .usage = {},
                       .interest = Interest::readiness,
                       .begin = begin_test_unit_ready,
                       .needs_medium = true},
    CommandDescription{.name = "REQUEST SENSE",
                       .opcode = 0x03,
                       .usage = {0, 0x01, 0, 0, 0xff},
                       .begin = begin_request_sense,
                       .ignores_attention = true,
                       .reach = Reach::always,
                       .works_during_sanitize = true},
};

}  // namespace

std::span<const CommandDescription> information_commands() { return kCommands; }

}  // namespace lunway::scsi
