// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/logical_unit.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>

#include "scsi/command_table.h"
#include "scsi/commands/persistent_reserve_out.h"
#include "scsi/copy/copy_work.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// The pending unit attention that comes first, which is then no longer pending.
Step report_attention(Execution& execution) {
  const std::uint32_t pending = execution.nexus->conditions() & Nexus::kAttentionMask;
  const auto first = static_cast<UnitAttention>(std::countr_zero(pending));
  execution.nexus->clear(first);
  execution.fenced = true;
  return execution.check_condition(SenseKey::unit_attention, code_of(first));
}

Step refuse_unknown(Execution& execution, const CommandTable::Found& found) {
  // SPC-4, 4.2.5.2: a service action that is not supported is a field of the CDB.
  if (found.opcode_exists) return execution.invalid_field(1, 4);
  return execution.check_condition({.key = SenseKey::illegal_request,
                                    .code = SenseCode::invalid_command_operation_code,
                                    .field = FieldPointer{.in_cdb = true, .byte = 0, .bit = std::nullopt}});
}

std::optional<Step> refuse_while_sanitized(Execution& execution, const CommandDescription& command) {
  const SanitizeState& sanitize = execution.unit->sanitize;
  const SanitizeState::Phase phase = sanitize.phase();
  if (phase == SanitizeState::Phase::idle || command.works_during_sanitize) return std::nullopt;
  if (phase == SanitizeState::Phase::failed && command.leaves_sanitize_failure) return std::nullopt;
  return execution.check_condition(sanitize.sense());
}

/// The path is not in use, or about to change.
std::optional<Step> refuse_by_access_state(Execution& execution, const CommandDescription& command) {
  if ((execution.nexus->conditions() & Nexus::kRestricted) == 0) return std::nullopt;
  const AccessState state = execution.identity->port_groups->state_of(execution.identity->target_port_group);
  if (command.reach >= reach_wanted(state)) return std::nullopt;
  switch (state) {
    case AccessState::standby:
      return execution.check_condition(SenseKey::not_ready,
                                       SenseCode::logical_unit_not_accessible_target_port_in_standby);
    case AccessState::unavailable:
      return execution.check_condition(SenseKey::not_ready,
                                       SenseCode::logical_unit_not_accessible_target_port_unavailable);
    default:
      return execution.check_condition(SenseKey::not_ready,
                                       SenseCode::logical_unit_not_accessible_asymmetric_access_transition);
  }
}

/// What keeps a well-known command from its work, in the order in which it is looked for.
std::optional<Step> refusal(Execution& execution, const CommandDescription& command) {
  UnitState& unit = *execution.unit;
  if (auto refused = refuse_by_access_state(execution, command)) return refused;
  if (auto refused = refuse_if_reserved(execution, command.interest)) return refused;
  if (auto refused = refuse_while_sanitized(execution, command)) return refused;
  if (const auto field = reserved_bit_set(execution.cdb, command))
    return execution.invalid_field(field->byte, field->bit);
  if (command.needs_medium) {
    const UnitState::Medium medium = unit.medium;
    if (medium == UnitState::Medium::stopped) {
      return execution.check_condition(SenseKey::not_ready,
                                       SenseCode::logical_unit_not_ready_initializing_command_required);
    }
    if (medium == UnitState::Medium::ejected) {
      return execution.check_condition(SenseKey::not_ready, SenseCode::medium_not_present);
    }
  }
  if (command.changes_medium) {
    if (unit.lost_writes) return execution.failed(Outcome::Failure::flush_failed);
    if (unit.write_protected) return execution.check_condition(SenseKey::data_protect, SenseCode::write_protected);
    if (unit.software_write_protect) {
      return execution.check_condition(SenseKey::data_protect, SenseCode::software_write_protected);
    }
  }
  return std::nullopt;
}

Step first_step(Execution& execution, const CommandTable::Found& found, TaskAttribute attribute) {
  // SAM-5, 8.6.5: there is no ACA condition that such a task could belong to.
  if (attribute == TaskAttribute::aca) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_message_error);
  }
  const bool attends = found.command == nullptr || !found.command->ignores_attention;
  if (attends && (execution.nexus->conditions() & Nexus::kAttentionMask) != 0) return report_attention(execution);
  if (found.command == nullptr) return refuse_unknown(execution, found);
  if (auto refused = refusal(execution, *found.command)) return *std::move(refused);
  return found.command->begin(execution);
}

