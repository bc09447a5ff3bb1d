// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connections go, and their tasks go on with others: at ErrorRecoveryLevel 2.
//= rfc7143#7.1.4.3
//= rfc7143#D.4.2
//
//   connection lost ──► its tasks wait ── logout for recovery, or login with its CID ──► they are due ── a connection
//   takes one up: TASK REASSIGN, or the command once more when the target has not received it ──► it goes on
//                            └────────────── Time2Wait + Time2Retain are over ──► the session is lost

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>
#include <variant>

#include "session/initiator_session_core.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;
using Function = wire::TaskManagementFunction;
using Response = wire::TaskManagementResponseCode;

/// Until a task is asked for again that the target says to be allegiant still.
constexpr Duration kAllegiantPause = std::chrono::seconds(1);

constexpr TaskFailure kLostForGood{.fault = TaskFault::connection_lost};

bool is_living(const InitiatorTask& task) { return task.state == State::waiting || task.state == State::sent; }

}  // namespace

bool InitiatorSessionCore::recovers_connections() const {
  return recovery_ != nullptr && !recovery_->is_over && !closed_ && !logging_out_ && !ended_;
}

std::vector<LostConnection> InitiatorSessionCore::lost_connections() const {
  std::vector<LostConnection> connections;
  if (!recovers_connections()) return connections;
  for (const InitiatorSessionRecovery::Lost& lost : recovery_->lost)
    connections.push_back({.cid = lost.cid,
                           .recover_at = lost.recover_at,
                           .recover_until = lost.recover_until,
                           .in_cleanup = lost.cleanup.state() == CleanupState::in_cleanup});
  return connections;
}

// -------------------------------------------------------------------------------------------------- a connection goes

void InitiatorSessionCore::suspend(Instant now, const ConnectionEnd& end) {
  check_cleanups();
  if (!end.logged_in) {
    // It was to take the place of a lost one.
    if (auto* const lost = recovery_->find(end.cid)) lost->cleanup.step(CleanupEvent::cleanup_failed);
    return;
  }
  for (InitiatorTask& task : tasks_.slots())
    if (is_living(task) && task.allegiance == end.cid) orphan(task);
  check_cleanups();
  const Instant recover_at = now + std::chrono::seconds(end.time2wait_s);
  auto& lost = recovery_->lost.emplace_back(
      InitiatorSessionRecovery::Lost{.cid = end.cid,
                                     .exp_stat_sn = end.exp_stat_sn,
                                     .recover_at = recover_at,
                                     .recover_until = recover_at + std::chrono::seconds(end.time2retain_s)});
  if (end.graceful) {
    lost.cleanup.step(CleanupEvent::cleanup_started);
    lost.cleanup.step(CleanupEvent::cleanup_succeeded);
  }
  deadline_ = std::min(deadline_, recover_at);
  // What was announced has come true.
  auto& untold = recovery_->untold;
  std::erase(untold, end.cid);
  if (drop_of(end.cid) == nullptr) untold.push_back(end.cid);
  std::erase_if(recovery_->drops,
                [&](const auto& drop) { return drop.cid ? *drop.cid == end.cid : connections_ == 0; });
  if (connections_ == 0) machine_.step(InitiatorSessionEvent::failed);
}

/// What the engine has asked for itself has no sense without the connection. But a number that was taken has to be
/// filled.
void InitiatorSessionCore::orphan(InitiatorTask& task) {
  const auto* management = std::get_if<ManagementWork>(&task.work);
  const bool is_reassignment = management != nullptr && management->function == Function::task_reassign;
  const bool is_own_ping = task.internal && task.immediate && std::holds_alternative<PingWork>(task.work);
  if (is_reassignment || is_own_ping || std::holds_alternative<LogoutWork>(task.work))
    return finish(task, kLostForGood);
  if (task.lane) leave_lane(task);
  task.writing = false;
  task.orphaned = true;
}

/// Logouts that came to nothing.
void InitiatorSessionCore::check_cleanups() {
  for (auto& lost : recovery_->lost) {
    if (!lost.logout || tasks_.find(*lost.logout) != nullptr) continue;
    lost.logout.reset();
    lost.cleanup.step(CleanupEvent::cleanup_failed);
  }
}

// --------------------------------------------------------------------------------------------------------- the logout

