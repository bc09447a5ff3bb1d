// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// "Sequence reception timeout (no data or partial-data-and-no-F-bit)": write data that does not come, or does not end,
// is asked for again. The initiator "SHOULD NOT originate a SNACK for an R2T based on its internal timeouts", so a lost
// R2T is the target's business, too.
//= rfc7143#7.1.4.1
//= rfc7143#7.9

#include <algorithm>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"

namespace lunway::session {
namespace {

/// A function that ends the task has a clock of its own.
bool waits_for_data(const TargetTask& task, const TargetConnectionCore& connection) {
  using State = TargetTask::State;
  const bool lives = task.kind == TargetTask::Kind::command &&
                     (task.state == State::running || task.state == State::answered) && task.connection == &connection;
  return lives && !task.suspended && task.aborted_for.none() && task.write.waits();
}

}  // namespace

void TargetConnectionCore::time_out_sequences(Instant now) {
  // What the target does not read is not late.
  const bool reads = wants_input();
  const auto patience = [this](const TargetTask& task) {
    return limits_.sequence_wait * (1U << task.write.timeouts());
  };
  for (TargetTask& task : session_->tasks().slots()) {
    if (!waits_for_data(task, *this)) continue;
    if (!reads || task.receiving) task.data_moved_at = now;
    if (task.data_moved_at + patience(task) <= now) {
      if (!task.write.time_out()) continue;
      task.data_moved_at = now;
      session_->advance(task);
    }
    recovery_->look_again_at(task.data_moved_at + patience(task));
  }
}

}  // namespace lunway::session
