// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SNACK Requests at a target.
//= rfc7143#11.16
//= rfc7143#7.8

#include <algorithm>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "session/recovery/session_recovery.h"
#include "wire/snack_request.h"

namespace lunway::session {

using wire::RejectReason;
using wire::SnackType;

namespace {

bool asks_for_data(SnackType type) { return type == SnackType::data_or_r2t || type == SnackType::r_data; }

}  // namespace

void TargetConnectionCore::on_snack(wire::HeaderView header) {
  const wire::SnackRequest snack(header);
  if (recovery_ == nullptr) {
    TargetTask* task = asks_for_data(snack.type()) ? session_->tasks().find(snack.itt()) : nullptr;
    if (task != nullptr && (task->kind != TargetTask::Kind::command || task->connection != this)) task = nullptr;
    return refuse_snack(header, task);
  }
  if (const auto error = snack.format_error()) return on_format_error(*error, header, {});
  switch (snack.type()) {
    case SnackType::data_or_r2t:
      return on_data_snack(snack);
    case SnackType::status:
      return on_status_snack(snack);
    case SnackType::data_ack:
      return on_data_ack(snack);
    case SnackType::r_data:
      return on_r_data_snack(snack);
  }
}

/// What the initiator misses is lost, and its command has failed, unless the status is on its way.
//= rfc7143#7.8
void TargetConnectionCore::refuse_snack(wire::HeaderView header, TargetTask* task) {
  reject(RejectReason::snack_reject, header);
  if (task != nullptr && task->is_outstanding()) session_->fail_for_lost_data(*task);
}

/// The command that a SNACK for data names. Without one the SNACK is rejected: what it asks for was never sent, or is
/// acknowledged; or it is kept no longer, which is told apart.
TargetTask* TargetConnectionCore::task_of(const wire::SnackRequest& snack) {
  TargetTask* task = session_->tasks().find(snack.itt());
  const bool lives = task != nullptr && task->is_outstanding() && task->state != TargetTask::State::aborting &&
                     task->connection == this;
  if (!lives) task = recovery_->find_retained(snack.itt());
  if (task != nullptr) return task;
  const bool has_only_status = recovery_->responses().find(snack.itt()) != nullptr;
  reject(has_only_status ? RejectReason::snack_reject : RejectReason::protocol_error, snack.header());
  return nullptr;
}

void TargetConnectionCore::on_data_snack(const wire::SnackRequest& snack) {
  TargetTask* const task = task_of(snack);
  if (task == nullptr) return;
  const ReadRecord& record = session_->recovery()->record_of(*task);
  const std::uint32_t sent = task->next_data_sn;
  const std::uint32_t first_data_in = record.empty() ? sent : record.first_data_sn();
  const std::uint32_t first_kept = record.empty() ? sent : record.first_unacknowledged();
  const bool all = snack.beg_run() == 0 && snack.run_length() == 0;
  const std::uint32_t begin = snack.beg_run();
  const bool is_inside = begin < sent && snack.run_length() <= sent - begin;
  const bool is_acknowledged = begin >= first_data_in && begin < first_kept;
  if (!all && (!is_inside || is_acknowledged)) return reject_run(snack, sent);

  const std::uint32_t end = snack.run_length() == 0 ? sent : begin + snack.run_length();
  if (begin < first_data_in && !send_r2ts_again(*task, begin, std::min(end, first_data_in)) && !all) {
    return reject_run(snack, sent);
  }
  if (end <= first_data_in) return;
  const std::uint32_t from = std::max(begin, first_kept);
  if (from == end) return;
  const auto max_data = parameters_.peer_max_recv_data_segment_length;
  const auto transfer = record.rewound(from, max_data, session_->request().session.max_burst_length);
  if (!transfer) return refuse_snack(snack.header(), task);
  recovery_->send_again(
      {.task = task->id(),
       .run = ConnectionRecovery::Resend::Run{.transfer = *transfer, .next = from, .end = end, .segment = max_data}});
}

/// False when one of them was not sent, or has been answered, which acknowledges it.
bool TargetConnectionCore::send_r2ts_again(TargetTask& task, std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t found = task.write.repeat(begin, end);
  session_->advance(task);
  return found == end - begin;
}

/// "Any SNACK that requests a numbered response, data, or R2T that was not sent by the target or was already
/// acknowledged by the initiator MUST be rejected".
//= rfc7143#11.16
//= rfc7143#11.17.2
void TargetConnectionCore::reject_run(const wire::SnackRequest& snack, std::uint32_t next) {
  transmitter_.answer(wire::Reject::build({.reason = RejectReason::protocol_error, .data_sn_or_r2t_sn = next}),
                      snack.header());
}

void TargetConnectionCore::on_status_snack(const wire::SnackRequest& snack) {
  const bool all = snack.beg_run() == 0 && snack.run_length() == 0;
  const wire::StatSN begin = all ? acknowledged_ : wire::StatSN(snack.beg_run());
  const wire::StatSN next = transmitter_.stat_sn();
  const bool is_inside = begin.precedes(next) && snack.run_length() <= begin.distance_to(next);
  if (!all && (!is_inside || begin.precedes(acknowledged_))) return reject_run(snack, 0);

  const std::uint32_t count = snack.run_length() == 0 ? begin.distance_to(next) : snack.run_length();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (recovery_->responses().find(begin.advanced_by(i)) != nullptr) continue;
    // It was sent and has been forgotten.
    return reject(RejectReason::snack_reject, snack.header());
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto* const response = recovery_->responses().find(begin.advanced_by(i));
    transmitter_.answer_again(response->number, response->header, response->data);
  }
}

void TargetConnectionCore::on_data_ack(const wire::SnackRequest& snack) {
  TargetTask* const task = session_->recovery()->find(snack.ttt());
  // The status of the command is acknowledged by now, perhaps by this very PDU, and with it the data.
  //= rfc7143#11.7.2
  if (task == nullptr && session_->has_issued(snack.ttt())) return;
  if (task == nullptr || task->connection != this || task->lun() != snack.lun()) {
    return reject(RejectReason::invalid_pdu_field, snack.header());
  }
  ReadRecord& record = session_->recovery()->record_of(*task);
  const bool is_valid =
      !record.empty() && snack.beg_run() >= record.first_unacknowledged() && snack.beg_run() <= task->next_data_sn;
  if (!is_valid) return reject(RejectReason::invalid_data_ack, snack.header());
  record.acknowledge(snack.beg_run(), session_->request().session.max_burst_length);
  if (task->retained && task->read.done() && snack.beg_run() == task->next_data_sn) recovery_->drop_data_of(*task);
}

//= rfc7143#11.16.3
void TargetConnectionCore::on_r_data_snack(const wire::SnackRequest& snack) {
  TargetTask* const task = task_of(snack);
  if (task == nullptr) return;
  if (task->read_length == 0) return reject_run(snack, task->next_data_sn);
  ReadRecord& record = session_->recovery()->record_of(*task);
  // To begin at an earlier number than that of the last DataACK would break the rule.
  if (record.has_lost_track()) return refuse_snack(snack.header(), task);
  record.snack_tag = snack.snack_tag();
  recovery_->withdraw(task->id());
  if (!record.empty() && !task->lost_data) {
    task->read = record.unacknowledged();
    task->next_data_sn = record.first_unacknowledged();
    record.restart();
  }
  if (task->retained) {
    recovery_->send_again({.task = task->id(), .run = std::nullopt});
  } else if (task->state == TargetTask::State::answered) {
    transmitter_.withdraw(*task);
    session_->advance(*task);
  }
}

}  // namespace lunway::session