bool is_flush(const Step& step) {
  const auto* access = std::get_if<Access>(&step);
  return access != nullptr && access->verb == Access::Verb::flush;
}

bool touches_blocks(const Step& step) {
  if (const auto* access = std::get_if<Access>(&step)) return access->verb != Access::Verb::flush;
  return std::holds_alternative<ReadBlocks>(step) || std::holds_alternative<WriteBlocks>(step);
}

}  // namespace

LogicalUnit::LogicalUnit(const LogicalUnitOptions& options) : unit_(std::make_unique<UnitState>(options)) {
  assert(options.block_size == 512 || options.block_size == 4096);
}

LogicalUnit::~LogicalUnit() = default;

Step LogicalUnit::begin(Task& task, Nexus& nexus, const Command& command) {
  assert(task.is_idle());
  Execution& execution = task.execution_;
  execution.load(command);
  execution.unit = unit_.get();
  execution.nexus = &nexus;
  execution.identity = &nexus.identity();
  execution.task = &task;
  execution.waker = command.waker;
  task.waker_ = command.waker;
  task.is_ordered_ = command.attribute == TaskAttribute::ordered;

  const CommandTable::Found found = CommandTable::instance().find(execution.cdb, unit_->options, nexus.identity());
  task.description_ = found.command;
  return guarded(task, first_step(execution, found, command.attribute));
}

Step LogicalUnit::resume(Task& task, const Outcome& outcome) {
  assert(!task.is_idle());
  UnitState* const flushed = task.held_back_ ? nullptr : std::exchange(task.flushed_, nullptr);
  if (outcome.failure == Outcome::Failure::flush_failed) (flushed == nullptr ? *unit_ : *flushed).lost_writes = true;
  if (outcome.failure != Outcome::Failure::none) return failed(task, outcome.failure);
  if (task.held_back_) {
    if (!task.gate_->has(task.hold_)) return Wait{};
    return released(task, *std::exchange(task.held_back_, std::nullopt));
  }
  if (std::exchange(task.holds_briefly_, false)) std::exchange(task.gate_, nullptr)->release(task.hold_);
  // Another flush failed while this one was under way: the kernel has told only one of the two.
  if (flushed != nullptr && flushed->lost_writes) return failed(task, Outcome::Failure::flush_failed);
  return guarded(task, task.description_->resume(task.execution_, outcome));
}

/// Lets a step out when the command may use its blocks; before, it waits. An ORDERED task claims the whole medium with
/// its first step: what came before has then ended, and what comes later has not begun.
Step LogicalUnit::guarded(Task& task, Step step) {
  if (std::holds_alternative<Finish>(step)) return finished(task, std::move(step));
  // The initiator sends nothing: there is nothing to wait for.
  if (const auto* parameters = std::get_if<ReceiveParameters>(&step); parameters && parameters->memory.empty()) {
    return guarded(task, task.description_->resume(task.execution_, Outcome::with_parameters(0)));
  }
  if (is_flush(step)) {
    task.flushed_ = unit_of(std::get<Access>(step));
    if (task.flushed_->lost_writes) return failed(task, Outcome::Failure::flush_failed);
  }
  if (const auto* access = std::get_if<Access>(&step); access && access->unit != nullptr) {
    return guarded_elsewhere(task, std::move(step));
  }
  // The operation wants all blocks alone, and the command may wait for it.
  if (std::holds_alternative<SanitizeOrdered>(step) && task.gate_ != nullptr) {
    std::exchange(task.gate_, nullptr)->release(task.hold_);
  }
  if (std::holds_alternative<SanitizeOrdered>(step) || std::holds_alternative<Wait>(step)) return step;
  const bool persists = std::holds_alternative<Persist>(step);
  const bool in_order = task.is_ordered_ && task.description_->needs_medium;
  if (!task.hold_.is_idle() || !(touches_blocks(step) || persists || in_order)) return let_out(task, std::move(step));

  const Execution& execution = task.execution_;
  const bool everything = persists || in_order;
  const RangeGate::Claim claim{
      .offset = everything ? 0 : execution.offset,
      .length = everything ? std::numeric_limits<std::uint64_t>::max() : execution.length,
      .use = everything || task.description_->alone ? RangeGate::Use::alone : RangeGate::Use::shared,
      .shard = execution.nexus == nullptr ? 0 : execution.nexus->shard(),
      .task = &task,
      .waker = task.waker_};
  return claimed(task, persists ? unit_->record_gate : unit_->gate, claim, std::move(step));
}