/// "In the case of an implicit logout [...] CSM-C reaches FREE (R3) at the time CSM-I reaches LOGGED_IN".
//= rfc7143#8.2
std::optional<wire::StatSN> InitiatorSessionCore::begin_reinstatement(wire::Cid cid) {
  if (auto* const leaver = gaps_ == nullptr ? nullptr : gaps_->find(cid)) return replace(*leaver);
  auto* const lost = recovery_ == nullptr ? nullptr : recovery_->find(cid);
  if (lost == nullptr || lost->is_logged_out()) return std::nullopt;
  lost->cleanup.step(CleanupEvent::cleanup_started);
  return lost->exp_stat_sn;
}

bool InitiatorSessionCore::recover(Instant now, wire::Cid cid) {
  auto* const lost = recovers_connections() ? recovery_->find(cid) : nullptr;
  if (lost == nullptr || lost->cleanup.state() != CleanupState::cleanup_wait || connections_ == 0) return false;
  InitiatorTask* const logout = allocate(now, limits_.task_management_time);
  if (logout == nullptr) return false;
  logout->immediate = true;
  logout->work =
      LogoutWork{.reason = wire::LogoutReason::remove_for_recovery, .cid = cid, .exp_stat_sn = lost->exp_stat_sn};
  push_urgent(*logout);
  lost->logout = logout->id();
  lost->cleanup.step(CleanupEvent::cleanup_started);
  return true;
}

//= rfc7143#11.15
void InitiatorSessionCore::take_recovery_logout(Instant now, InitiatorTask& task, wire::LogoutResponse pdu) {
  const wire::Cid cid = std::get<LogoutWork>(task.work).cid;
  finish(task, ManagementCompletion{});
  auto* const lost = recovery_->find(cid);
  if (lost == nullptr) return;
  lost->logout.reset();
  if (pdu.response() == wire::LogoutResponseCode::recovery_not_supported) return abandon();
  lost->recover_at = now;
  // With "CID not found" the times mean nothing; what the target still knows of the tasks, it will say.
  //= rfc7143#11.15.3
  if (pdu.response() != wire::LogoutResponseCode::cid_not_found) {
    lost->recover_at = now + std::chrono::seconds(pdu.time2wait());
    lost->recover_until = lost->recover_at + std::chrono::seconds(pdu.time2retain());
  }
  deadline_ = std::min(deadline_, lost->recover_at);
  if (pdu.response() == wire::LogoutResponseCode::cleanup_failed)
    return static_cast<void>(lost->cleanup.step(CleanupEvent::cleanup_failed));
  lost->cleanup.step(CleanupEvent::cleanup_succeeded);
  if (lost->recover_at <= now) release(now, cid);
}

// ----------------------------------------------------------------------------------------------------------- the time

void InitiatorSessionCore::expire_lost(Instant now) {
  if (!recovers_connections()) return;
  check_cleanups();
  release_ready(now);
  const auto is_too_late = [now](const auto& lost) { return lost.recover_until < now; };
  if (std::ranges::any_of(recovery_->lost, is_too_late)) return abandon();
  for (const auto& lost : recovery_->lost)
    deadline_ = std::min(deadline_, lost.recover_at > now ? lost.recover_at : lost.recover_until + Duration(1));
}

void InitiatorSessionCore::release_ready(Instant now) {
  std::vector<wire::Cid> ready;
  for (const auto& lost : recovery_->lost)
    if (lost.is_logged_out() && lost.recover_at <= now && connections_ != 0) ready.push_back(lost.cid);
  for (const wire::Cid cid : ready) release(now, cid);
}

/// All connections end, and all tasks with them.
//= rfc7143#7.1.4.4
void InitiatorSessionCore::abandon() {
  assert(recovery_ != nullptr);
  recovery_->is_over = true;
  if (connections_ != 0 || ended_) return;
  ended_ = true;
  for (InitiatorTask& task : tasks_.slots()) {
    const bool never_sent = task.state == State::waiting && !task.allegiance;
    if (is_living(task)) finish(task, TaskFailure{.fault = TaskFault::connection_lost, .never_sent = never_sent});
  }
}

// ------------------------------------------------------------------------------------------------------- tasks are due

