// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// TASK REASSIGN: a suspended task goes on, on the connection on which the request came.
//= rfc7143#7.2.2
//= rfc7143#11.5.6
//= rfc7143#11.6.1

#include <algorithm>
#include <array>
#include <utility>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"
#include "session/recovery/session_recovery.h"
#include "session/recovery/snack_rejected_sense.h"
#include "session/recovery/suspended_tasks.h"
#include "wire/scsi_response.h"
#include "wire/sense_segment.h"

namespace lunway::session {

using State = TargetTask::State;

void SuspendedTasks::reassign(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  const wire::Itt itt = request.referenced_task_tag();
  const Code code = judge(itt);
  if (code != Code::function_complete) {
    connection.transmitter().answer(wire::TaskManagementResponse::build({.response = code, .itt = request.itt()}));
    return;
  }
  reassignments_.push_back({.itt = itt,
                            .request = request.itt(),
                            .to = &connection,
                            .exp_data_sn = request.exp_data_sn().value(),
                            .answered = false,
                            .number = std::nullopt});
  advance();
}

SuspendedTasks::Code SuspendedTasks::judge(wire::Itt itt) {
  const TargetTask* const task = session_.tasks().find(itt);
  if (task != nullptr && task->kind != TargetTask::Kind::command) return Code::function_rejected;
  if (is_pending(itt)) return Code::task_still_allegiant;
  const Group* group = nullptr;
  if (task != nullptr) {
    const bool lives = task->state == State::running || task->state == State::answered;
    if (!lives && task->state != State::waiting) return Code::task_does_not_exist;
    if (!task->suspended) return Code::task_still_allegiant;
    group = find(task->cid);
  } else {
    group = find_status(itt);
    if (group == nullptr) return Code::task_does_not_exist;
  }
  return group != nullptr && group->logged_out ? Code::function_complete : Code::task_still_allegiant;
}

bool SuspendedTasks::is_pending(wire::Itt itt) const {
  return std::ranges::find(reassignments_, itt, &Reassignment::itt) != reassignments_.end();
}

SuspendedTasks::Group* SuspendedTasks::find_status(wire::Itt itt) {
  for (Group& group : groups_) {
    const auto has_tag = [&](const Response& status) {
      return wire::BasicHeader(wire::HeaderView(status.header)).itt() == itt;
    };
    if (std::ranges::any_of(group.statuses, has_tag)) return &group;
  }
  return nullptr;
}

void SuspendedTasks::advance() {
  for (auto one = reassignments_.begin(); one != reassignments_.end();) {
    if (!one->to->is_in_service()) {
      ++one;
    } else if (one->number) {
      const Reassignment due = *one;
      one = reassignments_.erase(one);
      make_effective(due);
    } else {
      if (!one->answered && is_free(one->itt)) {
        one->answered = true;
        one->to->transmitter().answer(
            wire::TaskManagementResponse::build({.response = Code::function_complete, .itt = one->request}), {}, true,
            &one->number);
      }
      ++one;
    }
  }
}

/// The transport of the old connection cannot touch its memory any more.
bool SuspendedTasks::is_free(wire::Itt itt) {
  const TargetTask* task = session_.tasks().find(itt);
  if (task == nullptr) {
    if (const Group* const group = find_status(itt)) {
      for (const Response& status : group->statuses) {
        const bool is_meant = wire::BasicHeader(wire::HeaderView(status.header)).itt() == itt;
        if (is_meant && status.task) task = session_.tasks().find(*status.task);
      }
    }
  }
  return task == nullptr || task->connection == nullptr;
}

void SuspendedTasks::detach(const TargetConnectionCore& connection) {
  std::erase_if(reassignments_, [&](const Reassignment& one) { return one.to == &connection; });
}

void SuspendedTasks::make_effective(const Reassignment& one) {
  TargetTask* const task = session_.tasks().find(one.itt);
  if (task != nullptr) {
    if (task->suspended) resume(*task, one);
    return;
  }
  Group* const group = find_status(one.itt);
  if (group == nullptr) return;
  const auto found = std::ranges::find_if(group->statuses, [&](const Response& status) {
    return wire::BasicHeader(wire::HeaderView(status.header)).itt() == one.itt;
  });
  const Response status = std::move(*found);
  const bool is_earlier = found - group->statuses.begin() < static_cast<std::ptrdiff_t>(group->earlier);
  group->statuses.erase(found);
  if (is_earlier) --group->earlier;
  TargetTask* const retained = status.task ? session_.tasks().find(*status.task) : nullptr;
  if (retained == nullptr) return send_status(status, one);
  session_.recovery()->release(*retained);
  session_.revive(*retained);
  resume(*retained, one);
}

void SuspendedTasks::resume(TargetTask& task, const Reassignment& one) {
  task.connection = one.to;
  task.cid = one.to->cid();
  task.suspended = false;
  session_.recovery()->record_of(task).snack_tag = wire::kNoSnackTag;
  if (task.state == State::answered && !task.lost_data) resume_read(task, one.exp_data_sn);
  // The R2T that was not answered is made again. It has its old number, unless the initiator has seen it.
  const bool is_made_again = task.write.take_interruption() && task.state == State::running;
  if (is_made_again && one.exp_data_sn != task.next_data_sn) --task.next_data_sn;
  session_.advance(task);
}

/// "Any other value MUST be ignored by the target."
//= rfc7143#11.5.6
void SuspendedTasks::resume_read(TargetTask& task, std::uint32_t exp_data_sn) {
  ReadRecord& record = session_.recovery()->record_of(task);
  if (record.empty()) return;
  const bool is_valid = exp_data_sn > record.first_unacknowledged() && exp_data_sn <= task.next_data_sn;
  if (is_valid) record.acknowledge(exp_data_sn, session_.request().session.max_burst_length);
  task.read = record.unacknowledged();
  task.next_data_sn = record.first_unacknowledged();
  record.restart();
}

/// Of a command whose data is kept no longer, or that had none.
void SuspendedTasks::send_status(const Response& status, const Reassignment& one) {
  auto fields = wire::ScsiResponse(wire::HeaderView(status.header)).fields();
  fields.snack_tag = wire::kNoSnackTag;
  const bool has_all_data = fields.exp_data_sn.value() == 0 || fields.exp_data_sn.value() == one.exp_data_sn;
  if (has_all_data) {
    one.to->transmitter().answer(wire::ScsiResponse::build(fields), status.data);
    return;
  }
  fields.status = wire::ScsiStatus::check_condition;
  std::array<std::byte, kSnackRejectedSense.size() + 2> room;
  const wire::SenseSegment segment{.sense = kSnackRejectedSense, .rest = {}};
  one.to->transmitter().answer(wire::ScsiResponse::build(fields), segment.write(room));
}

}  // namespace lunway::session
