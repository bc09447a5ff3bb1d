// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/connection_recovery.h"

#include <algorithm>
#include <utility>

#include "session/command/target_session_core.h"
#include "session/recovery/session_recovery.h"

namespace lunway::session {

ConnectionRecovery::ConnectionRecovery(TargetSessionCore& session, const ConnectionLimits& limits)
    : session_(session),
      acknowledgement_wait_(limits.acknowledgement_wait),
      responses_({.responses = limits.retained_responses, .bytes = limits.retained_response_bytes}),
      sequence_wait_(limits.sequence_wait) {}

void ConnectionRecovery::keep(wire::StatSN number, const wire::Header& header, Bytes data) {
  // A status that comes this way was sent on another connection before, and needs no data any more.
  responses_.add(number, header, data, std::nullopt).data_arrived = true;
  make_room();
}

void ConnectionRecovery::keep_status(wire::StatSN number, const wire::Header& header, Bytes data, TargetTask& task) {
  SessionRecovery& session = *session_.recovery();
  const bool has_data = !session.record_of(task).empty() && session.can_have_room_for(task);
  // What is being sent once more is not given up half-way.
  const auto is_idle = [this](TaskId id) {
    return std::ranges::none_of(resends_, [id](const Resend& resend) { return resend.task == id; });
  };
  RetainedResponses::Response* oldest = responses_.find_with_task(is_idle);
  while (has_data && oldest != nullptr && !session.has_room_for(task)) {
    let_go(*oldest);
    oldest->task.reset();
    oldest = responses_.find_with_task(is_idle);
  }
  const bool keeps = has_data && session.has_room_for(task);
  if (keeps) session.retain(task);
  responses_.add(number, header, data, keeps ? std::optional(task.id()) : std::nullopt).immediate = task.immediate();
  make_room();
}

void ConnectionRecovery::make_room() {
  if (ask_at_ == kNever) ask_at_ = session_.last_tick() + acknowledgement_wait_;
  while (responses_.has_superfluous(acknowledged_)) let_go(responses_.take_oldest());
}

void ConnectionRecovery::acknowledge(wire::StatSN number) {
  acknowledged_ = number;
  asked_ = false;
  while (responses_.has_superfluous(number)) let_go(responses_.take_oldest());
  ask_at_ = responses_.empty() ? kNever : session_.last_tick() + acknowledgement_wait_;
}

void ConnectionRecovery::forget_all() {
  resends_.clear();
  while (!responses_.empty()) let_go(responses_.take_oldest());
  ask_at_ = kNever;
}

std::vector<RetainedResponses::Response> ConnectionRecovery::take_statuses() {
  std::vector<RetainedResponses::Response> statuses;
  while (!responses_.empty()) {
    RetainedResponses::Response response = responses_.take_oldest();
    const wire::BasicHeader header{wire::HeaderView(response.header)};
    if (header.opcode() == wire::Opcode::scsi_response) statuses.push_back(std::move(response));
  }
  forget_all();
  return statuses;
}

void ConnectionRecovery::let_go(const RetainedResponses::Response& response) {
  if (!response.task) return;
  withdraw(*response.task);
  if (TargetTask* task = session_.tasks().find(*response.task)) session_.recovery()->let_go(*task);
}

TargetTask* ConnectionRecovery::find_retained(wire::Itt itt) {
  const RetainedResponses::Response* const response = responses_.find(itt);
  return response == nullptr || !response->task ? nullptr : session_.tasks().find(*response->task);
}

void ConnectionRecovery::drop_data_of(TargetTask& task) {
  RetainedResponses::Response* const response = responses_.find(task.itt());
  if (response == nullptr || response->task != task.id()) return;
  response->data_arrived = true;
  let_go(*response);
  response->task.reset();
}

/// A command that was aborted meanwhile has had its answer: nothing of it may follow.
//= rfc7143#11.5.1
ConnectionRecovery::Resend* ConnectionRecovery::next_resend() {
  const auto is_dead = [this](const Resend& resend) {
    const TargetTask* const task = session_.tasks().find(resend.task);
    return task == nullptr || task->release_due ||
           (task->state != TargetTask::State::answered && task->state != TargetTask::State::departing);
  };
  while (!resends_.empty() && is_dead(resends_.front())) resends_.pop_front();
  return resends_.empty() ? nullptr : &resends_.front();
}

void ConnectionRecovery::withdraw(TaskId task) {
  std::erase_if(resends_, [&](const Resend& resend) { return resend.task == task; });
}

bool ConnectionRecovery::expire(Instant now) {
  if (now < ask_at_) return false;
  ask_at_ = now + acknowledgement_wait_;
  return true;
}

void ConnectionRecovery::await_data_of(TargetTask& task) {
  task.data_moved_at = session_.last_tick();
  look_again_at(task.data_moved_at + sequence_wait_);
}

bool ConnectionRecovery::sequences_due(Instant now) {
  if (now < look_at_) return false;
  look_at_ = kNever;
  return true;
}

void ConnectionRecovery::look_again_at(Instant when) { look_at_ = std::min(look_at_, when); }

void ConnectionRecovery::drop_data() {
  while (RetainedResponses::Response* const response = responses_.find_with_task([](TaskId) { return true; })) {
    let_go(*response);
    response->task.reset();
  }
}

bool ConnectionRecovery::wants_acknowledgement() {
  const bool keeps_much =
      responses_.is_half_full() ||
      (session_.recovery()->is_half_full() && responses_.find_with_task([](TaskId) { return true; }) != nullptr);
  return keeps_much && !std::exchange(asked_, true);
}

}  // namespace lunway::session
