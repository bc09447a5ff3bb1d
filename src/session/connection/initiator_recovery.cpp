// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Recovery within a command: data and R2Ts that were lost or damaged are asked for again, and the status of their
// command waits for them. From ErrorRecoveryLevel 1 on only.
//= rfc7143#7.1.4.1
//= rfc7143#D.2.2

#include <algorithm>
#include <memory>
#include <utility>

#include "session/connection/initiator_connection_core.h"
#include "wire/snack_request.h"

namespace lunway::session {
namespace {

/// What was lost leaves no order to insist on.
constexpr InitiatorRead::Order kAnyOrder{.data_pdu_in_order = false, .data_sequence_in_order = false};

InitiatorCommandRecovery& recovery_of(ScsiWork& work) {
  if (work.recovery == nullptr) work.recovery = std::make_unique<InitiatorCommandRecovery>();
  return *work.recovery;
}

/// "it MUST discard the duplicates"
//= rfc7143#7.9
bool is_duplicate(const ScsiWork& work, std::uint32_t sn) {
  return sn < work.input_sn && !(work.recovery && work.recovery->missing.contains(sn));
}

/// What the target had on its way when it was asked to cut the data anew.
bool is_outdated(const ScsiWork& work, std::uint32_t sn) {
  return work.recovery && work.recovery->tag != wire::kNoSnackTag && sn > work.input_sn;
}

}  // namespace

// -------------------------------------------------------------------------------------------------- numbers of input

bool InitiatorConnectionCore::expects_input(const ScsiWork& work, std::uint32_t sn) {
  return !is_duplicate(work, sn) && !is_outdated(work, sn);
}

/// A target that goes on with a write may number its R2Ts as if those before had not been seen.
//= rfc7143#7.2.2
bool InitiatorConnectionCore::expects_r2t(ScsiWork& work, std::uint32_t sn) {
  const bool is_resumed = std::exchange(work.resumed, false) && work.data_in.empty();
  if (is_resumed && sn < work.input_sn) work.input_sn = sn;
  return expects_input(work, sn);
}

void InitiatorConnectionCore::note_input(Instant now, InitiatorTask& task, std::uint32_t sn, bool intact) {
  ScsiWork& work = *task.scsi();
  if (work.recovery && intact) {
    work.recovery->again_at = now + limits_.recovery_time;
    work.recovery->repetitions = 0;
  }
  if (sn == work.input_sn && intact) {
    ++work.input_sn;
    return;
  }
  if (sn >= work.input_sn) return note_missing(now, task, intact ? sn : sn + 1, sn + 1);
  InitiatorCommandRecovery& recovery = recovery_of(work);
  if (!intact) return request_data(now, task, {.first = sn, .end = sn + 1});
  if (!recovery.missing.remove(sn)) give_up_data(now, task);
}

void InitiatorConnectionCore::note_missing(Instant now, InitiatorTask& task, std::uint32_t end, std::uint32_t next) {
  ScsiWork& work = *task.scsi();
  const std::uint32_t first = std::exchange(work.input_sn, next);
  InitiatorCommandRecovery& recovery = recovery_of(work);
  if (!recovery.missing.add(first, end)) return give_up_data(now, task);
  std::vector<TaskId>& incomplete = recovery_->incomplete;
  if (std::ranges::find(incomplete, task.id()) == incomplete.end()) incomplete.push_back(task.id());
  request_data(now, task, {.first = first, .end = end});
}

// ------------------------------------------------------------------------------------------------------------ SNACK

void InitiatorConnectionCore::request_data(Instant now, InitiatorTask& task, MissingNumbers::Run run) {
  InitiatorCommandRecovery& recovery = *task.scsi()->recovery;
  if (recovery.refused || task.aborter) return;
  if (recovery.resegments) return request_resegmentation(now, task);
  if (++recovery.requests > limits_.data_requests) return give_up_data(now, task);
  recovery.again_at = now + limits_.recovery_time;
  check_by(recovery.again_at);
  answers_.push_back({.snack = wire::SnackRequest::Fields{.type = wire::SnackType::data_or_r2t,
                                                          .itt = task.itt(),
                                                          .beg_run = run.first,
                                                          .run_length = run.end - run.first}});
}

/// "the initiator indicates that it discards all the unacknowledged data and expects the target to resend it". A status
/// that is here already is dropped: another one comes, with the tag.
//= rfc7143#11.16.3
void InitiatorConnectionCore::request_resegmentation(Instant now, InitiatorTask& task) {
  ScsiWork& work = *task.scsi();
  InitiatorCommandRecovery& recovery = *work.recovery;
  if (recovery.is_scattered || ++recovery.requests > limits_.data_requests) return give_up_data(now, task);
  recovery.again_at = now + limits_.recovery_time;
  check_by(recovery.again_at);
  recovery.missing.clear();
  recovery.status.reset();
  recovery.pending_ack.reset();
  work.input_sn = recovery.acknowledged_sn;
  work.read.restart(recovery.acknowledged_bytes);
  // "different from 0 or 0xffffffff and [...] unique for the task"
  //= rfc7143#11.16.5
  recovery.tag = wire::SnackTag(recovery.requests);
  answers_.push_back({.snack = wire::SnackRequest::Fields{
                          .type = wire::SnackType::r_data, .itt = task.itt(), .snack_tag = recovery.tag}});
}

/// What has gone missing stays so. "Abort the task and terminate the command with an error."
//= rfc7143#7.8
void InitiatorConnectionCore::give_up_data(Instant now, InitiatorTask& task) {
  InitiatorCommandRecovery& recovery = *task.scsi()->recovery;
  recovery.refused = true;
  const TaskFailure failure{.fault = TaskFault::data_digest};
  if (recovery.status) return session_.finish(task, failure);
  session_.begin_abort(now, task, failure);
}

/// The target terminates the command, unless its status has been sent already; that is "discarded, so as to internally
/// signal the completion with" an error.
//= rfc7143#7.8
void InitiatorConnectionCore::take_refusal(wire::SnackRequest snack) {
  const bool for_data = snack.type() == wire::SnackType::data_or_r2t || snack.type() == wire::SnackType::r_data;
  InitiatorTask* const task = for_data ? session_.tasks().find(snack.itt()) : nullptr;
  const bool is_ours = task != nullptr && task->state == InitiatorTask::State::sent && task->allegiance == cid_;
  if (!is_ours || task->scsi() == nullptr || task->scsi()->recovery == nullptr) return;
  InitiatorCommandRecovery& recovery = *task->scsi()->recovery;
  if (recovery.missing.empty() && recovery.tag == wire::kNoSnackTag) return;  // it came after all
  recovery.refused = true;
  if (recovery.status) finish_command(*task, std::move(*std::exchange(recovery.status, std::nullopt)));
}

/// "if the initiator has detected holes in the input sequence, it MUST postpone issuing the SNACK of type DataACK until
/// the holes are filled."
//= rfc7143#11.16.2
void InitiatorConnectionCore::acknowledge_data(ScsiWork& work, wire::Ttt ttt, wire::Lun lun) {
  InitiatorCommandRecovery& recovery = recovery_of(work);
  if (!recovery.missing.empty()) {
    recovery.pending_ack = {.ttt = ttt, .lun = lun};
    return;
  }
  recovery.pending_ack.reset();
  recovery.acknowledged_sn = work.input_sn;
  recovery.acknowledged_bytes = work.read.received();
  recovery.is_scattered = !work.read.is_contiguous();
  answers_.push_back(
      {.snack = wire::SnackRequest::Fields{
           .type = wire::SnackType::data_ack, .lun = lun, .ttt = ttt, .beg_run = recovery.acknowledged_sn}});
}

/// Our MaxRecvDataSegmentLength has changed: what the commands under way miss cannot come as it was.
//= rfc7143#11.16.3
void InitiatorConnectionCore::resegment_tasks() {
  for (InitiatorTask& task : session_.tasks().slots()) {
    ScsiWork* const work = task.scsi();
    const bool reads = work != nullptr && !work->data_in.empty() && task.state == InitiatorTask::State::sent;
    if (reads && task.allegiance == cid_) recovery_of(*work).resegments = true;
  }
}

// ---------------------------------------------------------------------------------------------------------- Data-In

std::optional<InitiatorConnectionCore::Placing> InitiatorConnectionCore::judge_recoverable(InitiatorTask& task,
                                                                                           wire::DataIn pdu) {
  ScsiWork& work = *task.scsi();
  const std::uint32_t sn = pdu.data_sn().value();
  if (!expects_input(work, sn)) return Placing{};
  const bool in_turn = sn == work.input_sn && work.recovery == nullptr;
  const InitiatorRead::Order order = in_turn ? read_order() : kAnyOrder;
  const std::uint32_t length = pdu.data_segment_length();
  const InitiatorRead::Fault fault = work.read.judge(pdu.buffer_offset(), length, order);
  if (fault != InitiatorRead::Fault::none) {
    broken(describe(fault));
    return std::nullopt;
  }
  return Placing{.task = &task, .place = work.data_in.subspan(pdu.buffer_offset(), length)};
}

void InitiatorConnectionCore::end_recoverable(Instant now, InitiatorTask& task, wire::DataIn pdu, bool intact) {
  ScsiWork& work = *task.scsi();
  const std::uint32_t sn = pdu.data_sn().value();
  const std::uint32_t length = pdu.data_segment_length();
  if (sn >= work.input_sn) work.read.follow(pdu.buffer_offset(), length, pdu.final());
  if (intact) work.read.count(pdu.buffer_offset(), length);
  note_input(now, task, sn, intact);
  // "When an initiator receives any iSCSI PDU with a payload digest error, it MUST discard the PDU", its status too.
  //= rfc7143#7.8
  if (!intact || task.state != InitiatorTask::State::sent) return;
  const bool counts = sn < work.input_sn;  // unless all data comes anew
  if (pdu.acknowledge() && counts) acknowledge_data(work, pdu.ttt(), pdu.lun());
  if (pdu.has_status()) return take_status_in(task, pdu);
  settle(task);
}

void InitiatorConnectionCore::take_status_in(InitiatorTask& task, wire::DataIn pdu) {
  if (!take_stat_sn(pdu)) return settle(task);
  ScsiWork& work = *task.scsi();
  if (!work.data_out.empty()) return broken("status of a bidirectional command in a Data-In (11.7.3)");
  // Only a SCSI Response can repeat the tag of an R-Data SNACK, and one comes.
  //= rfc7143#11.16.3
  if (work.recovery && work.recovery->tag != wire::kNoSnackTag && !work.recovery->refused) return hold(task);
  finish_command(task, {.status = pdu.status(), .residual = pdu.residual()});
}

/// A Data-In that was here already, or that comes for no task any more; its status may be new.
void InitiatorConnectionCore::take_duplicate(wire::DataIn pdu, bool intact) {
  if (!pdu.has_status()) return;
  if (!intact) return response_damaged(pdu);
  InitiatorTask* const task = session_.tasks().find(pdu.itt());
  const bool is_ours = task != nullptr && task->state == InitiatorTask::State::sent && task->allegiance == cid_;
  if (is_ours && task->scsi() != nullptr) return take_status_in(*task, pdu);
  if (take_stat_sn(pdu) && !session_.was_concluded(pdu.itt()))
    broken("Data-In for no task of this connection (11.2.1.8)");
}

// ----------------------------------------------------------------------------------------------------------- status

bool InitiatorConnectionCore::repeats_tag(wire::ScsiResponse pdu) {
  if (!pdu.stat_sn().precedes(exp_stat_sn_)) return false;
  const InitiatorTask* const task = session_.tasks().find(pdu.itt());
  const ScsiWork* const work = task == nullptr ? nullptr : task->scsi();
  return work != nullptr && work->recovery && pdu.snack_tag() != wire::kNoSnackTag &&
         work->recovery->tag == pdu.snack_tag();
}

bool InitiatorConnectionCore::is_premature(InitiatorTask& task, wire::ScsiResponse pdu) {
  const auto& recovery = task.scsi()->recovery;
  if (!recovery || recovery->tag == wire::kNoSnackTag || recovery->refused) return false;
  if (recovery->tag == pdu.snack_tag()) return false;
  hold(task);
  return true;
}

/// "If the initiator wants to recover the missing data for a command, it MUST NOT acknowledge the received responses
/// that start from the StatSN of the relevant command until it has completed receiving all the data PDUs".
//= rfc7143#7.9
void InitiatorConnectionCore::hold(const InitiatorTask& task) {
  const auto& held = recovery_->held;
  const bool is_held = std::ranges::find(held, task.id(), &InitiatorRecovery::Held::task) != held.end();
  if (!is_held) recovery_->held.push_back({.stat_sn = exp_stat_sn_.previous(), .task = task.id()});
}

bool InitiatorConnectionCore::awaits_data(InitiatorTask& task, ScsiCompletion& completion) {
  const auto& recovery = task.scsi()->recovery;
  if (!recovery || recovery->missing.empty() || recovery->refused || task.aborter) return false;
  recovery->status = std::move(completion);
  hold(task);
  return true;
}

void InitiatorConnectionCore::settle(InitiatorTask& task) {
  const auto& recovery = task.scsi()->recovery;
  if (!recovery || !recovery->missing.empty()) return;
  if (recovery->pending_ack) acknowledge_data(*task.scsi(), recovery->pending_ack->ttt, recovery->pending_ack->lun);
  if (recovery->status) finish_command(task, std::move(*std::exchange(recovery->status, std::nullopt)));
}

wire::StatSN InitiatorConnectionCore::lowest_held() {
  auto& held = recovery_->held;
  while (!held.empty() && session_.tasks().find(held.front().task) == nullptr) held.pop_front();
  return held.empty() ? exp_stat_sn_ : held.front().stat_sn;
}

}  // namespace lunway::session
