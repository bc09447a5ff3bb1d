// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connections come to a session and leave it: joining, reinstatement, loss, logout of one or of all.
//= rfc7143#6.3.1
//= rfc7143#6.3.4
//= rfc7143#11.14

#include <algorithm>
#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/suspended_tasks.h"

namespace lunway::session {

using wire::LoginStatus;

std::optional<LoginStatus> TargetSessionCore::join(TargetConnectionCore& connection, const SessionRequest& request) {
  const bool is_over = closing_ || logging_out_ || members_.state() == TargetSessionState::free;
  if (is_over) return LoginStatus::session_does_not_exist;
  if (request.session.session_type != request_.session.session_type) return LoginStatus::cannot_include_in_session;
  // Who could join under another name than the session's would have its rights.
  //= rfc7143#9.2
  if (request.initiator_name != request_.initiator_name || request.chap_name != request_.chap_name) {
    return LoginStatus::authentication_failure;
  }
  TargetConnectionCore* const old = members_.serving(request.cid);
  TargetConnectionCore* const rival = members_.joining(request.cid);
  const bool is_new = old == nullptr && rival == nullptr;
  if (is_new && members_.count() >= request_.session.max_connections) return LoginStatus::too_many_connections;

  if (rival != nullptr) rival->refuse(now_, LoginStatus::out_of_resources);
  members_.join_begins(connection, request.cid, old != nullptr, now_ + memory_of_lost());
  if (old != nullptr) old->reinstated();
  // The login is the recovery logout of the old connection.
  //= rfc7143#11.14
  if (suspended_ != nullptr) {
    suspended_->logged_out(request.cid, connection.exp_stat_sn_of_old(), now_ + memory_of_lost());
  }
  return std::nullopt;
}

/// The tasks of the connection before it can touch no data any more, nor can its transport show theirs.
bool TargetSessionCore::may_enter(const TargetConnectionCore& connection) const {
  const wire::Cid cid = connection.cid();
  if (std::ranges::find(members_.connections(), cid, &TargetConnectionCore::cid) != members_.connections().end()) {
    return false;
  }
  auto& tasks = const_cast<TargetTaskTable&>(tasks_);
  return std::ranges::none_of(
      tasks.slots(), [&](const TargetTask& task) { return task.alive() && !task.suspended && task.cid == cid; });
}

void TargetSessionCore::attach(TargetConnectionCore& connection) {
  members_.joined(connection);
  ever_attached_ = true;
}

void TargetSessionCore::connection_left(TargetConnectionCore& connection, Leaving how) {
  const bool goes_on = !closing_ && !logging_out_ && memory_of_lost() > Duration::zero();
  const bool is_removed = how == Leaving::logged_out && suspended_ != nullptr && suspended_->has(connection.cid());
  const bool suspends = suspended_ != nullptr && !escalated_ && (how == Leaving::lost || how == Leaving::reinstated);
  if (suspended_ != nullptr) suspended_->leaves(connection);
  if (goes_on && suspends) {
    suspended_->suspend(connection, now_ + memory_of_lost());
    if (how == Leaving::lost) announce_loss(connection.cid());
    for (const wire::Cid cid : suspended_->expired(now_)) terminate_suspended(cid);
  } else if (!goes_on || !is_removed) {
    terminate_tasks_of(connection.cid());
  }
  // What it was about to announce may never arrive.
  announced_max_ = window_.expected().advanced_by(0xffffffff);
  const bool remembered = goes_on && (how == Leaving::lost || is_removed);
  members_.left(connection.cid(), remembered ? std::optional(now_ + memory_of_lost()) : std::nullopt);
  if (!closing_ && !logging_out_) {
    end_reason_ = how == Leaving::logged_out && !remembered ? SessionEnded::Reason::logged_out
                                                            : SessionEnded::Reason::connection_lost;
  }
  end_suspension_with_session();
}

/// Where no connection can come any more, nobody can take the tasks over.
void TargetSessionCore::end_suspension_with_session() {
  if (members_.state() == TargetSessionState::free) terminate_all_suspended();
}

void TargetSessionCore::detach(TargetConnectionCore& connection) {
  for (TargetTask& task : tasks_.slots()) {
    if (!task.alive() || task.connection != &connection) continue;
    task.connection = nullptr;
    task.pdus_in_flight = 0;
    task.receiving = false;
    release_when_idle(task);
  }
  fence_.forget(connection);
  members_.detach(connection);
  if (suspended_ != nullptr) suspended_->detach(connection);
  // What waited for an acknowledgement of this connection waits no longer.
  settle(now_);
}

/// Zero: "connection/task state is immediately discarded".
//= rfc7143#13.16
Duration TargetSessionCore::memory_of_lost() const {
  const text::SessionParameters& agreed = request_.session;
  if (is_discovery() || agreed.default_time2retain_s == 0) return Duration::zero();
  return std::chrono::seconds(agreed.default_time2wait_s) + std::chrono::seconds(agreed.default_time2retain_s);
}

void TargetSessionCore::expire(Instant now) {
  tick(now);
  members_.expire(now);
  if (suspended_ == nullptr) return;
  for (const wire::Cid cid : suspended_->expired(now)) terminate_suspended(cid);
  end_suspension_with_session();
}

Instant TargetSessionCore::deadline() const {
  return suspended_ == nullptr ? members_.deadline() : std::min(members_.deadline(), suspended_->deadline());
}

// ------------------------------------------------------------------------------------------------------------ logout

void TargetSessionCore::begin_logout(wire::Cid cid) {
  terminate_tasks_of(cid);
  if (TargetConnectionCore* connection = members_.serving(cid)) connection->logout_begins();
}

bool TargetSessionCore::knows(wire::Cid cid) const {
  return members_.knows(cid) || (suspended_ != nullptr && suspended_->has_tasks_of(cid));
}

void TargetSessionCore::begin_recovery_logout(wire::Cid cid) {
  TargetConnectionCore* const connection = members_.serving(cid);
  if (memory_of_lost() == Duration::zero()) {
    terminate_tasks_of(cid);
  } else if (connection != nullptr) {
    suspended_->suspend(*connection, now_ + memory_of_lost());
  }
  if (connection != nullptr) connection->logout_begins();
}

/// Only now has "a successful recovery Logout" taken place.
//= rfc7143#7.2.2
void TargetSessionCore::finish_recovery_logout(wire::Cid cid, wire::StatSN expected) {
  suspended_->logged_out(cid, expected, now_ + memory_of_lost());
  finish_logout(cid);
}

void TargetSessionCore::finish_logout(wire::Cid cid) {
  members_.cleaned_up(cid);
  TargetConnectionCore* const connection = members_.serving(cid);
  if (connection != nullptr && connection->is_logging_out()) connection->logged_out(now_);
}

void TargetSessionCore::begin_session_logout() {
  logging_out_ = true;
  end_reason_ = SessionEnded::Reason::logged_out;
  for (const TargetConnectionCore* connection : members_.connections()) terminate_tasks_of(connection->cid());
  terminate_all_suspended();
  refuse_joining(LoginStatus::session_does_not_exist);
}

void TargetSessionCore::finish_session_logout(const TargetConnectionCore& by) {
  members_.close(TargetSessionEvent::closed);
  close_others(by);
}

void TargetSessionCore::close_others(const TargetConnectionCore& than) {
  for (TargetConnectionCore* connection : members_.connections()) {
    if (connection != &than) connection->session_closed();
  }
}

void TargetSessionCore::close() { close_connections(nullptr); }

void TargetSessionCore::end_after_answer(TargetConnectionCore& connection) { close_connections(&connection); }

void TargetSessionCore::close_connections(TargetConnectionCore* last_to_speak) {
  if (closing_) return;
  closing_ = true;
  end_reason_ = SessionEnded::Reason::closed;
  members_.close(TargetSessionEvent::reinstated);
  for (TargetConnectionCore* connection : members_.connections()) {
    connection == last_to_speak ? connection->close_after_answer() : connection->session_closed();
  }
  terminate_all_suspended();
  refuse_joining(LoginStatus::session_does_not_exist);
}

void TargetSessionCore::refuse_joining(LoginStatus status) {
  const std::vector<TargetConnectionCore*> joining = members_.joining();
  for (TargetConnectionCore* connection : joining) connection->refuse(now_, status);
}

void TargetSessionCore::after_owner() {
  settle(now_);
  for (TargetConnectionCore* connection : members_.connections()) connection->session_moved(now_);
}

// ------------------------------------------------------------------------------------------------- implicit endings

//= rfc7143#7.6
void TargetSessionCore::terminate_tasks_of(wire::Cid cid) {
  if (suspended_ != nullptr) suspended_->forget(cid);
  management_.forget(cid);
  for (TargetTask& task : tasks_.slots()) {
    if (task.alive() && task.cid == cid && task.kind != TargetTask::Kind::management) terminate(task);
  }
}

/// Nobody has continued them in time.
void TargetSessionCore::terminate_suspended(wire::Cid cid) {
  suspended_->forget(cid);
  for (TargetTask& task : tasks_.slots()) {
    if (task.alive() && task.suspended && task.cid == cid) terminate(task);
  }
}

void TargetSessionCore::terminate_all_suspended() {
  if (suspended_ == nullptr) return;
  for (const wire::Cid cid : suspended_->all()) terminate_suspended(cid);
}

/// "If more than one connection is available, the target SHOULD send an Asynchronous Message that indicates that it has
/// dropped the connection."
//= rfc7143#7.1.4.3
void TargetSessionCore::announce_loss(wire::Cid cid) {
  for (TargetConnectionCore* other : members_.connections()) {
    if (other->cid() != cid && other->announce_loss(cid)) return;
  }
}

void TargetSessionCore::terminate(TargetTask& task) {
  switch (task.state) {
    case State::waiting:
      window_.discard(task.cmd_sn());
      task.windowed = false;
      leave(task);
      break;
    case State::running:
    case State::answered:
      task.terminated = true;
      abort(task);
      break;
    case State::free:
    case State::aborting:
    case State::leaving:
    case State::departing:
      break;
  }
}

bool TargetSessionCore::has_room_for_immediate(const TargetConnectionCore& connection) const {
  if (immediate_commands_ < shared_immediate_commands_) return true;
  auto& tasks = const_cast<TargetTaskTable&>(tasks_);
  return immediate_commands_ < limits_.immediate_commands &&
         std::ranges::none_of(
             tasks.slots(),
             [&](const TargetTask& task) {
               return task.alive() && task.kind == TargetTask::Kind::command && task.immediate() &&
                      task.cid == connection.cid();
             });
}

}  // namespace lunway::session