/// The connection is logged out, and ExpCmdSN says which commands the target has received: others of it were discarded.
//= rfc7143#11.14
void InitiatorSessionCore::release(Instant now, wire::Cid cid) {
  std::erase_if(recovery_->lost, [cid](const auto& lost) { return lost.cid == cid; });
  std::vector<InitiatorTask*> orphans;
  for (InitiatorTask& task : tasks_.slots())
    if (is_living(task) && task.orphaned && task.allegiance == cid) orphans.push_back(&task);
  std::ranges::sort(orphans, [](const auto* a, const auto* b) { return a->cmd_sn.precedes(b->cmd_sn); });
  // One that is settled may end another one.
  for (InitiatorTask* const task : orphans)
    if (is_living(*task) && task->orphaned) settle(now, *task);
}

void InitiatorSessionCore::settle(Instant now, InitiatorTask& task) {
  if (std::holds_alternative<TextWork>(task.work)) return settle_text(now, task);
  if (!task.immediate) {
    // A ping that filled a gap has done so.
    const bool is_done = task.scsi() == nullptr && is_received(task);
    if (is_done) return finish(task, PingCompletion{});
    // An ABORT TASK brings its task along, and fills its gap.
    //= rfc7143#11.5.1
    if (!task.aborter) recovery_->due.push_back(task.id());
    return;
  }
  const bool is_ping = std::holds_alternative<PingWork>(task.work);
  if (is_ping && task.overdue) return finish(task, TaskFailure{.fault = TaskFault::timed_out});
  // Sent once more, a function would cover commands that were sent after it.
  if (task.is_function() && task.state == State::sent && task.cmd_sn != window_.next())
    return finish(task, kLostForGood);
  if (task.state == State::sent) {
    if (task.is_function()) function_ended();
    task.state = State::waiting;
    push_urgent(task);
  }
  task.orphaned = false;
  task.overdue = false;
  task.allegiance.reset();
  if (!is_ping) set_deadline(task, now, limits_.task_management_time);
}

/// The target has forgotten the exchange. A question of the owner's is asked anew; of a negotiation nothing has become
/// effective.
void InitiatorSessionCore::settle_text(Instant now, InitiatorTask& task) {
  auto& work = std::get<TextWork>(task.work);
  const bool leaves_gap = task.state == State::sent && !is_received(task);
  const bool is_negotiation = work.negotiator != nullptr;
  if (is_negotiation && !leaves_gap) return finish(task, kLostForGood);
  if (is_negotiation) {
    task.work = PingWork{};
  } else {
    work = TextWork{.question = std::move(work.question)};
    [[maybe_unused]] const bool fits = work.request.add("SendTargets", work.question);
    if (std::exchange(task.overdue, false)) set_deadline(task, now, limits_.task_management_time);
  }
  if (leaves_gap) return recovery_->due.push_back(task.id());
  if (task.state == State::waiting) unqueue(task);
  task.state = State::waiting;
  task.orphaned = false;
  task.allegiance.reset();
  waiting_.push_front(&task);
}

bool InitiatorSessionCore::is_received(const InitiatorTask& task) const {
  return task.cmd_sn.precedes(window_.expected());
}

// ------------------------------------------------------------------------------------------------------- announcements

/// "The initiator MUST handle it as a TCP connection failure for the connection(s) referred to in the message."
//= rfc7143#7.1.4.3
void InitiatorSessionCore::announce_drop(Instant now, const InitiatorSessionRecovery::Drop& drop) {
  if (!recovers_connections()) return;
  const bool is_known = drop.cid && std::erase(recovery_->untold, *drop.cid) != 0;
  const bool is_there = drop.cid ? spread_.has(*drop.cid) && drop_of(*drop.cid) == nullptr : recovery_->drops.empty();
  if (!is_known && is_there) recovery_->drops.push_back(drop);
  for (auto& lost : recovery_->lost) {
    if (drop.cid && *drop.cid != lost.cid) continue;
    lost.recover_at = now + std::chrono::seconds(drop.time2wait_s);
    lost.recover_until = lost.recover_at + std::chrono::seconds(drop.time2retain_s);
    deadline_ = std::min(deadline_, lost.recover_at);
  }
}

const InitiatorSessionRecovery::Drop* InitiatorSessionCore::drop_of(wire::Cid cid) const {
  if (recovery_ == nullptr) return nullptr;
  const auto& drops = recovery_->drops;
  const auto at = std::ranges::find_if(drops, [cid](const auto& drop) { return !drop.cid || *drop.cid == cid; });
  return at == drops.end() ? nullptr : &*at;
}

