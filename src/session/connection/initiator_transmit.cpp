// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Bytes out. PDUs are made when there is room to send them, so their order on the wire is the order in which their
// CmdSN is taken.

#include <cassert>
#include <utility>
#include <variant>

#include "session/connection/initiator_connection_core.h"
#include "wire/data_out.h"
#include "wire/login_request.h"
#include "wire/logout_request.h"
#include "wire/nop_out.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/text_request.h"

namespace lunway::session {

std::span<const Bytes> InitiatorConnectionCore::next_transmit(Instant now) {
  check_session();
  if (closing_) return {};
  if (batch_.is_empty()) fill_batch(now);
  return batch_.pieces();
}

void InitiatorConnectionCore::transmitted(std::size_t count) {
  if (batch_.consume(count)) drop_batch();
}

void InitiatorConnectionCore::fill_batch(Instant now) {
  if (in_login()) {
    if (session_.logging_out()) return close(Reason::logged_out, "before the login was over");
    if (login_request_due_) send_login_request();
    return;
  }
  // "After sending the Logout Request PDU, an initiator MUST NOT send any new iSCSI requests on the closing
  // connection", nor on any other when it is the session that is to be closed.
  //= rfc7143#11.14
  if (logout_ || session_.closing_by()) return;
  // Commands and data take turns, so that neither waits for the end of the other.
  while (!batch_.is_full(limits_.transmit_bytes)) {
    if (send_answer() || (recovery_ != nullptr && (send_again() || send_due(now)))) continue;
    const bool sent = task_turn_ ? send_task() || send_data() : send_data() || send_task();
    if (!sent) break;
    task_turn_ = !task_turn_;
  }
  if (!batch_.is_full(limits_.transmit_bytes)) send_acknowledgement();
  if (!batch_.is_full(limits_.transmit_bytes) && logout_is_due()) begin_logout(now);
  if (recovery_ != nullptr && !batch_.is_empty()) check_by(now + limits_.recovery_time);
}

void InitiatorConnectionCore::put(const wire::Header& header, Bytes data, Bytes ahs) {
  wire::Header numbered = header;
  acknowledged_stat_sn_ = acknowledgeable();
  wire::set_exp_stat_sn(numbered, acknowledged_stat_sn_);
  fenced_ = false;
  const wire::EncodedPdu& pdu = batch_.add(numbered, ahs, data, digests());
  if (observer_ != nullptr) observer_->sent(pdu.header(), data);
}

void InitiatorConnectionCore::put_for(const wire::Header& header, wire::StatSN exp_stat_sn) {
  wire::Header numbered = header;
  wire::set_exp_stat_sn(numbered, exp_stat_sn);
  const wire::EncodedPdu& pdu = batch_.add(numbered, {}, {}, digests());
  if (observer_ != nullptr) observer_->sent(pdu.header(), {});
}

wire::Digests InitiatorConnectionCore::digests() const {
  // "Digests are not used during login."
  //= rfc7143#13.1
  return {.header = !in_login() && parameters_.header_digest == text::Digest::crc32c,
          .data = !in_login() && parameters_.data_digest == text::Digest::crc32c};
}

InitiatorWrite::Rules InitiatorConnectionCore::write_rules() const {
  const text::SessionParameters& session = session_.parameters();
  return {.initial_r2t = session.initial_r2t,
          .immediate_data = session.immediate_data,
          .first_burst_length = session.first_burst_length,
          .max_burst_length = session.max_burst_length,
          .max_outstanding_r2t = session.max_outstanding_r2t + (recovery_ == nullptr ? 0 : limits_.recovery_r2ts),
          .data_sequence_in_order = session.data_sequence_in_order,
          .max_data_segment = parameters_.peer_max_recv_data_segment_length,
          .may_repeat = recovery_ != nullptr};
}

void InitiatorConnectionCore::send_login_request() {
  login_request_due_ = false;
  const InitiatorLogin::Request request = login_->next_request();
  put(wire::LoginRequest::build({.flags = request.flags,
                                 .isid = session_.profile().isid,
                                 .tsih = session_.tsih(),
                                 .itt = wire::Itt(cid_.value()),
                                 .cid = cid_,
                                 .cmd_sn = session_.window().next(),
                                 .exp_stat_sn = exp_stat_sn_}),
      batch_.keep(std::string(request.text)));
}

// ---------------------------------------------------------------------------------------------------- what is next

bool InitiatorConnectionCore::send_answer() {
  if (answers_.empty()) return false;
  const Answer answer = answers_.front();
  answers_.pop_front();
  if (answer.snack) {
    const bool is_over = answer.snack->itt != wire::kNoItt && session_.tasks().find(answer.snack->itt) == nullptr;
    if (!is_over) put(wire::SnackRequest::build(*answer.snack), {});
    return true;
  }
  put(wire::NopOut::build({.lun = answer.lun, .ttt = answer.ttt, .cmd_sn = session_.window().next()}), {});
  return true;
}

bool InitiatorConnectionCore::send_task() {
  // "the initiator SHOULD NOT issue new iSCSI commands on the connection to be logged out"
  //= rfc7143#11.9.1
  InitiatorTask* const task = session_.next_to_send(cid_, machine_.state() == State::logout_requested);
  if (task == nullptr) return false;
  std::visit([&](auto& work) { send(*task, work); }, task->work);
  return true;
}

/// "MUST either implicitly or explicitly log out the failed connection [...] and reassign connection allegiance for all
/// commands still in progress". What the target has not received is sent again instead.
//= rfc7143#7.1.4.3
//= rfc7143#7.2.1
bool InitiatorConnectionCore::send_due(Instant now) {
  if (!session_.has_due() || machine_.state() != State::logged_in) return false;
  InitiatorTask* const task = session_.next_due(cid_);
  if (task == nullptr) return false;
  ScsiWork* const work = task->scsi();
  if (work != nullptr && session_.is_received(*task)) {
    InitiatorTask* const request = session_.reassign(now, *task);
    if (request != nullptr) send(*request, std::get<ManagementWork>(request->work));
    if (request == nullptr) session_.return_due(*task);
    return request != nullptr;
  }
  if (work != nullptr) work->restart();
  std::visit([&](auto& again) { send(*task, again); }, task->work);
  return true;
}

bool InitiatorConnectionCore::send_data() {
  const auto writer = next_writer();
  if (writer == writers_.end()) return false;
  InitiatorTask* const task = session_.tasks().find(*writer);
  ScsiWork& work = *task->scsi();
  const InitiatorWrite::DataOut pdu = work.write.next(write_rules());
  put(wire::DataOut::build({.final = pdu.final,
                            .lun = pdu.lun,
                            .itt = task->itt(),
                            .ttt = pdu.ttt,
                            .data_sn = pdu.data_sn,
                            .buffer_offset = pdu.offset}),
      work.data_out.subspan(pdu.offset, pdu.length));
  batch_.looks_at(*task);
  session_.add_view(*task);
  // After a sequence it is the next writer's turn.
  if (pdu.final) std::rotate(writer, writer + 1, writers_.end());
  return true;
}

/// The first that may send. Behind unsolicited data that is held back, other unsolicited data waits: it goes in the
/// order of the commands.
//= rfc7143#4.2.5.2
std::deque<TaskId>::iterator InitiatorConnectionCore::next_writer() {
  bool unsolicited_waits = false;
  for (auto at = writers_.begin(); at != writers_.end();) {
    InitiatorTask* const task = session_.tasks().find(*at);
    if (task == nullptr || !task->scsi()->write.due()) {
      if (task != nullptr) task->writing = false;
      at = writers_.erase(at);
      continue;
    }
    const bool unsolicited = task->scsi()->write.owes_unsolicited();
    if (!task->held && !(unsolicited && unsolicited_waits)) return at;
    unsolicited_waits |= unsolicited;
    ++at;
  }
  return writers_.end();
}

/// A target answers ABORT TASK SET and its like only when all earlier responses have been acknowledged, on every
/// connection of the session, and holds others back until a fenced one has been. When there is nothing else to send, a
/// NOP-Out says so.
//= rfc7143#4.2.2.3.3
//= rfc7143#4.2.3.3
//= rfc7143#11.18
void InitiatorConnectionCore::send_acknowledgement() {
  if (!(session_.awaits_function() || fenced_) || acknowledged_stat_sn_ == acknowledgeable()) return;
  put(wire::NopOut::build({.cmd_sn = session_.window().next()}), {});
}

// ------------------------------------------------------------------------------------------------------------ logout

bool InitiatorConnectionCore::logout_is_due() const {
  // "as early as possible": what was not sent yet is not waited for.
  //= rfc7143#11.9.1
  const bool is_asked = machine_.state() == State::logout_requested;
  if (leave_now_ || (is_asked && !session_.is_busy(cid_))) return true;
  return session_.logging_out() && session_.active_tasks() == 0;
}

void InitiatorConnectionCore::begin_logout(Instant now) {
  InitiatorTask* const task = session_.allocate(now, Duration::zero());
  if (task == nullptr) return;
  task->immediate = true;
  task->allegiance = cid_;
  task->state = InitiatorTask::State::sent;
  task->cmd_sn = session_.window().next();
  // A target that wants to be rid of one of several connections leaves the session to the others.
  // Where tasks outlive their connection, so does the session.
  const bool goes_alone = !session_.logging_out() && (session_.connections() > 1 || session_.recovers_connections());
  const auto reason_alone =
      session_.recovers_connections() ? wire::LogoutReason::remove_for_recovery : wire::LogoutReason::close_connection;
  task->work = LogoutWork{.reason = goes_alone ? reason_alone : wire::LogoutReason::close_session, .cid = cid_};
  if (!goes_alone) session_.set_closing_by(cid_);
  logout_ = task->id();
  logout_deadline_ = now + limits_.logout_time;
  leave_by_ = kNever;
  machine_.step(Event::logout_started);
  send(*task, std::get<LogoutWork>(task->work));
}

// -------------------------------------------------------------------------------------------------- one task, one PDU

void InitiatorConnectionCore::send(InitiatorTask& task, ScsiWork& work) {
  task.order = ++order_;
  const std::size_t write_length = work.data_out.size();
  const InitiatorWrite::Opening opening = work.write.begin(static_cast<std::uint32_t>(write_length), write_rules());
  const std::size_t expected = write_length != 0 ? write_length : work.data_in.size();
  put(wire::ScsiCommand::build({.final = !opening.unsolicited_follows,
                                .read = !work.data_in.empty(),
                                .write = write_length != 0,
                                .attribute = work.attribute,
                                .priority = session_.has_rfc7144() ? work.priority : std::uint8_t{0},
                                .lun = work.lun,
                                .itt = task.itt(),
                                .expected_data_transfer_length = static_cast<std::uint32_t>(expected),
                                .cmd_sn = task.cmd_sn,
                                .cdb = work.cdb}),
      work.data_out.first(opening.immediate), work.ahs);
  batch_.looks_at(task);
  session_.add_view(task);
  if (work.write.due() && !std::exchange(task.writing, true)) writers_.push_back(task.id());
}

void InitiatorConnectionCore::send(InitiatorTask& task, ManagementWork& work) {
  // "If an ABORT TASK is issued for a task created by an immediate command, then the RefCmdSN MUST be that of the task
  // management request itself", and QUERY TASK alike.
  //= rfc7143#11.5.5
  //= rfc7144#6.3.3
  const bool has_ref_cmd_sn = wire::has_referenced_task(work.function) && work.referenced_itt != wire::kNoItt &&
                              work.function != wire::TaskManagementFunction::task_reassign;
  put(wire::TaskManagementRequest::build(
          {.function = work.function,
           .lun = wire::has_lun(work.function) ? work.lun : wire::Lun{},
           .itt = task.itt(),
           .referenced_task_tag = work.referenced_itt,
           .cmd_sn = task.cmd_sn,
           .ref_cmd_sn = has_ref_cmd_sn ? work.referenced_cmd_sn.value_or(task.cmd_sn) : wire::CmdSN{},
           .exp_data_sn = wire::DataSN(work.exp_data_sn)}),
      {});
}

void InitiatorConnectionCore::send(InitiatorTask& task, PingWork& work) {
  task.order = ++order_;
  const std::size_t most = parameters_.peer_max_recv_data_segment_length;
  if (work.payload.size() > most) work.payload.resize(most);
  put(wire::NopOut::build({.immediate = task.immediate, .itt = task.itt(), .cmd_sn = task.cmd_sn}), work.payload);
  batch_.looks_at(task);
  session_.add_view(task);
}

void InitiatorConnectionCore::send(InitiatorTask& task, TextWork& work) {
  const text::TextWriter::Piece piece = work.request.next_piece(parameters_.peer_max_recv_data_segment_length);
  work.continues = piece.continues;
  put(wire::TextRequest::build({.final = !piece.continues,
                                .continues = piece.continues,
                                .lun = work.lun,
                                .itt = task.itt(),
                                .ttt = work.ttt,
                                .cmd_sn = task.cmd_sn}),
      batch_.keep(std::string(piece.text)));
}

void InitiatorConnectionCore::send(InitiatorTask& task, LogoutWork& work) {
  const bool names_connection = work.reason != wire::LogoutReason::close_session;
  const wire::Header header = wire::LogoutRequest::build({.immediate = true,
                                                          .reason = work.reason,
                                                          .itt = task.itt(),
                                                          .cid = names_connection ? work.cid : wire::Cid{},
                                                          .cmd_sn = task.cmd_sn});
  // "This is the last ExpStatSN value for the connection to be closed."
  //= rfc7143#11.14.4
  if (work.cid == cid_) return put(header, {});
  put_for(header, work.exp_stat_sn);
}

}  // namespace lunway::session
