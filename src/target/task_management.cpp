// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/task_management.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "target/directory.h"
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
          .concerns =
              [issuer = std::weak_ptr<const ServedSession>(session.weak_from_this())](const ServedSession& other) {
                const std::weak_ptr<const ServedSession> asked = other.weak_from_this();
                return issuer.owner_before(asked) || asked.owner_before(issuer);
              },
          .is_announced = true,
          .done = {}};
}

/// Answers when the sweep is over, if the session is still there.
template <class Before>
std::function<void()> answer_later(ServedSession& session, session::TaskId task, Before before) {
  return [weak = session.weak_from_this(), task, before = std::move(before)] {
    const std::shared_ptr<ServedSession> alive = weak.lock();
    before(alive.get());
    if (alive == nullptr) return;
    alive->engine().complete_task_management(task, TaskManagementResponseCode::function_complete);
    alive->drain();
  };
}

/// Commands of the asking session to other logical units may copy from or to these: the copy manager is one initiator
/// more, whose commands end too. Then the sweep goes over the others.
void end_copies_and_sweep(ServedSession& session, SweepOrder order) {
  const auto open = std::make_shared<std::size_t>(order.disks.size() + 1);
  const std::vector<std::shared_ptr<Disk>> disks = order.disks;
  const std::function<void()> one_done = [open, &shard = session.shard(), order = std::move(order)] {
    if (--*open == 0) sweep(shard, order);
  };
  for (const std::shared_ptr<Disk>& disk : disks) session.end_copies_with(*disk, one_done);
  one_done();
}

/// All sessions share one task set of a logical unit (TST of the control mode page). Only those that lost a command
/// hear of it.
void clear_task_set(ServedSession& session, session::TaskId task, std::shared_ptr<Disk> disk) {
  SweepOrder order = others_on({std::move(disk)}, session);
  order.also = [](scsi::Nexus& nexus, Disk& cleared, bool ends_tasks) {
    if (ends_tasks) cleared.unit.tell_commands_cleared(nexus);
  };
  order.done = answer_later(session, task, [](ServedSession*) {});
  end_copies_and_sweep(session, std::move(order));
}

/// A nexus is told when its tasks end, not later: a command that comes after them must not run in ignorance.
void reset(ServedSession& session, session::TaskId task, const std::vector<std::shared_ptr<Disk>>& disks) {
  SweepOrder order = others_on(disks, session);
  order.also = [](scsi::Nexus& nexus, Disk& disk, bool /*ends_tasks*/) { disk.unit.tell_reset(nexus); };
  order.done = answer_later(session, task, [disks](ServedSession* issuer) {
    for (const std::shared_ptr<Disk>& disk : disks) {
      scsi::Nexus* const nexus = issuer == nullptr ? nullptr : issuer->nexus_with(*disk);
      if (nexus != nullptr) disk->unit.tell_reset(*nexus);
      disk->unit.reset();
    }
  });
  end_copies_and_sweep(session, std::move(order));
}

/// Those too that this session does not see.
std::vector<std::shared_ptr<Disk>> disks_of_target(ServedSession& session) {
  const session::SessionRequest& request = session.engine().request();
  const std::shared_ptr<const Catalog> catalog = session.shard().context().directory->catalog();
  const ServedTarget* const target = catalog->find_served(*request.target_name, request.portal_group_tag);
  if (target == nullptr) return session.disks();
  std::vector<std::shared_ptr<Disk>> disks;
  for (const LunMap::Entry& entry : target->luns->entries) disks.push_back(entry.disk);
  return disks;
}

/// As if the power had failed: all sessions of the target end, this one after its answer.
//= rfc7143#11.5.1
void cold_reset(ServedSession& session, session::TaskId task) {
  const std::vector<std::shared_ptr<Disk>> disks = disks_of_target(session);
  SweepOrder order = others_on(disks, session);
  order.first = [target = session.key().target_name](ServedSession& other) {
    if (other.key().target_name == target) other.close();
  };
  // Sessions of other targets that have the same disks go on.
  order.also = [](scsi::Nexus& nexus, Disk& disk, bool /*ends_tasks*/) { disk.unit.tell_reset(nexus); };
  order.done = answer_later(session, task, [disks](ServedSession*) {
    for (const std::shared_ptr<Disk>& disk : disks) disk->unit.power_cycle();
  });
  sweep(session.shard(), std::move(order));
}

//= rfc7144#6.3
void lose_nexus(ServedSession& session) {
  for (const std::shared_ptr<Disk>& disk : session.disks()) {
    if (scsi::Nexus* const nexus = session.nexus_with(*disk)) disk->unit.lose(*nexus);
  }
}

}  // namespace

void manage_tasks(ServedSession& session, const session::SubmitTaskManagement& request, std::shared_ptr<Disk> disk) {
  using Code = TaskManagementResponseCode;
  const auto answer = [&](Code response, std::uint32_t information = 0) {
    session.engine().complete_task_management(request.task, response, information);
  };
  if (wire::has_lun(request.function) && disk == nullptr) return answer(Code::lun_does_not_exist);
  switch (request.function) {
    case TaskManagementFunction::abort_task_set:
      return answer(Code::function_complete);
    case TaskManagementFunction::clear_task_set:
      return clear_task_set(session, request.task, std::move(disk));
    case TaskManagementFunction::logical_unit_reset:
      return reset(session, request.task, {std::move(disk)});
    case TaskManagementFunction::target_warm_reset:
      return reset(session, request.task, session.disks());
    case TaskManagementFunction::target_cold_reset:
      return cold_reset(session, request.task);
    case TaskManagementFunction::i_t_nexus_reset:
      lose_nexus(session);
      return answer(Code::function_complete);
    case TaskManagementFunction::query_task_set:
      return answer(request.has_commands ? Code::function_succeeded : Code::function_complete);
    case TaskManagementFunction::query_asynchronous_event: {
      const auto event = scsi::LogicalUnit::pending_event(*session.nexus_with(*disk));
      return answer(event ? Code::function_succeeded : Code::function_complete, event.value_or(0));
    }
    default:
      return answer(Code::function_not_supported);
  }
}

}  // namespace lunway::target
