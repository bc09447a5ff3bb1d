// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What each PDU of a target means, text and Data-In apart.

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "session/connection/initiator_connection_core.h"
#include "wire/sense_segment.h"

namespace lunway::session {
namespace {

/// Bytes that moved: what was expected, but for an underflow. One of more than was expected explains nothing, and no
/// data can be as much as it says.
std::uint64_t moved(std::size_t expected, wire::Residual residual) {
  if (!residual.is_underflow()) return expected;
  return residual.count > expected ? std::numeric_limits<std::uint64_t>::max() : expected - residual.count;
}

/// Whether all the data moved that the status says has moved. "GOOD" over missing data would be a silent loss.
//= rfc7143#11.4.5
bool is_complete(const ScsiWork& work, const ScsiCompletion& completion) {
  const bool bidirectional = !work.data_out.empty() && !work.data_in.empty();
  const wire::Residual& read_residual = bidirectional ? completion.read_residual : completion.residual;
  return (work.data_in.empty() || work.read.received() >= moved(work.data_in.size(), read_residual)) &&
         (work.data_out.empty() || work.write.sent() >= moved(work.data_out.size(), completion.residual));
}

/// "a SCSI Response PDU with an ExpDataSN that implies missing data PDU(s)" means a digest error in these, and then the
/// command is terminated "with an error". Only one that is too high implies that: the target counts Data-In PDUs, we
/// R2Ts too where both share one sequence, and targets in wide use leave the field 0.
//= rfc7143#7.9
//= rfc7143#7.8
bool misses_data(const ScsiWork& work, wire::ScsiResponse pdu) {
  return !work.data_in.empty() && pdu.exp_data_sn().value() > work.input_sn;
}

/// 3/4 of it: the Logout is to arrive in time.
Duration most_of(std::uint16_t seconds) { return std::chrono::milliseconds(std::int64_t{750} * seconds); }

}  // namespace

// ------------------------------------------------------------------------------------------------------------ login

void InitiatorConnectionCore::take(Instant now, wire::LoginResponse pdu, Bytes data) {
  if (pdu.itt() != wire::Itt(cid_.value())) return broken("a Login Response for another task (6.3)");
  if (login_request_due_) return broken("a Login Response that nobody asked for (6.3)");
  // "The numbering fields are only valid if Status-Class is 0."
  //= rfc7143#11.13.5
  if (wire::status_class(pdu.status()) == wire::LoginStatusClass::success) {
    if (!std::exchange(stat_sn_known_, true)) exp_stat_sn_ = pdu.stat_sn();
    if (!take_stat_sn(pdu)) return;
    take_window(pdu);
  }
  auto progress = login_->receive(pdu, data);
  if (!progress) return close(std::move(progress.error()), Event::login_refused);
  if (*progress == InitiatorLogin::Progress::done) return login_succeeded(now);
  login_request_due_ = true;
}

void InitiatorConnectionCore::login_succeeded(Instant now) {
  const LoginAgreement agreement = login_->agreement();
  login_.reset();
  parameters_ = agreement.connection;
  [[maybe_unused]] const bool between_pdus = framer_.enable_digests(digests());
  assert(between_pdus);
  framer_.set_max_data_segment_length(parameters_.our_max_recv_data_segment_length);
  login_deadline_ = kNever;
  last_heard_ = now;
  logged_in_ = true;
  if (agreement.session.error_recovery_level != 0) recovery_ = std::make_unique<InitiatorRecovery>();
  machine_.step(Event::login_accepted);
  session_.connection_up(now, cid_, agreement);
  outputs_.emplace_back(agreement.event);
}

// --------------------------------------------------------------------------------------------------------- commands

void InitiatorConnectionCore::take(Instant now, wire::ScsiResponse pdu, Bytes data) {
  const bool comes_again = recovery_ != nullptr && repeats_tag(pdu);
  if (!comes_again && !take_stat_sn(pdu)) return;
  take_window(pdu);
  InitiatorTask* const task = task_of(pdu.itt(), "SCSI Response");
  if (task == nullptr) return;
  if (task->scsi() == nullptr) return broken("SCSI Response for a task that is no SCSI command (11.4)");
  if (!pdu.completed_at_target()) return session_.finish(*task, TaskFailure{.fault = TaskFault::target_failure});
  if (!wire::is_good_status(pdu.status())) note_fence();
  if (recovery_ != nullptr && is_premature(*task, pdu)) return;
  if (misses_data(*task->scsi(), pdu)) {
    if (recovery_ == nullptr) return session_.finish(*task, TaskFailure{.fault = TaskFault::data_missing});
    note_missing(now, *task, pdu.exp_data_sn().value(), pdu.exp_data_sn().value());
    if (task->state != InitiatorTask::State::sent) return;
  }

  const auto segment = wire::SenseSegment::parse(data);
  if (!segment) return format_error(segment.error());
  const Bytes sense = segment->sense.first(std::min(segment->sense.size(), session_.limits().sense_bytes));
  finish_command(*task, {.status = pdu.status(),
                         .status_qualifier = session_.has_rfc7144() ? pdu.status_qualifier() : std::uint16_t{0},
                         .sense = {sense.begin(), sense.end()},
                         .residual = pdu.residual(),
                         .read_residual = pdu.bidirectional_read_residual()});
}

void InitiatorConnectionCore::finish_command(InitiatorTask& task, ScsiCompletion completion) {
  ScsiWork& work = *task.scsi();
  completion.bytes_in = work.read.received();
  const bool damaged = task.aborter && task.abort_cause.fault == TaskFault::data_digest;
  if (damaged) return session_.finish(task, task.abort_cause);
  if (recovery_ != nullptr && awaits_data(task, completion)) return;
  const bool refused = work.recovery != nullptr && work.recovery->refused;
  if (refused && wire::is_good_status(completion.status))
    return session_.finish(task, TaskFailure{.fault = TaskFault::data_refused});
  if (wire::is_good_status(completion.status) && !is_complete(work, completion))
    return session_.finish(task, TaskFailure{.fault = TaskFault::data_missing});
  session_.finish(task, std::move(completion));
}

/// The target may hold back all further responses of a unit until this one has been acknowledged. Which responses it
/// fences depends on what it knows: the answers to functions and unit attentions, among others.
//= rfc7143#4.2.2.3.3
//= rfc7143#4.2.2.3.4
void InitiatorConnectionCore::note_fence() {
  const bool fences = session_.parameters().task_reporting != text::TaskReporting::rfc3720;
  if (fences && session_.connections() > 1) fenced_ = true;
}

void InitiatorConnectionCore::take(Instant now, wire::ReadyToTransfer pdu) {
  take_window(pdu);
  // Where things are sent again, they may come after the end of their task.
  if (recovery_ != nullptr && session_.tasks().find(pdu.itt()) == nullptr) return;
  InitiatorTask* const task = task_of(pdu.itt(), "R2T");
  if (task == nullptr) return;
  ScsiWork* const work = task->scsi();
  if (work == nullptr) return broken("R2T for a task that is no SCSI command (11.8)");
  if (pdu.lun() != work->lun) return broken("R2T with another LUN than its command (4.2.5.3)");
  //= rfc7143#7.9
  const wire::R2TSN expected(work->input_sn);
  if (recovery_ == nullptr) {
    if (pdu.r2t_sn().precedes(expected)) return;
    if (pdu.r2t_sn() != expected) return broken("R2TSN is not the next one: an R2T is missing (7.9)");
  } else if (!expects_r2t(*work, pdu.r2t_sn().value())) {
    return;
  }
  const InitiatorWrite::Fault fault = work->write.take(
      {.ttt = pdu.ttt(), .lun = pdu.lun(), .offset = pdu.buffer_offset(), .length = pdu.desired_data_transfer_length()},
      write_rules());
  if (fault != InitiatorWrite::Fault::none) return broken(describe(fault));
  if (!std::exchange(task->writing, true)) writers_.push_back(task->id());
  if (recovery_ == nullptr) {
    ++work->input_sn;
    return;
  }
  note_input(now, *task, pdu.r2t_sn().value(), true);
  if (task->state == InitiatorTask::State::sent) settle(*task);
}

// --------------------------------------------------------------------------------------------- all other responses

void InitiatorConnectionCore::take(Instant now, wire::NopIn pdu, Bytes data) {
  take_window(pdu);
  if (!pdu.is_answer()) {
    // "This helps the initiator detect any missing StatSN(s)".
    //= rfc7143#7.1.4.2
    if (recovery_ != nullptr && exp_stat_sn_.precedes(pdu.stat_sn())) request_responses();
    if (pdu.wants_answer()) answers_.push_back({.ttt = pdu.ttt(), .lun = pdu.lun()});
    return;
  }
  if (!take_stat_sn(pdu)) return;
  InitiatorTask* const task = task_of(pdu.itt(), "NOP-In");
  if (task == nullptr) return;
  const auto* ping = std::get_if<PingWork>(&task->work);
  if (ping == nullptr) return broken("NOP-In for a task that is no ping (11.19)");
  if (recovery_ != nullptr) take_echo(now, *task);
  // "up to the first MaxRecvDataSegmentLength bytes"
  //= rfc7143#11.19
  const Bytes sent(ping->payload);
  const Bytes echo = sent.first(std::min<std::size_t>(sent.size(), parameters_.our_max_recv_data_segment_length));
  if (std::ranges::equal(echo, data))
    session_.finish(*task, PingCompletion{});
  else
    session_.finish(*task, TaskFailure{.fault = TaskFault::echo_differs});
}

void InitiatorConnectionCore::take(Instant now, wire::TaskManagementResponse pdu) {
  if (!take_stat_sn(pdu)) return;
  take_window(pdu);
  InitiatorTask* const task = task_of(pdu.itt(), "Task Management Function Response");
  if (task == nullptr) return;
  if (!std::holds_alternative<ManagementWork>(task->work))
    return broken("Task Management Function Response for another task (11.6)");
  note_fence();
  session_.take_management(
      now, *task, {.response = pdu.response(), .additional_information = pdu.additional_response_information()});
}

void InitiatorConnectionCore::take(Instant now, wire::LogoutResponse pdu) {
  if (!take_stat_sn(pdu)) return;
  take_window(pdu);
  InitiatorTask* const task = task_of(pdu.itt(), "Logout Response");
  if (task == nullptr) return;
  const auto* logout = std::get_if<LogoutWork>(&task->work);
  if (logout == nullptr) return broken("Logout Response for another task (11.15)");
  const bool is_removal = logout->reason == wire::LogoutReason::remove_for_recovery;
  if (is_removal && logout->cid != cid_) return session_.take_recovery_logout(now, *task, pdu);
  if (logout->cid != cid_) return session_.take_removal(now, *task, pdu.response());
  if (is_removal && pdu.response() == wire::LogoutResponseCode::recovery_not_supported) session_.abandon();
  if (is_removal) note_respite(pdu.time2wait(), pdu.time2retain());
  if (pdu.response() != wire::LogoutResponseCode::closed)
    return close(Reason::logout_failed, wire::to_string(pdu.response()), Event::logout_failed);
  if (logout->reason == wire::LogoutReason::close_session) session_.set_closed();
  graceful_ = true;
  close(InitiatorClose{.reason = Reason::logged_out, .time2wait_s = pdu.time2wait()}, Event::logout_succeeded);
}

void InitiatorConnectionCore::note_respite(std::uint16_t time2wait_s, std::uint16_t time2retain_s) {
  respite_ = {.time2wait = time2wait_s, .time2retain = time2retain_s};
}

// -------------------------------------------------------------------------------------------- the target's own words

void InitiatorConnectionCore::take(Instant now, wire::AsynchronousMessage pdu, Bytes data) {
  if (!take_stat_sn(pdu)) return;
  take_window(pdu);
  const auto segment = wire::SenseSegment::parse(data);
  if (!segment) return format_error(segment.error());
  const Bytes sense = segment->sense.first(std::min(segment->sense.size(), session_.limits().sense_bytes));
  outputs_.emplace_back(TargetEvent{.event = pdu.event(),
                                    .lun = pdu.lun(),
                                    .parameter1 = pdu.parameter1(),
                                    .parameter2 = pdu.parameter2(),
                                    .parameter3 = pdu.parameter3(),
                                    .vendor_code = pdu.vendor_code(),
                                    .sense = {sense.begin(), sense.end()}});
  honour(now, pdu);
}

//= rfc7143#11.9.1
void InitiatorConnectionCore::honour(Instant now, wire::AsynchronousMessage pdu) {
  const bool for_us = pdu.event() != wire::AsyncEvent::connection_drop || pdu.dropped_cid() == cid_;
  switch (pdu.event()) {
    case wire::AsyncEvent::logout_request:
      machine_.step(Event::logout_asked);
      session_.retire(cid_);
      if (!logout_) leave_by_ = std::min(leave_by_, now + most_of(pdu.parameter3()));
      break;
    case wire::AsyncEvent::connection_drop:
    case wire::AsyncEvent::session_drop:
      session_.announce_drop(now, {.cid = for_us ? std::nullopt : std::optional(pdu.dropped_cid()),
                                   .time2wait_s = pdu.time2wait(),
                                   .time2retain_s = pdu.time2retain()});
      if (!for_us) break;
      note_respite(pdu.time2wait(), pdu.time2retain());
      close(InitiatorClose{.reason = Reason::target_dropped,
                           .detail = std::string(wire::to_string(pdu.event())),
                           .time2wait_s = pdu.time2wait()},
            Event::drop_announced);
      break;
    case wire::AsyncEvent::negotiation_request:
      (void)begin_negotiation(now);  // or one is under way
      break;
    case wire::AsyncEvent::task_termination:
      // "MUST NOT be used on an iSCSI session unless" FastAbort was agreed on. Then it means nothing.
      if (session_.parameters().task_reporting != text::TaskReporting::fast_abort) break;
      session_.terminate(now, cid_, pdu.lun());
      answers_.push_back({.ttt = wire::kNoTtt, .lun = pdu.lun()});
      break;
    default:
      break;  // the rest asks for nothing
  }
}

void InitiatorConnectionCore::take(Instant now, wire::Reject pdu, Bytes data) {
  if (!take_stat_sn(pdu)) return;
  take_window(pdu);
  const auto rejected = wire::RejectedHeader::parse(data);
  if (!rejected) return format_error(rejected.error());
  const wire::BasicHeader header(rejected->header);
  if (recovery_ != nullptr && header.opcode() == wire::Opcode::snack_request)
    take_refusal(wire::SnackRequest(rejected->header));
  InitiatorTask* const task = session_.tasks().find(header.itt());
  // Only the Reject of a request ends a task; others are followed by a response.
  //= rfc7143#7.3
  const bool is_request = header.opcode() != wire::Opcode::data_out && header.opcode() != wire::Opcode::snack_request;
  const bool is_ours = task != nullptr && task->state == InitiatorTask::State::sent && task->allegiance == cid_;
  if (!is_request || !is_ours) {
    outputs_.emplace_back(UnrelatedReject{pdu.reason()});
    return;
  }
  reject_task(now, *task, pdu.reason());
}

void InitiatorConnectionCore::reject_task(Instant now, InitiatorTask& task, wire::RejectReason reason) {
  const TaskFailure failure{.fault = TaskFault::rejected, .reject_reason = reason};
  // "the immediate data is implicitly recovered when the task is retried"
  //= rfc7143#7.8
  const bool is_received = !task.immediate && task.cmd_sn.precedes(session_.window().expected());
  const bool may_retry = recovery_ != nullptr && reason == wire::RejectReason::data_digest_error && !is_received;
  if (may_retry && task.scsi() != nullptr && task.retries < limits_.recovery_attempts) return retry(now, task);
  if (std::holds_alternative<LogoutWork>(task.work))
    return close(Reason::logout_failed, wire::to_string(reason), Event::logout_failed);
  if (auto* management = std::get_if<ManagementWork>(&task.work)) {
    // The task that was to be aborted goes on, or the connection ends with it.
    const ManagementCompletion refused{.response = wire::TaskManagementResponseCode::function_rejected};
    if (management->function == wire::TaskManagementFunction::abort_task)
      return session_.take_management(now, task, refused);
  }
  // "the initiator MUST plug the CmdSN gap": an ABORT TASK does, unless the target counted the command as received.
  //= rfc7143#7.3
  const bool leaves_gap = !task.immediate && !is_received;
  if (leaves_gap) return session_.begin_abort(now, task, failure);
  session_.finish(task, failure);
}

}  // namespace lunway::session
