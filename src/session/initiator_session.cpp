// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/initiator_session.h"

#include <cassert>
#include <utility>

#include "session/initiator_session_core.h"

namespace lunway::session {

InitiatorSession::InitiatorSession(InitiatorProfile profile, const InitiatorSessionLimits& limits,
                                   wire::CmdSN first_cmd_sn)
    : core_(std::make_unique<InitiatorSessionCore>(std::move(profile), limits, first_cmd_sn)) {}

InitiatorSession::~InitiatorSession() = default;

InitiatorSession::Submitted<TaskId> InitiatorSession::submit(Instant now, const ScsiRequest& request) {
  return core_->submit(now, request);
}

InitiatorSession::Submitted<TaskId> InitiatorSession::manage(Instant now, const TaskManagementRequest& request) {
  return core_->manage(now, request);
}

InitiatorSession::Submitted<TaskId> InitiatorSession::ping(Instant now, Bytes payload, Duration timeout) {
  return core_->ping(now, payload, timeout);
}

InitiatorSession::Submitted<TaskId> InitiatorSession::send_targets(Instant now, std::string_view value,
                                                                   Duration timeout) {
  return core_->send_targets(now, value, timeout);
}

void InitiatorSession::abort(Instant now, TaskId task) { core_->abort(now, task); }

void InitiatorSession::log_out() { core_->log_out(); }

std::vector<LostConnection> InitiatorSession::lost_connections() const { return core_->lost_connections(); }

bool InitiatorSession::recover(Instant now, wire::Cid cid) { return core_->recover(now, cid); }

void InitiatorSession::abandon() {
  if (core_->recovers_connections()) core_->abandon();
}

bool InitiatorSession::recovers_connections() const { return core_->recovers_connections(); }

std::optional<TaskDone> InitiatorSession::next_output() { return core_->next_output(); }

Instant InitiatorSession::deadline() const { return core_->deadline(); }

void InitiatorSession::expire(Instant now) {
  core_->expire(now);
  assert(core_->is_consistent());
}

InitiatorSessionState InitiatorSession::state() const { return core_->state(); }
const InitiatorProfile& InitiatorSession::profile() const { return core_->profile(); }
wire::Tsih InitiatorSession::tsih() const { return core_->tsih(); }
const text::SessionParameters& InitiatorSession::parameters() const { return core_->parameters(); }
std::uint32_t InitiatorSession::active_tasks() const { return core_->active_tasks(); }
bool InitiatorSession::is_consistent() const { return core_->is_consistent(); }

}  // namespace lunway::session
