// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The sanitize operation itself (SBC-3, 4.11): a task that no initiator has, which works through the medium piece by
// piece while it has all blocks for itself.

#include <algorithm>
#include <cassert>

#include "scsi/command_table.h"
#include "scsi/commands/pieces.h"
#include "scsi/logical_unit.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kWorks, kFlushes };

/// How much one step erases. It bounds how long the thread is busy with a volume in memory.
constexpr std::uint64_t kEraseBytes = 64U << 20;

/// Memory becomes a piece of the pattern, which begins anew in each block.
void fill_with_pattern(Execution& execution) {
  const std::vector<std::byte>& pattern = execution.unit->sanitize.order().pattern;
  const std::size_t block = execution.unit->options.block_size;
  execution.memory.resize(static_cast<std::size_t>(std::min(kPieceBytes, execution.length)));
  for (std::size_t at = 0; at < execution.memory.size(); ++at)
    execution.memory[at] = pattern[at % block % pattern.size()];
}

/// Execution::progress counts the bytes of all passes.
Step work(Execution& execution) {
  SanitizeState& sanitize = execution.unit->sanitize;
  const SanitizeOrder& order = sanitize.order();
  const std::uint64_t pass = execution.progress / execution.length;
  const std::uint64_t done = execution.progress % execution.length;
  if (pass == order.passes) {
    execution.stage = kFlushes;
    return flush_range(execution);
  }
  const long double part =
      static_cast<long double>(execution.progress) / static_cast<long double>(execution.length) / order.passes;
  sanitize.set_progress(static_cast<std::uint16_t>(part * 65536));
  const bool erases = order.method == SanitizeOrder::Method::block_erase;
  const std::uint64_t length = std::min(erases ? kEraseBytes : kPieceBytes, execution.length - done);
  execution.progress += length;
  if (erases) return Access{.verb = Access::Verb::discard, .offset = done, .length = length, .memory = {}};
  if (done == 0 && pass == 0) fill_with_pattern(execution);
  if (done == 0 && pass != 0 && order.inverts) {
    std::ranges::transform(execution.memory, execution.memory.begin(), [](std::byte byte) { return ~byte; });
  }
  return write_piece({.offset = done, .length = length}, MutableBytes(execution.memory).first(length));
}

Step end(Execution& execution, bool well) {
  {
    const std::lock_guard lock(execution.unit->mutex);
    execution.unit->sanitize.end(well);
  }
  return well ? execution.good() : execution.check_condition(execution.unit->sanitize.sense());
}

Step resume_work(Execution& execution, const Outcome&) {
  return execution.stage == kFlushes ? end(execution, true) : work(execution);
}

Step failed_work(Execution& execution, Outcome::Failure) { return end(execution, false); }

/// In no table: no CDB is like it.
constexpr CommandDescription kSanitizeWork = {
    .name = "sanitize", .begin = work, .resume = resume_work, .failed = failed_work, .alone = true};

}  // namespace

std::string LogicalUnit::sanitize_record() const {
  const std::lock_guard lock(unit_->mutex);
  if (unit_->sanitize.phase() == SanitizeState::Phase::idle) return {};
  return unit_->sanitize.order().to_record();
}

void LogicalUnit::sanitize_is_recorded() {
  const std::lock_guard lock(unit_->mutex);
  unit_->sanitize.wake();
}

bool LogicalUnit::restore_sanitize(Bytes record) {
  auto order = SanitizeOrder::from_record(text_of(record), unit_->options.block_size);
  if (!order) return false;
  const std::lock_guard lock(unit_->mutex);
  unit_->sanitize.begin(*std::move(order));
  return true;
}

Step LogicalUnit::begin_sanitize(Task& task, Waker& waker) {
  assert(task.is_idle() && unit_->sanitize.phase() == SanitizeState::Phase::running);
  Execution& execution = task.execution_;
  execution.load({});
  execution.unit = unit_.get();
  execution.nexus = nullptr;
  execution.identity = nullptr;
  execution.length = unit_->capacity_bytes();
  task.waker_ = &waker;
  task.is_ordered_ = false;
  task.description_ = &kSanitizeWork;
  return guarded(task, work(execution));
}

}  // namespace lunway::scsi
