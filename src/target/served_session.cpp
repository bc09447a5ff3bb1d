// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/served_session.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "target/served_connection.h"
#include "target/shard_server.h"
#include "target/task_management.h"

namespace lunway::target {
namespace {

/// The names that SCSI gives to the two ends of a session.
//= rfc7143#4.4.1
std::shared_ptr<const scsi::NexusIdentity> identity_of(const session::SessionRequest& request,
                                                       std::shared_ptr<scsi::PortGroups> port_groups) {
  char tag[] = "0x0000";
  std::snprintf(tag, sizeof tag, "0x%04x", unsigned{request.portal_group_tag});
  const std::string target = request.target_name ? request.target_name->text() : std::string();
  auto identity = std::make_shared<scsi::NexusIdentity>();
  identity->initiator_port = request.initiator_name.text() + ",i," + wire::to_string(request.isid);
  identity->target_device = target;
  identity->target_port = target + ",t," + tag;
  identity->relative_target_port = request.portal_group_tag;
  identity->target_port_group = request.portal_group_tag;
  identity->port_groups = std::move(port_groups);
  identity->iscsi_protocol_level = request.session.protocol_level;
  return identity;
}

}  // namespace

ServedSession::ServedSession(ShardServer& shard, const session::SessionRequest& request, wire::Tsih tsih, NexusKey key,
                             const std::shared_ptr<const LunMap>& luns, std::shared_ptr<scsi::PortGroups> port_groups)
    : shard_(shard),
      key_(std::move(key)),
      identity_(identity_of(request, std::move(port_groups))),
      luns_(identity_, shard.index()),
      engine_(request, tsih, shard.session_limits()),
      timer_(runtime::Timer::calling<&ServedSession::expire>(shard.loop().timers(), this)) {
  if (luns != nullptr) luns_.change_to(*luns);
}

ServedSession::~ServedSession() = default;

SessionStatus ServedSession::status() const {
  const session::SessionRequest& request = engine_.request();
  return {.tsih = engine_.tsih().value(),
          .initiator = request.initiator_name.text(),
          .target = request.target_name ? request.target_name->text() : std::string(),
          .peer = request.portal.peer_address,
          .commands = engine_.active_tasks()};
}

void ServedSession::add(ServedConnection& connection) { connections_.push_back(&connection); }

void ServedSession::remove(ServedConnection& connection) { std::erase(connections_, &connection); }

void ServedSession::take_outputs() {
  // A handler may come back here: the loop that runs sees its outputs too.
  if (std::exchange(taking_outputs_, true)) return;
  while (auto output = engine_.next_output()) {
    std::visit([this](const auto& wanted) { handle(wanted); }, *output);
  }
  taking_outputs_ = false;
}

void ServedSession::drain() {
  const std::shared_ptr<ServedSession> keep = shared_from_this();
  for (bool again = true; again;) {
    take_outputs();
    move_prefetched();
    again = false;
    // A connection may leave while it is served.
    for (ServedConnection* connection : std::vector(connections_)) {
      if (std::ranges::find(connections_, connection) != connections_.end()) again |= connection->serve();
    }
    again |= !prefetching_.empty();
  }
  if (engine_.deadline() != timer_.deadline()) timer_.arm(engine_.deadline());
  const bool failed = engine_.has_failed();
  if (failed != std::exchange(has_failed_, failed)) shard_.session_failed(*this, failed);
  if (ended_ && connections_.empty()) shard_.session_ended(*this);
}

/// One that has moved its blocks may want to move more.
void ServedSession::move_prefetched() {
  for (std::size_t i = 0; i < prefetching_.size(); ++i) prefetching_[i]->move_prefetched();
  prefetching_.clear();
}

void ServedSession::expire(Instant now) {
  engine_.expire(now);
  drain();
}

void ServedSession::shrink() {
  if (engine_.active_tasks() != 0) return;
  std::vector<std::unique_ptr<CommandExecution>>().swap(executions_);
  std::vector<CommandExecution*>().swap(prefetching_);
}

void ServedSession::close() {
  engine_.close();
  drain();
}

void ServedSession::request_logout(Duration within) {
  if (engine_.has_failed()) return close();
  const std::shared_ptr<ServedSession> keep = shared_from_this();
  for (ServedConnection* connection : std::vector(connections_)) {
    if (std::ranges::find(connections_, connection) != connections_.end()) connection->request_logout(within);
  }
}

void ServedSession::change_luns(const LunMap& luns) {
  for (const scsi::Nexus* gone : luns_.change_to(luns)) {
    for (const auto& execution : executions_) {
      if (execution == nullptr) continue;
      if (execution->nexus() == gone) execution->lose_unit();
      if (execution->uses(*gone)) execution->lose_copy_unit();
    }
  }
  luns_.let_go([this](const scsi::Nexus& nexus) { return uses(nexus); });
  drain();
}

bool ServedSession::uses(const scsi::Nexus& nexus) const {
  return std::ranges::any_of(executions_, [&](const auto& execution) {
    return execution != nullptr && (execution->nexus() == &nexus || execution->uses(nexus));
  });
}

// ------------------------------------------------------------------------------------------------------ its outputs

void ServedSession::handle(const session::Submit& submit) {
  const SessionLuns::Unit* unit = luns_.find(submit.lun);
  CommandExecution& execution = execution_in(submit.task.slot());
  execution.begin(submit, unit == nullptr ? nullptr : unit->disk.get(), unit == nullptr ? nullptr : unit->nexus.get());
}

void ServedSession::handle(const session::DataArrived& arrived) {
  execution_in(arrived.task.slot()).data_arrived(arrived.failure);
}

void ServedSession::handle(const session::Abort& abort) { execution_in(abort.task.slot()).abort(); }

void ServedSession::handle(const session::Release& release) {
  CommandExecution& execution = execution_in(release.task.slot());
  if (release.terminated && execution.disk() != nullptr) tell_terminated(*execution.disk());
  execution.release();
  luns_.let_go([this](const scsi::Nexus& nexus) { return uses(nexus); });
  shard_.buffers_freed();
}

//= rfc7143#11.14.5
void ServedSession::tell_terminated(const Disk& disk) {
  if (scsi::Nexus* nexus = nexus_with(disk)) nexus->raise(scsi::UnitAttention::commands_cleared_by_iscsi_event);
}

void ServedSession::handle(const session::SubmitTaskManagement& request) {
  const SessionLuns::Unit* unit = luns_.find(request.lun);
  manage_tasks(*this, request, unit == nullptr ? nullptr : unit->disk);
}

void ServedSession::handle(const session::SessionEnded& /*ended*/) { ended_ = true; }

CommandExecution& ServedSession::execution_in(std::uint32_t slot) {
  if (slot >= executions_.size()) executions_.resize(slot + 1);
  std::unique_ptr<CommandExecution>& execution = executions_[slot];
  if (execution == nullptr) execution = std::make_unique<CommandExecution>(*this);
  return *execution;
}

// --------------------------------------------------------------------------------------------------- its executions

runtime::Ring& ServedSession::ring() { return shard_.loop().ring(); }

runtime::BufferPool& ServedSession::buffers() { return shard_.loop().buffers(); }

void ServedSession::wait_for_buffer(CommandExecution& execution) { shard_.wait_for_buffer(*this, execution); }

void ServedSession::stop_waiting_for_buffer(CommandExecution& execution) { shard_.stop_waiting_for_buffer(execution); }

void ServedSession::post_resume(session::TaskId task, scsi::Outcome outcome) {
  // The task may have ended, and the session too, by the time the call runs.
  shard_.loop().post([weak = weak_from_this(), task, outcome](runtime::Loop&) {
    const std::shared_ptr<ServedSession> session = weak.lock();
    if (session == nullptr) return;
    session->execution_in(task.slot()).resume(task, outcome);
    session->drain();
  });
}

// ------------------------------------------------------------------------------------------------- those that copy

void ServedSession::fill_random(MutableBytes bytes) { shard_.context().entropy->fill(bytes); }

// -------------------------------------------------------------------------------------------------- task management

void ServedSession::abandon_tasks(const Disk& disk, const CommandExecution* except, std::function<void()> done) {
  for (const auto& execution : executions_) {
    if (execution != nullptr && execution.get() != except && execution->disk() == &disk) execution->abandon();
  }
  end_copies_with(disk, std::move(done));
  drain();
}

void ServedSession::end_copies_with(const Disk& disk, std::function<void()> done) {
  for (const auto& execution : executions_) {
    if (execution != nullptr && execution->disk() != &disk && execution->concerns(disk)) execution->lose_copy_unit();
  }
  abandonments_.push_back({&disk, std::move(done)});
  execution_ended();
}

bool ServedSession::has_tasks_on(const Disk& disk, const CommandExecution* except) const {
  return std::ranges::any_of(executions_, [&](const auto& execution) {
    return execution != nullptr && execution.get() != except && execution->is_running() && execution->concerns(disk);
  });
}

/// What has come since is not waited for: there may be no end to it.
bool ServedSession::awaits_end_on(const Disk& disk) const {
  return std::ranges::any_of(executions_, [&](const auto& execution) {
    return execution != nullptr && execution->is_ending() && execution->concerns(disk);
  });
}

void ServedSession::announce_termination(const Disk& disk) {
  for (const std::uint64_t lun : luns_.list()) {
    const SessionLuns::Unit* unit = luns_.find(wire::Lun(lun));
    if (unit != nullptr && unit->disk.get() == &disk) engine_.announce_termination(wire::Lun(lun));
  }
}

void ServedSession::execution_ended() {
  for (std::size_t i = 0; i < abandonments_.size();) {
    if (awaits_end_on(*abandonments_[i].disk)) {
      ++i;
      continue;
    }
    const std::function<void()> done = std::move(abandonments_[i].done);
    abandonments_.erase(abandonments_.begin() + static_cast<std::ptrdiff_t>(i));
    done();
  }
}

}  // namespace lunway::target
