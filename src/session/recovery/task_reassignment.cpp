// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// TASK REASSIGN: a suspended task goes on, on the connection on which the request came.
//= rfc7143#7.2.2
//= rfc7143#11.5.6
//= rfc7143#11.6.1

#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>
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

namespace {

wire::Itt tag_of(const RetainedResponses::Response& status) {
  return wire::BasicHeader(wire::HeaderView(status.header)).itt();
}

}  // namespace

void SuspendedTasks::reassign(TargetConnectionCore& connection, const wire::TaskManagementRequest& request) {
  const wire::Itt itt = request.referenced_task_tag();
  const Group* from = nullptr;
  const Code code = is_pending(itt) ? Code::task_still_allegiant : judge(itt, from);
  if (code != Code::function_complete) {
    connection.transmitter().answer(wire::TaskManagementResponse::build({.response = code, .itt = request.itt()}));
    return;
  }
  reassignments_.push_back({.itt = itt,
                            .request = request.itt(),
                            .from = from->cid,
                            .to = &connection,
                            .exp_data_sn = request.exp_data_sn().value(),
                            .answered = false,
                            .number = std::nullopt});
  advance();
}

/// With function_complete it says where the task waits.
SuspendedTasks::Code SuspendedTasks::judge(wire::Itt itt, const Group*& from) {
  const TargetTask* const task = session_.tasks().find(itt);
  if (task != nullptr ? task->kind != TargetTask::Kind::command : is_of_another_kind(itt)) {
    return Code::function_rejected;
  }
  if (task != nullptr) {
    const bool lives = task->state == State::running || task->state == State::answered;
    if (!lives && task->state != State::waiting) return Code::task_does_not_exist;
    if (!task->suspended) return Code::task_still_allegiant;
    from = find(task->cid);
  } else {
    from = find_status(itt);
    if (from == nullptr) return Code::task_does_not_exist;
  }
  return from != nullptr && from->logged_out ? Code::function_complete : Code::task_still_allegiant;
}

/// "An active text negotiation task, or a Logout task".
//= rfc7143#11.5.1
bool SuspendedTasks::is_of_another_kind(wire::Itt itt) const {
  return std::ranges::any_of(session_.members().connections(),
                             [itt](const TargetConnectionCore* one) { return one->has_exchange(itt); });
}

bool SuspendedTasks::is_pending(wire::Itt itt) const {
  return std::ranges::any_of(reassignments_,
                             [itt](const Reassignment& one) { return one.itt == itt && !one.abandoned; });
}

bool SuspendedTasks::is_claimed(wire::Cid cid) const {
  return std::ranges::any_of(reassignments_,
                             [cid](const Reassignment& one) { return one.from == cid && !one.abandoned; });
}

/// The newest: a tag is used again only when the status before it has arrived.
SuspendedTasks::Group* SuspendedTasks::find_status(wire::Itt itt) {
  for (Group& group : std::views::reverse(groups_)) {
    if (std::ranges::find(group.statuses, itt, tag_of) != group.statuses.end()) return &group;
  }
  return nullptr;
}

/// Only where find_status() has found it.
SuspendedTasks::Response SuspendedTasks::take_status(Group& group, wire::Itt itt) {
  const auto newest = std::ranges::find(group.statuses.rbegin(), group.statuses.rend(), itt, tag_of);
  const auto place = std::prev(newest.base());
  Response status = std::move(*place);
  const bool is_earlier = place - group.statuses.begin() < static_cast<std::ptrdiff_t>(group.earlier);
  group.statuses.erase(place);
  if (is_earlier) --group.earlier;
  return status;
}

void SuspendedTasks::advance() {
  for (auto one = reassignments_.begin(); one != reassignments_.end();) {
    if (!one->abandoned && one->number) {
      const Reassignment due = *one;
      one = reassignments_.erase(one);
      make_effective(due);
      continue;
    }
    if (one->abandoned || one->answered || !is_free(one->itt)) {
      ++one;
      continue;
    }
    // While it waited, the task may have been aborted.
    const Group* from = nullptr;
    const Code code = judge(one->itt, from);
    one->answered = code == Code::function_complete;
    one->to->transmitter().answer(wire::TaskManagementResponse::build({.response = code, .itt = one->request}), {},
                                  true, one->answered ? &one->number : nullptr);
    one->answered ? ++one : one = reassignments_.erase(one);
  }
}

/// A task whose response has left is allegiant to the connection. One of which only the status is left stays where it
/// is: the status would go with the connection.
void SuspendedTasks::leaves(const TargetConnectionCore& connection) {
  for (Reassignment& one : reassignments_) {
    if (one.to != &connection || std::exchange(one.abandoned, true)) continue;
    if (one.number && session_.tasks().find(one.itt) != nullptr) make_effective(one);
  }
}

/// The transport of the old connection cannot touch its memory any more.
bool SuspendedTasks::is_free(wire::Itt itt) {
  const TargetTask* task = session_.tasks().find(itt);
  if (task == nullptr) {
    if (const Group* const group = find_status(itt)) {
      const auto newest = std::ranges::find(group->statuses.rbegin(), group->statuses.rend(), itt, tag_of);
      if (newest->task) task = session_.tasks().find(*newest->task);
    }
  }
  return task == nullptr || task->connection == nullptr;
}

void SuspendedTasks::detach(const TargetConnectionCore& connection) {
  std::erase_if(reassignments_, [&](const Reassignment& one) { return one.to == &connection; });
  for (Group& group : groups_) {
    if (group.connection == &connection) group.connection = nullptr;
  }
}

void SuspendedTasks::make_effective(const Reassignment& one) {
  TargetTask* const task = session_.tasks().find(one.itt);
  if (task != nullptr) {
    if (task->suspended) resume(*task, one);
    return;
  }
  Group* const group = find_status(one.itt);
  if (group == nullptr) return;
  const Response status = take_status(*group, one.itt);
  TargetTask* const retained = status.task ? session_.tasks().find(*status.task) : nullptr;
  if (retained == nullptr) return send_status(status, *one.to, one.exp_data_sn);
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

void SuspendedTasks::conclude(TargetConnectionCore& connection, wire::Itt itt) {
  Group* const group = is_pending(itt) ? nullptr : find_status(itt);
  if (group == nullptr) return;
  const Response status = take_status(*group, itt);
  let_go(status);
  auto fields = wire::ScsiResponse(wire::HeaderView(status.header)).fields();
  fields.snack_tag = wire::kNoSnackTag;
  connection.transmitter().answer(wire::ScsiResponse::build(fields), status.data);
}

/// Of a command whose data is kept no longer, or that had none.
void SuspendedTasks::send_status(const Response& status, TargetConnectionCore& to, std::uint32_t exp_data_sn) {
  auto fields = wire::ScsiResponse(wire::HeaderView(status.header)).fields();
  fields.snack_tag = wire::kNoSnackTag;
  // An ExpDataSN of 0 says what was acknowledged before.
  //= rfc7143#11.5.6
  const bool has_all_data =
      fields.exp_data_sn.value() == 0 || status.data_arrived || fields.exp_data_sn.value() == exp_data_sn;
  if (has_all_data) {
    to.transmitter().answer(wire::ScsiResponse::build(fields), status.data);
    return;
  }
  fields.status = wire::ScsiStatus::check_condition;
  std::array<std::byte, kSnackRejectedSense.size() + 2> room;
  const wire::SenseSegment segment{.sense = kSnackRejectedSense, .rest = {}};
  to.transmitter().answer(wire::ScsiResponse::build(fields), segment.write(room));
}

}  // namespace lunway::session
