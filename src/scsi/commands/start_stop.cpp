// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// START STOP UNIT (SBC-3, 5.24) and PREVENT ALLOW MEDIUM REMOVAL (SPC-4, 6.15).

#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/pieces.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::uint8_t kStart = 0;
constexpr std::uint8_t kLoadEject = 1;
constexpr std::uint8_t kNoFlush = 2;

Step start(Execution& execution) {
  UnitState& unit = *execution.unit;
  const bool loads = execution.cdb.bit(4, kLoadEject);
  const UnitState::Medium before = unit.medium;
  if (before == UnitState::Medium::ejected) {
    if (!loads) return execution.check_condition(SenseKey::not_ready, SenseCode::medium_not_present);
    unit.medium = UnitState::Medium::ready;
    const std::lock_guard lock(unit.mutex);
    unit.raise_for_others(UnitAttention::medium_may_have_changed, execution.nexus);
    return execution.good();
  }
  unit.medium = UnitState::Medium::ready;
  return execution.good();
}

Step stop(Execution& execution) {
  UnitState& unit = *execution.unit;
  if (!execution.cdb.bit(4, kLoadEject)) {
    if (unit.medium == UnitState::Medium::ready) unit.medium = UnitState::Medium::stopped;
    return execution.good();
  }
  const std::lock_guard lock(unit.mutex);
  if (!unit.removal_preventers.empty()) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::medium_removal_prevented);
  }
  unit.medium = UnitState::Medium::ejected;
  return execution.good();
}

Step begin_start_stop(Execution& execution) {
  const auto power_condition = static_cast<std::uint8_t>(execution.cdb.u8(4) >> 4);
  // To start is allowed to everybody.
  if (power_condition != 0 || !execution.cdb.bit(4, kStart)) {
    if (auto refused = refuse_if_reserved(execution, Interest::writes)) return *refused;
  }
  constexpr std::uint8_t kForcedTimers = 0xb;
  // No power condition has an effect that could be seen. Of the codes above, two are defined, and none of the others.
  if (power_condition != 0) {
    const bool known = power_condition <= 3 || power_condition == 5 || power_condition == 7 || power_condition == 0xa ||
                       power_condition == kForcedTimers;
    return known ? execution.good() : execution.invalid_field(4, 7);
  }
  if (execution.cdb.bit(4, kLoadEject) && !execution.unit->options.removable) {
    return execution.invalid_field(4, kLoadEject);
  }
  if (execution.cdb.bit(4, kStart)) return start(execution);
  if (execution.cdb.bit(4, kNoFlush) || !execution.unit->options.volatile_cache) return stop(execution);
  return flush_range(execution);
}

Step resume_start_stop(Execution& execution, const Outcome&) { return stop(execution); }

/// Each nexus prevents and allows for itself.
Step begin_prevent_allow(Execution& execution) {
  UnitState& unit = *execution.unit;
  const bool prevents = execution.cdb.bit(4, 0);
  if (prevents) {
    if (auto refused = refuse_if_reserved(execution, Interest::writes)) return *refused;
  }
  const std::lock_guard lock(unit.mutex);
  if (prevents) {
    unit.removal_preventers.insert(execution.nexus);
  } else {
    unit.removal_preventers.erase(execution.nexus);
  }
  return execution.good();
}

constexpr std::array kCommands = {
    CommandDescription{.name = "START STOP UNIT",
                       .opcode = 0x1b,
                       .usage = {0, 0x01, 0, 0x0f, 0xf7},
                       .interest = Interest::own,
                       .begin = begin_start_stop,
                       .resume = resume_start_stop},
    CommandDescription{.name = "PREVENT ALLOW MEDIUM REMOVAL",
                       .opcode = 0x1e,
                       .usage = {0, 0, 0, 0, 0x01},
                       .interest = Interest::own,
                       .begin = begin_prevent_allow},
};

}  // namespace

std::span<const CommandDescription> start_stop_commands() { return kCommands; }

}  // namespace lunway::scsi
