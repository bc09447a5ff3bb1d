// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/target/task_manager.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "simulator/target/hosted_session.h"
#include "simulator/target/target_host.h"

namespace lunway::simulator {
namespace {

using wire::TaskManagementFunction;
using Code = wire::TaskManagementResponseCode;

/// One function on its way over the other sessions.
struct Sweep {
  std::vector<HostedUnit*> units;
  /// What a nexus is told before its commands end.
  std::function<void(scsi::Nexus&, HostedUnit&, bool has_tasks)> tell;
  bool closes_sessions = false;
};

void sweep(TargetHost& host, const HostedSession& issuer, const Sweep& order, const std::function<void()>& done) {
  const auto open = std::make_shared<std::size_t>(1);
  const std::function<void()> one_done = [&host, open, done] {
    if (--*open == 0) host.post(done);
  };
  for (const auto& session : std::vector(host.sessions())) {
    if (session.get() == &issuer || session->has_ended()) continue;
    if (order.closes_sessions) session->engine().close();
    for (HostedUnit* unit : order.units) {
      order.tell(session->nexus_with(*unit), *unit, session->has_tasks_on(*unit));
      ++*open;
      session->abandon_tasks(*unit, one_done);
    }
  }
  one_done();
}

void reset(TargetHost& host, HostedSession& session, session::TaskId task, const std::vector<HostedUnit*>& units) {
  const Sweep order{.units = units,
                    .tell = [](scsi::Nexus& nexus, HostedUnit& unit, bool) { unit.unit.tell_reset(nexus); }};
  host.post([&host, weak = session.weak_from_this(), task, units, order] {
    const auto issuer = weak.lock();
    if (issuer == nullptr) return;
    sweep(host, *issuer, order, [weak, task, units] {
      const auto alive = weak.lock();
      for (HostedUnit* unit : units) {
        if (alive != nullptr) unit->unit.tell_reset(alive->nexus_with(*unit));
        unit->unit.reset();
      }
      if (alive != nullptr && !alive->has_ended())
        alive->engine().complete_task_management(task, Code::function_complete);
    });
  });
}

void clear_task_set(TargetHost& host, HostedSession& session, session::TaskId task, HostedUnit& unit) {
  const Sweep order{.units = {&unit}, .tell = [](scsi::Nexus& nexus, HostedUnit& cleared, bool has_tasks) {
                      if (has_tasks) cleared.unit.tell_commands_cleared(nexus);
                    }};
  host.post([&host, weak = session.weak_from_this(), task, order] {
    const auto issuer = weak.lock();
    if (issuer == nullptr) return;
    sweep(host, *issuer, order, [weak, task] {
      const auto alive = weak.lock();
      if (alive != nullptr && !alive->has_ended())
        alive->engine().complete_task_management(task, Code::function_complete);
    });
  });
}

void cold_reset(TargetHost& host, HostedSession& session, session::TaskId task, const std::vector<HostedUnit*>& units) {
  const Sweep order{.units = units,
                    .tell = [](scsi::Nexus& nexus, HostedUnit& unit, bool) { unit.unit.tell_reset(nexus); },
                    .closes_sessions = true};
  host.post([&host, weak = session.weak_from_this(), task, units, order] {
    const auto issuer = weak.lock();
    if (issuer == nullptr) return;
    sweep(host, *issuer, order, [weak, task, units] {
      for (HostedUnit* unit : units) unit->unit.power_cycle();
      const auto alive = weak.lock();
      if (alive != nullptr && !alive->has_ended())
        alive->engine().complete_task_management(task, Code::function_complete);
    });
  });
}

}  // namespace

void manage_tasks(TargetHost& host, HostedSession& session, const session::SubmitTaskManagement& request,
                  HostedUnit* unit) {
  std::vector<HostedUnit*> all;
  for (const auto& one : host.units()) all.push_back(one.get());
  const auto answer = [&](Code response, std::uint32_t information = 0) {
    session.engine().complete_task_management(request.task, response, information);
  };
  if (wire::has_lun(request.function) && unit == nullptr) return answer(Code::lun_does_not_exist);
  switch (request.function) {
    case TaskManagementFunction::abort_task_set:
      return answer(Code::function_complete);
    case TaskManagementFunction::clear_task_set:
      return clear_task_set(host, session, request.task, *unit);
    case TaskManagementFunction::logical_unit_reset:
      return reset(host, session, request.task, {unit});
    case TaskManagementFunction::target_warm_reset:
      return reset(host, session, request.task, all);
    case TaskManagementFunction::target_cold_reset:
      return cold_reset(host, session, request.task, all);
    case TaskManagementFunction::i_t_nexus_reset:
      for (HostedUnit* one : all) one->unit.lose(session.nexus_with(*one));
      return answer(Code::function_complete);
    case TaskManagementFunction::query_task_set:
      return answer(request.has_commands ? Code::function_succeeded : Code::function_complete);
    case TaskManagementFunction::query_asynchronous_event: {
      const auto event = scsi::LogicalUnit::pending_event(session.nexus_with(*unit));
      return answer(event ? Code::function_succeeded : Code::function_complete, event.value_or(0));
    }
    default:
      return answer(Code::function_not_supported);
  }
}

}  // namespace lunway::simulator
