// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/task_management.h"

#include <utility>
#include <vector>

#include "target/served_session.h"
#include "target/shard_server.h"
#include "target/sweep.h"

namespace lunway::target {
namespace {

using wire::TaskManagementFunction;
using wire::TaskManagementResponseCode;

/// The tasks of this session have ended by now; these are the others'.
SweepOrder others_on(std::vector<std::shared_ptr<Disk>> disks, const ServedSession& session) {
  return {.disks = std::move(disks),
          .concerns = [&session](const ServedSession& other) { return &other != &session; },
          .done = {}};
}

/// Answers when the sweep is over, if the session is still there.
std::function<void()> answer_later(ServedSession& session, session::TaskId task, std::function<void()> before) {
  return [weak = session.weak_from_this(), task, before = std::move(before)] {
    before();
    const std::shared_ptr<ServedSession> alive = weak.lock();
    if (alive == nullptr) return;
    alive->engine().complete_task_management(task, TaskManagementResponseCode::function_complete);
    alive->drain();
  };
}

void clear_task_set(ServedSession& session, session::TaskId task, std::shared_ptr<Disk> disk) {
  SweepOrder order = others_on({std::move(disk)}, session);
  order.also = [](scsi::Nexus& nexus, Disk& cleared) { cleared.unit.tell_commands_cleared(nexus); };
  order.done = answer_later(session, task, [] {});
  sweep(session.shard(), std::move(order));
}

void reset(ServedSession& session, session::TaskId task, const std::vector<std::shared_ptr<Disk>>& disks) {
  SweepOrder order = others_on(disks, session);
  order.done = answer_later(session, task, [disks] {
    for (const std::shared_ptr<Disk>& disk : disks) disk->unit.reset();
  });
  sweep(session.shard(), std::move(order));
}

}  // namespace

void manage_tasks(ServedSession& session, const session::SubmitTaskManagement& request, std::shared_ptr<Disk> disk) {
  const auto answer = [&](TaskManagementResponseCode response) {
    session.engine().complete_task_management(request.task, response);
  };
  switch (request.function) {
    case TaskManagementFunction::abort_task_set:
      return answer(disk == nullptr ? TaskManagementResponseCode::lun_does_not_exist
                                    : TaskManagementResponseCode::function_complete);
    case TaskManagementFunction::clear_task_set:
      if (disk == nullptr) return answer(TaskManagementResponseCode::lun_does_not_exist);
      return clear_task_set(session, request.task, std::move(disk));
    case TaskManagementFunction::logical_unit_reset:
      if (disk == nullptr) return answer(TaskManagementResponseCode::lun_does_not_exist);
      return reset(session, request.task, {std::move(disk)});
    case TaskManagementFunction::target_warm_reset:
      return reset(session, request.task, session.disks());
    default:
      return answer(TaskManagementResponseCode::function_not_supported);
  }
}

}  // namespace lunway::target
