// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A connection goes and others stay, below ErrorRecoveryLevel 2: its tasks end, and the numbers of those that the
// target has not received are filled, or every later command of the session would wait for them.
//= rfc7143#7.11
//= rfc7143#11.14
//
//   connection lost ──► its tasks wait ── "close the connection" over another one, or a login with its CID ──► the
//   target carries out none of them any more: they end ── ABORT TASK for each number that it does not have ──► no gap
//   is left
//                            └─────────── the target refuses ──► the session is lost

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "session/initiator_session_core.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;
using Response = wire::TaskManagementResponseCode;

/// When there is no slot for a request of ours, or the target has refused one.
constexpr Duration kRetry = std::chrono::seconds(1);

bool is_living(const InitiatorTask& task) { return task.state == State::waiting || task.state == State::sent; }

}  // namespace

bool InitiatorSessionCore::fills_gaps() const {
  return gaps_ != nullptr && !gaps_->is_hopeless && !closed_ && !ended_ && connections_ != 0;
}

void InitiatorSessionCore::leave_others(Instant now, const ConnectionEnd& end) {
  if (gaps_ == nullptr) gaps_ = std::make_unique<InitiatorGaps>();
  if (!end.logged_in) {
    // It was to take the place of a lost one.
    if (auto* const leaver = gaps_->find(end.cid)) leaver->is_replaced = false;
    return pursue(now);
  }
  // What the engine has asked for itself has no sense without the connection.
  for (InitiatorTask& task : tasks_.slots()) {
    const bool is_own = std::holds_alternative<LogoutWork>(task.work) || gaps_->plug == task.id();
    if (is_own && is_living(task) && task.allegiance == end.cid) finish(task, TaskFailure{});
  }
  if (end.graceful)
    end_tasks_of(end.cid);
  else
    gaps_->leavers.push_back({.cid = end.cid, .exp_stat_sn = end.exp_stat_sn});
  pursue(now);
}

/// The target has closed the connection: "no additional responses should be expected", and what ExpCmdSN does not
/// acknowledge was discarded.
//= rfc7143#11.14
void InitiatorSessionCore::end_tasks_of(wire::Cid cid) {
  std::erase_if(gaps_->leavers, [cid](const auto& leaver) { return leaver.cid == cid; });
  std::erase(given_up_, cid);
  for (InitiatorTask& task : tasks_.slots()) {
    if (!is_living(task) || task.allegiance != cid) continue;
    const bool is_gap = task.state == State::sent && !task.immediate && !is_received(task);
    if (is_gap)
      gaps_->gaps.push_back(
          {.itt = task.itt(), .cmd_sn = task.cmd_sn, .lun = task.scsi() == nullptr ? wire::Lun{} : task.scsi()->lun});
    const auto fault = task.overdue ? TaskFault::timed_out : TaskFault::connection_lost;
    finish(task, TaskFailure{.fault = fault, .never_sent = is_gap && !task.overdue});
  }
  std::ranges::sort(gaps_->gaps, [](const auto& a, const auto& b) { return a.cmd_sn.precedes(b.cmd_sn); });
}

void InitiatorSessionCore::pursue(Instant now) {
  if (!fills_gaps()) return;
  // The logout of the session is due, and does all of it.
  if (logging_out_ && active_tasks() == 0) return;
  for (auto& leaver : gaps_->leavers) close_leaver(now, leaver);
  // The target has it after all, or has taken it for received.
  std::erase_if(gaps_->gaps, [this](const auto& gap) { return gap.cmd_sn.precedes(window_.expected()); });
  if (gaps_->gaps.empty() && gaps_->leavers.empty() && !gaps_->plug) return gaps_.reset();
  plug_first(now);
}

/// "A Logout for a CID may be performed on a different transport connection when the TCP connection for the CID has
/// already been terminated."
//= rfc7143#11.14
void InitiatorSessionCore::close_leaver(Instant now, InitiatorGaps::Leaver& leaver) {
  const bool is_asked = leaver.logout && tasks_.find(*leaver.logout) != nullptr;
  if (is_asked || leaver.is_replaced) return;
  InitiatorTask* const logout = allocate(now, limits_.task_management_time);
  if (logout == nullptr) {
    deadline_ = std::min(deadline_, now + kRetry);
    return;
  }
  logout->immediate = true;
  logout->work =
      LogoutWork{.reason = wire::LogoutReason::close_connection, .cid = leaver.cid, .exp_stat_sn = leaver.exp_stat_sn};
  push_urgent(*logout);
  leaver.logout = logout->id();
}

/// The login is the logout of the old connection. One that was asked for and not sent would hit the new connection.
//= rfc7143#6.3.4
wire::StatSN InitiatorSessionCore::replace(InitiatorGaps::Leaver& leaver) {
  leaver.is_replaced = true;
  InitiatorTask* const logout = leaver.logout ? tasks_.find(*leaver.logout) : nullptr;
  if (logout != nullptr && logout->state == State::waiting) finish(*logout, TaskFailure{});
  return leaver.exp_stat_sn;
}

void InitiatorSessionCore::take_removal(Instant now, InitiatorTask& task, wire::LogoutResponseCode response) {
  const wire::Cid cid = std::get<LogoutWork>(task.work).cid;
  finish(task, ManagementCompletion{});
  // A login may have been faster.
  if (gaps_ == nullptr || gaps_->find(cid) == nullptr) return;
  using Code = wire::LogoutResponseCode;
  if (response != Code::closed && response != Code::cid_not_found) {
    gaps_->is_hopeless = true;
    return;
  }
  end_tasks_of(cid);
  pursue(now);
}

/// "targets must consider the CmdSN as received". The connection that the command was sent on is logged out, so its
/// ABORT TASK may be sent on any.
//= rfc7143#11.6.1
//= rfc7143#11.5.1
void InitiatorSessionCore::plug_first(Instant now) {
  if (gaps_->gaps.empty()) return;
  if (gaps_->plug && tasks_.find(*gaps_->plug) != nullptr) return;
  gaps_->plug.reset();
  InitiatorTask* const plug = now < gaps_->again_at ? nullptr : allocate(now, limits_.task_management_time);
  if (plug == nullptr) {
    deadline_ = std::min(deadline_, now < gaps_->again_at ? gaps_->again_at : now + kRetry);
    return;
  }
  const InitiatorGaps::Gap& gap = gaps_->gaps.front();
  plug->immediate = true;
  plug->work = ManagementWork{.function = wire::TaskManagementFunction::abort_task,
                              .lun = gap.lun,
                              .referenced_itt = gap.itt,
                              .referenced_cmd_sn = gap.cmd_sn};
  push_urgent(*plug);
  gaps_->plug = plug->id();
}

bool InitiatorSessionCore::is_plug(const InitiatorTask& task) const {
  return gaps_ != nullptr && gaps_->plug == task.id();
}

void InitiatorSessionCore::take_plug(Instant now, InitiatorTask& plug, Response response) {
  const wire::Itt itt = std::get<ManagementWork>(plug.work).referenced_itt;
  finish(plug, ManagementCompletion{});
  gaps_->plug.reset();
  if (response == Response::function_complete || response == Response::task_does_not_exist) {
    std::erase_if(gaps_->gaps, [itt](const auto& gap) { return gap.itt == itt; });
    gaps_->refusals = 0;
  } else if (++gaps_->refusals >= InitiatorGaps::kMostRefusals) {
    gaps_->is_hopeless = true;
  } else {
    gaps_->again_at = now + kRetry;
  }
  pursue(now);
}

}  // namespace lunway::session
