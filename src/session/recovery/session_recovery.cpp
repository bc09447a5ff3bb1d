// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/session_recovery.h"

#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "session/recovery/suspended_tasks.h"

namespace lunway::session {

ReadRecord& SessionRecovery::record_of(const TargetTask& task) {
  if (task.slot >= records_.size()) records_.resize(task.slot + 1);
  ReadRecord& record = records_[task.slot];
  if (record.generation() != task.generation) record.begin(task.generation);
  return record;
}

TargetTask* SessionRecovery::find(wire::Ttt ack_tag) {
  if (ack_tag == wire::kNoTtt) return nullptr;
  for (std::uint32_t slot = 0; slot < records_.size(); ++slot) {
    if (records_[slot].ack_tag != ack_tag) continue;
    return session_.tasks().find(TaskId(slot, records_[slot].generation()));
  }
  return nullptr;
}

/// One for all of the command's data.
wire::Ttt SessionRecovery::ack_tag_of(const TargetTask& task) {
  ReadRecord& record = record_of(task);
  if (record.ack_tag == wire::kNoTtt) record.ack_tag = session_.new_transfer_tag();
  return record.ack_tag;
}

bool SessionRecovery::can_have_room_for(const TargetTask& task) const {
  return task.read.length() <= session_.limits().retained_read_bytes;
}

bool SessionRecovery::has_room_for(const TargetTask& task) const {
  const SessionLimits& limits = session_.limits();
  return retained_ < limits.retained_reads && retained_bytes_ + task.read.length() <= limits.retained_read_bytes;
}

bool SessionRecovery::is_half_full() const {
  const SessionLimits& limits = session_.limits();
  return retained_ * 2 >= limits.retained_reads || retained_bytes_ * 2 >= limits.retained_read_bytes;
}

void SessionRecovery::retain(TargetTask& task) {
  assert(!task.retained);
  task.retained = true;
  ++retained_;
  retained_bytes_ += task.read.length();
}

void SessionRecovery::let_go(TargetTask& task) {
  release(task);
  session_.release_when_idle(task);
}

void SessionRecovery::release(TargetTask& task) {
  if (!task.retained) return;
  task.retained = false;
  --retained_;
  retained_bytes_ -= task.read.length();
}

void TargetSessionCore::drop_retained_data() {
  if (recovery() == nullptr) return;
  for (TargetConnectionCore* connection : members_.connections()) {
    if (connection->recovery() != nullptr) connection->recovery()->drop_data();
  }
  if (suspended_ != nullptr) suspended_->drop_data();
}

}  // namespace lunway::session
