// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/target_session.h"

#include <cassert>

#include "session/command/target_session_core.h"

namespace lunway::session {

TargetSession::TargetSession(const SessionRequest& request, wire::Tsih tsih, const SessionLimits& limits)
    : core_(std::make_unique<TargetSessionCore>(request, tsih, limits)) {
  assert(tsih != wire::kNewSession);
}

TargetSession::~TargetSession() = default;

std::optional<SessionOutput> TargetSession::next_output() { return core_->next_output(); }

void TargetSession::accept_data(TaskId task, MutableBytes destination) {
  core_->accept_data(task, destination);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::complete(TaskId task, const CommandResult& result) {
  core_->complete(task, result);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::aborted(TaskId task) {
  core_->aborted(task);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::abandon(TaskId task) {
  core_->abandon(task);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::announce_termination(wire::Lun lun) {
  core_->announce_termination(lun);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::complete_task_management(TaskId task, wire::TaskManagementResponseCode response,
                                             std::uint32_t information) {
  core_->complete_task_management(task, response, information);
  core_->after_owner();
  assert(is_consistent());
}

void TargetSession::drop_retained_data() {
  core_->drop_retained_data();
  assert(is_consistent());
}

void TargetSession::close() {
  core_->close();
  core_->after_owner();
  assert(is_consistent());
}

Instant TargetSession::deadline() const { return core_->deadline(); }

void TargetSession::expire(Instant now) {
  core_->expire(now);
  assert(is_consistent());
}

bool TargetSession::has_failed() const {
  const TargetSessionState state = core_->members().state();
  return state == TargetSessionState::failed || state == TargetSessionState::in_continue;
}

std::uint32_t TargetSession::task_slots() const { return core_->limits().task_slots(); }

const SessionRequest& TargetSession::request() const { return core_->request(); }

wire::Tsih TargetSession::tsih() const { return core_->tsih(); }

std::uint32_t TargetSession::active_tasks() const { return core_->active_tasks(); }

bool TargetSession::is_consistent() const { return core_->is_consistent(); }

}  // namespace lunway::session