/// An access to a logical unit that is named holds its blocks while it lasts. It is the only hold of its task then, or
/// two copies could wait for each other.
Step LogicalUnit::guarded_elsewhere(Task& task, Step step) {
  if (!touches_blocks(step)) return step;
  if (unit_of(std::get<Access>(step))->sanitize.phase() != SanitizeState::Phase::idle) {
    return failed(task, Outcome::Failure::not_accessible);
  }
  const auto& access = std::get<Access>(step);
  const RangeGate::Claim claim{.offset = access.offset,
                               .length = access.length,
                               .use = RangeGate::Use::shared,
                               .shard = task.execution_.nexus->shard(),
                               .task = &task,
                               .waker = task.waker_};
  task.holds_briefly_ = true;
  return claimed(task, unit_of(access)->gate, claim, std::move(step));
}

UnitState* LogicalUnit::unit_of(const Access& access) const {
  return access.unit == nullptr ? unit_.get() : access.unit->unit_.get();
}

Step LogicalUnit::claimed(Task& task, RangeGate& gate, const RangeGate::Claim& claim, Step step) {
  assert(task.hold_.is_idle());
  task.gate_ = &gate;
  if (gate.claim(task.hold_, claim)) return released(task, std::move(step));
  task.held_back_ = std::move(step);
  return Wait{};
}

/// What is stored is what is true when it is stored, not when the command changed it.
Step LogicalUnit::released(Task& task, Step step) {
  if (std::holds_alternative<Persist>(step)) return newest_record(task.execution_);
  return let_out(task, std::move(step));
}

/// Tokens stand for data as it was when they were made: those that the step touches end before the data changes.
Step LogicalUnit::let_out(const Task& task, Step step) const {
  const Instant now = task.execution_.now;
  if (const auto* write = std::get_if<WriteBlocks>(&step)) unit_->end_tokens_of(write->offset, write->length, now);
  const auto* access = std::get_if<Access>(&step);
  if (access != nullptr && access->verb != Access::Verb::read && access->verb != Access::Verb::flush) {
    unit_of(*access)->end_tokens_of(access->offset, access->length, now);
  }
  return step;
}

Step LogicalUnit::failed(Task& task, Outcome::Failure failure) {
  const auto fails = task.description_->failed;
  return finished(task, fails == nullptr ? task.execution_.failed(failure) : fails(task.execution_, failure));
}

Step LogicalUnit::finished(Task& task, Step step) {
  abandon(task);
  return step;
}

void LogicalUnit::abandon(Task& task) {
  if (task.gate_ != nullptr) std::exchange(task.gate_, nullptr)->release(task.hold_);
  task.held_back_.reset();
  task.flushed_ = nullptr;
  task.holds_briefly_ = false;
  const CommandDescription* const description = std::exchange(task.description_, nullptr);
  if (description != nullptr && description->ended != nullptr) description->ended(task.execution_);
}

bool Task::uses(const LogicalUnit& unit) const {
  return execution_.copy != nullptr &&
         std::ranges::any_of(execution_.copy->units, [&](const CopyUnit& used) { return used.unit == &unit; });
}

bool Task::uses(const Nexus& nexus) const {
  return execution_.copy != nullptr &&
         std::ranges::any_of(execution_.copy->units, [&](const CopyUnit& used) { return used.nexus == &nexus; });
}

std::uint64_t LogicalUnit::capacity_blocks() const { return unit_->capacity_blocks; }
std::uint32_t LogicalUnit::block_size() const { return unit_->options.block_size; }
bool LogicalUnit::has_lost_writes() const { return unit_->lost_writes; }

}  // namespace lunway::scsi
