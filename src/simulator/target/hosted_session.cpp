// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/target/hosted_session.h"

#include <algorithm>
#include <utility>

#include "simulator/target/target_host.h"
#include "simulator/target/task_manager.h"

namespace lunway::simulator {
namespace {

std::shared_ptr<const scsi::NexusIdentity> identity_of(const session::SessionRequest& request) {
  auto identity = std::make_shared<scsi::NexusIdentity>();
  identity->initiator_port = request.initiator_name.text() + ",i," + wire::to_string(request.isid);
  identity->target_device = request.target_name ? request.target_name->text() : std::string();
  identity->target_port = identity->target_device + ",t,0x0001";
  identity->iscsi_protocol_level = request.session.protocol_level;
  return identity;
}

}  // namespace

HostedSession::HostedSession(TargetHost& host, const session::SessionRequest& request, wire::Tsih tsih)
    : host_(host), identity_(identity_of(request)), engine_(request, tsih, host.session_limits()) {
  for (const auto& unit : host.units()) {
    nexuses_.push_back(std::make_unique<scsi::Nexus>(identity_, 0));
    unit->unit.attach(*nexuses_.back());
    luns_.push_back(unit->lun.value());
  }
}

HostedSession::~HostedSession() {
  for (const auto& run : runs_) {
    if (run != nullptr && run->unit() != nullptr && !run->is_idle()) find_unit(run->unit()->lun)->unit.abandon(*run);
  }
  // The end of the session is the loss of its nexuses.
  //= rfc7143#6.3.5.1
  for (std::size_t i = 0; i < nexuses_.size(); ++i) {
    host_.units()[i]->unit.lose(*nexuses_[i]);
    host_.units()[i]->unit.detach(*nexuses_[i]);
  }
}

bool HostedSession::is_same_nexus(const session::SessionRequest& request) const {
  const session::SessionRequest& mine = engine_.request();
  return mine.initiator_name == request.initiator_name && mine.isid == request.isid;
}

void HostedSession::give_way() {
  if (ended_ || std::exchange(gives_way_, true)) return;
  host_.verdict().mark("target", "session reinstated");
  engine_.close();
  host_.settle();
}

bool HostedSession::take_outputs() {
  bool any = false;
  while (auto output = engine_.next_output()) {
    any = true;
    std::visit([this](const auto& wanted) { handle(wanted); }, *output);
  }
  return any;
}

Instant HostedSession::now() const { return host_.now(); }

std::uint64_t HostedSession::write_chunk() const { return host_.write_chunk(); }

void HostedSession::settle() { host_.settle(); }

void HostedSession::post(std::function<void()> action) {
  host_.post([weak = weak_from_this(), action = std::move(action)] {
    if (const auto alive = weak.lock()) action();
  });
}

HostedUnit* HostedSession::find_unit(wire::Lun lun) const {
  const auto found = std::ranges::find_if(host_.units(), [&](const auto& unit) { return unit->lun == lun; });
  return found == host_.units().end() ? nullptr : found->get();
}

CommandRun* HostedSession::find_run(session::TaskId task) const {
  if (task.slot() >= runs_.size() || runs_[task.slot()] == nullptr) return nullptr;
  CommandRun* const run = runs_[task.slot()].get();
  return run->id() == task ? run : nullptr;
}

// ------------------------------------------------------------------------------------------------------ its outputs

void HostedSession::handle(const session::Submit& submit) {
  const std::uint32_t slot = submit.task.slot();
  if (slot >= runs_.size()) runs_.resize(slot + 1);
  if (runs_[slot] != nullptr) return host_.verdict().fail("target: a Submit in a slot that was not released");
  HostedUnit* const unit = find_unit(submit.lun);
  runs_[slot] = std::make_unique<CommandRun>(*this, submit, unit, unit == nullptr ? nullptr : &nexus_with(*unit));
  runs_[slot]->begin(submit);
}

void HostedSession::handle(const session::DataArrived& arrived) {
  if (CommandRun* const run = find_run(arrived.task)) run->data_arrived(arrived.failure);
}

void HostedSession::handle(const session::Abort& abort) {
  if (CommandRun* const run = find_run(abort.task)) run->abort();
}

void HostedSession::handle(const session::Release& release) {
  CommandRun* const run = find_run(release.task);
  if (run == nullptr || run->is_running())
    return host_.verdict().fail("target: Release of a task that is unknown or not answered");
  if (release.terminated && run->unit() != nullptr) {
    nexus_with(*run->unit()).raise(scsi::UnitAttention::commands_cleared_by_iscsi_event);
  }
  runs_[release.task.slot()].reset();
}

void HostedSession::handle(const session::SubmitTaskManagement& request) {
  manage_tasks(host_, *this, request, find_unit(request.lun));
}

void HostedSession::handle(const session::SessionEnded& /*ended*/) { ended_ = true; }

// -------------------------------------------------------------------------------------------------- task management

scsi::Nexus& HostedSession::nexus_with(const HostedUnit& unit) const {
  const auto found = std::ranges::find_if(host_.units(), [&](const auto& one) { return one.get() == &unit; });
  return *nexuses_[static_cast<std::size_t>(found - host_.units().begin())];
}

bool HostedSession::has_tasks_on(const HostedUnit& unit) const {
  return std::ranges::any_of(
      runs_, [&](const auto& run) { return run != nullptr && run->is_running() && run->unit() == &unit; });
}

void HostedSession::abandon_tasks(const HostedUnit& unit, std::function<void()> done) {
  engine_.announce_termination(unit.lun);
  for (const auto& run : runs_) {
    if (run != nullptr && run->unit() == &unit) run->abandon();
  }
  abandonments_.push_back({&unit, std::move(done)});
  run_ended();
}

void HostedSession::run_ended() {
  const auto awaits_end = [this](const HostedUnit& unit) {
    return std::ranges::any_of(
        runs_, [&](const auto& run) { return run != nullptr && run->is_ending() && run->unit() == &unit; });
  };
  for (std::size_t i = 0; i < abandonments_.size();) {
    if (awaits_end(*abandonments_[i].unit)) {
      ++i;
      continue;
    }
    const std::function<void()> done = std::move(abandonments_[i].done);
    abandonments_.erase(abandonments_.begin() + static_cast<std::ptrdiff_t>(i));
    done();
  }
}

}  // namespace lunway::simulator
