// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests, queues and the way a task ends. What time does to tasks is in initiator_session_aborts.cpp, what task
// management does in initiator_session_management.cpp.

#include "session/initiator_session_core.h"

#include <cassert>
#include <tuple>
#include <utility>

#include "text/send_targets.h"
#include "wire/additional_header.h"

namespace lunway::session {
namespace {

using State = InitiatorTask::State;

/// "The data lengths MUST NOT exceed the MaxRecvDataSegmentLength": the smallest that a target may declare.
constexpr std::size_t kPingBytesMax = std::size_t{512} << 10;

bool fits_32_bits(std::size_t size) { return size <= 0xffffffff; }

bool is_living(const InitiatorTask& task) { return task.state == State::waiting || task.state == State::sent; }

std::vector<std::byte> additional_headers(const ScsiRequest& request) {
  wire::CommandAhs ahs;
  if (request.cdb.size() > wire::kHeaderCdbSize) ahs.extended_cdb = request.cdb.subspan(wire::kHeaderCdbSize);
  if (!request.data_out.empty() && !request.data_in.empty())
    ahs.bidirectional_read_length = static_cast<std::uint32_t>(request.data_in.size());
  std::vector<std::byte> bytes(ahs.size());
  ahs.write(bytes);
  return bytes;
}

}  // namespace

InitiatorSessionCore::InitiatorSessionCore(InitiatorProfile profile, const InitiatorSessionLimits& limits,
                                           wire::CmdSN first_cmd_sn)
    : profile_(std::move(profile)), limits_(limits), window_(first_cmd_sn), tasks_(limits.tasks) {}

// -------------------------------------------------------------------------------------------------------- requests

InitiatorSessionCore::Submitted InitiatorSessionCore::submit(Instant now, const ScsiRequest& request) {
  const bool cdb_fits = !request.cdb.empty() && request.cdb.size() <= wire::kMaxCdbSize;
  if (!cdb_fits || !fits_32_bits(request.data_out.size()) || !fits_32_bits(request.data_in.size()))
    return std::unexpected(SubmitError::too_long);
  if (!is_normal()) return std::unexpected(SubmitError::not_possible);
  auto admitted = admit(now, request.timeout);
  if (!admitted) return std::unexpected(admitted.error());

  InitiatorTask& task = **admitted;
  if (task.scsi() == nullptr) task.work.emplace<ScsiWork>();
  ScsiWork& work = *task.scsi();
  work.lun = request.lun;
  work.cdb = {};
  copy_bytes(work.cdb, request.cdb);
  work.ahs = additional_headers(request);
  work.attribute = request.attribute;
  work.priority = request.priority;
  work.data_out = request.data_out;
  work.data_in = request.data_in;
  work.read.begin(static_cast<std::uint32_t>(request.data_in.size()));
  work.write.stop();
  work.input_sn = 0;
  work.recovery.reset();
  work.resumed = false;
  waiting_.push_back(&task);
  return task.id();
}

InitiatorSessionCore::Submitted InitiatorSessionCore::ping(Instant now, Bytes payload, Duration timeout) {
  if (payload.size() > kPingBytesMax) return std::unexpected(SubmitError::too_long);
  auto admitted = admit(now, timeout);
  if (!admitted) return std::unexpected(admitted.error());
  InitiatorTask& task = **admitted;
  task.immediate = true;
  task.work = PingWork{.payload = {payload.begin(), payload.end()}};
  push_urgent(task);
  return task.id();
}

InitiatorSessionCore::Submitted InitiatorSessionCore::send_targets(Instant now, std::string_view value,
                                                                   Duration timeout) {
  text::TextWriter writer;
  if (!writer.add("SendTargets", value)) return std::unexpected(SubmitError::too_long);
  auto admitted = admit(now, timeout);
  if (!admitted) return std::unexpected(admitted.error());
  InitiatorTask& task = **admitted;
  task.work = TextWork{.request = std::move(writer), .question = std::string(value)};
  waiting_.push_back(&task);
  return task.id();
}

std::expected<InitiatorTask*, SubmitError> InitiatorSessionCore::admit(Instant now, Duration timeout,
                                                                       std::uint32_t reserved) {
  if (ended_ || logging_out_) return std::unexpected(SubmitError::not_possible);
  if (tasks_.used() + reserved >= limits_.tasks) return std::unexpected(SubmitError::too_many_tasks);
  InitiatorTask* const task = tasks_.allocate();
  if (task == nullptr) return std::unexpected(SubmitError::too_many_tasks);
  set_deadline(*task, now, timeout);
  return task;
}

InitiatorTask* InitiatorSessionCore::allocate(Instant now, Duration timeout) {
  InitiatorTask* const task = tasks_.allocate();
  if (task == nullptr) return nullptr;
  task->internal = true;
  ++internal_;
  set_deadline(*task, now, timeout);
  return task;
}

void InitiatorSessionCore::set_deadline(InitiatorTask& task, Instant now, Duration timeout) {
  task.deadline = timeout == Duration::zero() || timeout > kNever - now ? kNever : now + timeout;
  deadline_ = std::min(deadline_, task.deadline);
}

// ---------------------------------------------------------------------------------------------------------- queues

InitiatorTask* InitiatorSessionCore::next_to_send(wire::Cid cid, bool urgent_only) {
  const auto take = [&](std::deque<InitiatorTask*>& queue) -> InitiatorTask* {
    const auto mine = std::ranges::find_if(queue, [&](const InitiatorTask* task) { return may_send(*task, cid); });
    if (mine == queue.end()) return nullptr;
    InitiatorTask* const task = *mine;
    queue.erase(mine);
    task->allegiance = cid;
    task->state = State::sent;
    task->cmd_sn = task->immediate ? window_.next() : window_.take();
    if (const auto* management = std::get_if<ManagementWork>(&task->work)) {
      if (task->is_function()) function_sent(*task);
      if (recovery_ != nullptr) take_along(*management, cid);
    }
    return task;
  };
  if (InitiatorTask* const task = take(urgent_)) return task;
  if (!window_.is_open()) return nullptr;
  if (InitiatorTask* const task = take(again_)) return task;
  if (urgent_only || !spread_.may_take(cid)) return nullptr;
  InitiatorTask* const task = take(waiting_);
  if (task != nullptr && spread_.is_choice() && task->scsi() != nullptr) enter_lane(*task, cid);
  return task;
}

/// "There MUST NOT be more than one outstanding Text Request, or Text Response PDU on an iSCSI connection": one
/// exchange is over before the next begins.
//= rfc7143#6.2
bool InitiatorSessionCore::may_send(const InitiatorTask& task, wire::Cid cid) {
  if (task.allegiance && *task.allegiance != cid) return false;
  const auto* management = std::get_if<ManagementWork>(&task.work);
  if (management != nullptr && !task.allegiance && recovery_ != nullptr) return may_name(*management, cid);
  return has_room_for_text(task, cid);
}

bool InitiatorSessionCore::has_room_for_text(const InitiatorTask& task, wire::Cid cid) const {
  if (!std::holds_alternative<TextWork>(task.work)) return true;
  return std::ranges::none_of(tasks_.slots(), [&](const InitiatorTask& other) {
    const auto* text = std::get_if<TextWork>(&other.work);
    if (text == nullptr || &other == &task || other.allegiance != cid) return false;
    return other.state == State::sent || (other.state == State::waiting && text->responses != 0);
  });
}

bool InitiatorSessionCore::negotiates(wire::Cid cid) const {
  return std::ranges::any_of(tasks_.slots(), [cid](const InitiatorTask& task) {
    const auto* text = std::get_if<TextWork>(&task.work);
    return is_living(task) && text != nullptr && text->negotiator && task.allegiance == cid;
  });
}

bool InitiatorSessionCore::is_busy(wire::Cid cid) const {
  return std::ranges::any_of(tasks_.slots(), [cid](const InitiatorTask& task) {
    return is_living(task) && !task.internal && task.allegiance == cid;
  });
}

void InitiatorSessionCore::push_again(InitiatorTask& task) {
  task.state = State::waiting;
  again_.push_back(&task);
}

void InitiatorSessionCore::unqueue(InitiatorTask& task) {
  std::erase(urgent_, &task);
  std::erase(again_, &task);
  std::erase(waiting_, &task);
}

// ------------------------------------------------------------------------------------------------------------- ends

void InitiatorSessionCore::finish(InitiatorTask& task, TaskResult result) {
  assert(task.state == State::waiting || task.state == State::sent);
  if (task.state == State::waiting) unqueue(task);
  if (task.aborter) {
    // An abort that has not left yet has nothing to do any more; of a command that was answered the target would say
    // so.
    InitiatorTask* const aborter = tasks_.find(*task.aborter);
    if (aborter != nullptr && aborter->state == State::waiting) {
      constexpr ManagementCompletion kTooLate{.response = wire::TaskManagementResponseCode::task_does_not_exist};
      const bool has_failed = std::holds_alternative<TaskFailure>(result);
      finish(*aborter, has_failed ? TaskResult(TaskFailure{}) : TaskResult(kTooLate));
    }
  }
  if (task.lane) leave_lane(task);
  const bool answered = task.state == State::sent && task.is_function();
  task.result = std::move(result);
  task.state = State::departing;
  if (answered) function_ended();
  if (!task.internal) ++departing_;
  if (task.views == 0) release(task);
}

void InitiatorSessionCore::enter_lane(InitiatorTask& task, wire::Cid cid) {
  const ScsiWork& work = *task.scsi();
  task.lane = cid;
  spread_.begin(cid, work.data_out.size() + work.data_in.size());
}

void InitiatorSessionCore::leave_lane(InitiatorTask& task) {
  const ScsiWork& work = *task.scsi();
  spread_.end(*task.lane, work.data_out.size() + work.data_in.size());
  task.lane.reset();
}

void InitiatorSessionCore::drop_view(InitiatorTask& task) {
  assert(task.views != 0);
  --task.views;
  if (task.views == 0 && task.state == State::departing) release(task);
}

void InitiatorSessionCore::release(InitiatorTask& task) {
  if (task.internal) {
    --internal_;
  } else {
    --departing_;
    outputs_.push_back({task.id(), std::move(*task.result)});
  }
  tasks_.free(task);
}

std::optional<TaskDone> InitiatorSessionCore::next_output() {
  std::optional<TaskDone> done;
  if (outputs_.empty()) return done;
  done.emplace(std::move(outputs_.front()));
  outputs_.pop_front();
  return done;
}

void InitiatorSessionCore::connection_up(Instant now, wire::Cid cid, const LoginAgreement& agreement) {
  ++connections_;
  spread_.join(cid);
  parameters_ = agreement.session;
  tsih_ = agreement.tsih;
  authenticated_ = agreement.event.authenticated;
  const bool continues = state() == InitiatorSessionState::failed;
  machine_.step(continues ? InitiatorSessionEvent::continued : InitiatorSessionEvent::connection_logged_in);
  if (gaps_ != nullptr && gaps_->find(cid) != nullptr) {
    end_tasks_of(cid);
    pursue(now);
  }
  if (agreement.session.error_recovery_level < 2) return;
  if (recovery_ == nullptr) recovery_ = std::make_unique<InitiatorSessionRecovery>();
  if (recovery_->find(cid) != nullptr) release(now, cid);
  release_ready(now);
}

void InitiatorSessionCore::connection_down(Instant now, const ConnectionEnd& end) {
  const auto [cid, logged_in, graceful] = std::tuple(end.cid, end.logged_in, end.graceful);
  if (logged_in) retire(cid);
  if (logged_in) --connections_;
  std::erase(given_up_, cid);
  if (closing_by_ == cid && !closed_) closing_by_.reset();
  if (recovers_connections()) return suspend(now, end);
  const bool last = connections_ == 0;
  const bool leaves_others = !last && recovery_ == nullptr && !closed_;
  if (leaves_others && (logged_in || gaps_ != nullptr)) return leave_others(now, end);
  const TaskFault fault = graceful && closed_ ? TaskFault::session_closed : TaskFault::connection_lost;
  for (InitiatorTask& task : tasks_.slots()) {
    if (!is_living(task) || (!last && task.allegiance != cid)) continue;
    const bool never_sent = task.state == State::waiting && !task.allegiance;
    finish(task, task.overdue ? TaskFailure{.fault = TaskFault::timed_out}
                              : TaskFailure{.fault = fault, .never_sent = never_sent});
  }
  if (!logged_in || !last) return;
  ended_ = true;
  machine_.step(graceful ? InitiatorSessionEvent::closed : InitiatorSessionEvent::failed);
}

bool InitiatorSessionCore::is_consistent() const {
  std::uint32_t used = 0;
  std::size_t waiting = 0;
  for (const InitiatorTask& task : tasks_.slots()) {
    if (task.state == State::free) continue;
    ++used;
    if (task.state == State::waiting) ++waiting;
    if (task.state == State::departing && task.views == 0) return false;
    if (task.deadline < deadline_ && task.state != State::departing) return false;
  }
  return used == tasks_.used() && waiting == urgent_.size() + again_.size() + waiting_.size() &&
         internal_ + departing_ <= used;
}

}  // namespace lunway::session
