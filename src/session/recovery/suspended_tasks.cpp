// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connections go, and their tasks wait.

#include "session/recovery/suspended_tasks.h"

#include <algorithm>
#include <iterator>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "session/recovery/session_recovery.h"

namespace lunway::session {

using State = TargetTask::State;

void SuspendedTasks::suspend(TargetConnectionCore& connection, Instant until) {
  Group& group = group_of(connection.cid());
  group.until = until;
  // Its recovery logout has come before the loss.
  if (group.connection == &connection) return;
  group.connection = &connection;
  group.logged_out = false;
  group.next = connection.transmitter().stat_sn();
  suspend_tasks_of(connection);
  take_statuses(group, connection);
}

void SuspendedTasks::take_statuses(Group& group, TargetConnectionCore& connection) {
  std::ranges::move(connection.transmitter().unsent_statuses(), std::back_inserter(group.statuses));
  group.earlier = group.statuses.size();
  for (Response& status : connection.recovery()->take_statuses()) {
    // "Immediate commands are not recoverable across connection failures."
    //= rfc7143#7.14
    if (status.immediate) {
      let_go(status);
    } else {
      group.statuses.push_back(std::move(status));
    }
  }
  while (group.statuses.size() > kMostStatuses) {
    let_go(group.statuses.front());
    group.statuses.erase(group.statuses.begin());
    group.earlier -= std::min<std::size_t>(group.earlier, 1);
  }
  for (const Response& status : group.statuses) {
    if (!status.task) continue;
    if (TargetTask* task = session_.tasks().find(*status.task)) task->suspended = true;
  }
}

/// "A target MUST terminate and/or discard all of the active immediate commands", and requests "not yet acknowledged
/// via the ExpCmdSN".
//= rfc7143#7.14
//= rfc7143#11.14
void SuspendedTasks::suspend_tasks_of(const TargetConnectionCore& connection) {
  session_.management().forget(connection.cid());
  for (TargetTask& task : session_.tasks().slots()) {
    if (!task.alive() || task.connection != &connection || task.kind == TargetTask::Kind::management) continue;
    const bool works = task.state == State::running || task.state == State::answered;
    if (!works || task.immediate() || task.kind != TargetTask::Kind::command) {
      session_.terminate(task);
      continue;
    }
    task.connection->transmitter().withdraw(task);
    task.write.interrupt();
    task.suspended = true;
    // A write that had failed waits for no more data.
    session_.advance(task);
  }
}

void SuspendedTasks::logged_out(wire::Cid cid, wire::StatSN expected, Instant until) {
  if (!has(cid)) return;
  Group& group = group_of(cid);
  group.logged_out = true;
  group.until = until;
  // A number that was not sent says nothing.
  if (group.next.precedes(expected)) return;
  while (group.statuses.size() > group.earlier && group.statuses[group.earlier].number.precedes(expected)) {
    let_go(group.statuses[group.earlier]);
    group.statuses.erase(group.statuses.begin() + static_cast<std::ptrdiff_t>(group.earlier));
  }
}

void SuspendedTasks::forget(wire::Cid cid) {
  for (const Group& group : groups_) {
    if (group.cid != cid) continue;
    for (const Response& status : group.statuses) let_go(status);
  }
  std::erase_if(groups_, [&](const Group& group) { return group.cid == cid; });
}

void SuspendedTasks::let_go(const Response& status) {
  TargetTask* const task = status.task ? session_.tasks().find(*status.task) : nullptr;
  if (task == nullptr) return;
  task->suspended = false;
  session_.recovery()->let_go(*task);
}

SuspendedTasks::Group& SuspendedTasks::group_of(wire::Cid cid) {
  const auto found = std::ranges::find(groups_, cid, &Group::cid);
  return found != groups_.end() ? *found : groups_.emplace_back(Group{.cid = cid, .until = {}, .statuses = {}});
}

const SuspendedTasks::Group* SuspendedTasks::find(wire::Cid cid) const {
  const auto found = std::ranges::find(groups_, cid, &Group::cid);
  return found == groups_.end() ? nullptr : &*found;
}

bool SuspendedTasks::has(wire::Cid cid) const { return find(cid) != nullptr; }

bool SuspendedTasks::has_tasks_of(wire::Cid cid) const {
  const Group* const group = find(cid);
  if (group == nullptr) return false;
  return !group->statuses.empty() || std::ranges::any_of(session_.tasks().slots(), [cid](const TargetTask& task) {
    return task.alive() && task.suspended && task.cid == cid;
  });
}

void SuspendedTasks::drop_data() {
  for (Group& group : groups_) {
    for (Response& status : group.statuses) {
      let_go(status);
      status.task.reset();
    }
  }
}

Instant SuspendedTasks::deadline() const {
  Instant earliest = kNever;
  for (const Group& group : groups_) {
    if (!is_claimed(group.cid)) earliest = std::min(earliest, group.until);
  }
  return earliest;
}

/// The oldest gives way when more connections are lost than are remembered.
std::vector<wire::Cid> SuspendedTasks::expired(Instant now) const {
  std::vector<wire::Cid> cids;
  const std::size_t most = session_.limits().lost_connections;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const bool is_over = groups_[i].until <= now || i + most < groups_.size();
    if (is_over && !is_claimed(groups_[i].cid)) cids.push_back(groups_[i].cid);
  }
  return cids;
}

std::vector<wire::Cid> SuspendedTasks::all() const {
  std::vector<wire::Cid> cids;
  cids.reserve(groups_.size());
  for (const Group& group : groups_) cids.push_back(group.cid);
  return cids;
}

}  // namespace lunway::session