// ------------------------------------------------------------------------------------------- a connection takes one up

/// Task management goes first, and the tasks that a function covers wait for its answer.
InitiatorTask* InitiatorSessionCore::next_due(wire::Cid cid) {
  if (std::ranges::any_of(urgent_, [&](const InitiatorTask* task) { return may_send(*task, cid); })) return nullptr;
  auto& due = recovery_->due;
  for (auto at = due.begin(); at != due.end();) {
    InitiatorTask* const task = tasks_.find(*at);
    const bool is_gone = task == nullptr || !task->orphaned || task->aborter;
    if (!is_gone && (is_covered(*task) || !has_room_for_text(*task, cid))) {
      ++at;
      continue;
    }
    at = due.erase(at);
    if (is_gone) continue;
    if (++task->reassignments > InitiatorSessionRecovery::kMostReassignments) {
      conclude(*task, kLostForGood);
      continue;
    }
    task->orphaned = false;
    task->former = std::exchange(task->allegiance, cid);
    if (spread_.is_choice() && task->scsi() != nullptr) enter_lane(*task, cid);
    return task;
  }
  return nullptr;
}

InitiatorTask* InitiatorSessionCore::reassign(Instant now, InitiatorTask& task) {
  InitiatorTask* const request = allocate(now, limits_.task_management_time);
  if (request == nullptr) return nullptr;
  const bool in_order = parameters_.data_pdu_in_order && parameters_.data_sequence_in_order;
  request->immediate = true;
  request->state = State::sent;
  request->allegiance = task.allegiance;
  request->cmd_sn = window_.next();
  request->work = ManagementWork{.function = Function::task_reassign,
                                 .lun = {},
                                 .referenced = task.id(),
                                 .referenced_itt = task.itt(),
                                 .exp_data_sn = task.scsi()->resume(in_order)};
  return request;
}

void InitiatorSessionCore::return_due(InitiatorTask& task) {
  if (task.lane) leave_lane(task);
  task.orphaned = true;
  recovery_->due.insert(recovery_->due.begin(), task.id());
}

//= rfc7143#11.6.1
//= rfc7143#7.2.2
void InitiatorSessionCore::take_reassignment(Instant now, InitiatorTask& request, Response response) {
  InitiatorTask* const task = tasks_.find(std::get<ManagementWork>(request.work).referenced);
  finish(request, ManagementCompletion{.response = response});
  // Its own response may be here already.
  if (task == nullptr || task->state != State::sent || task->orphaned) return;
  switch (response) {
    case Response::function_complete:
      return;
    case Response::task_does_not_exist:
    case Response::lun_does_not_exist:
      // The target has received it, and knows neither it nor its status any more.
      return conclude(*task, kLostForGood);
    case Response::task_still_allegiant:
      return log_out_again(now, *task);
    case Response::reassignment_not_supported:
    case Response::function_not_supported:
      return abandon();
    default:
      return begin_abort(now, *task, kLostForGood);
  }
}

/// "a successful recovery Logout of the previously allegiant connection was not performed", so it is performed now,
/// unless the connection that has asked is the one in its place: then the target is not done with the old one yet.
//= rfc7143#7.2.2
void InitiatorSessionCore::log_out_again(Instant now, InitiatorTask& task) {
  const wire::Cid former = *task.former;
  const wire::Cid current = *task.allegiance;
  if (task.lane) leave_lane(task);
  task.writing = false;
  task.orphaned = true;
  task.allegiance = former;
  if (recovery_->find(former) != nullptr) return;
  const Instant pause_ends = now + kAllegiantPause;
  auto& lost = recovery_->lost.emplace_back(InitiatorSessionRecovery::Lost{
      .cid = former,
      .exp_stat_sn = {},
      .recover_at = pause_ends,
      .recover_until = pause_ends + std::chrono::seconds(parameters_.default_time2retain_s)});
  deadline_ = std::min(deadline_, pause_ends);
  const bool is_replaced = former == current || spread_.has(former);
  if (!is_replaced && recover(now, former)) return;
  lost.cleanup.step(CleanupEvent::cleanup_started);
  lost.cleanup.step(CleanupEvent::cleanup_succeeded);
}

}  // namespace lunway::session
