// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Bytes in: framing, dispatch, and Data-In, whose data goes straight to the caller's buffer. A Data-In is judged before
// its first byte is placed.
//= rfc7143#11.7

#include <string_view>
#include <utility>

#include "session/connection/initiator_connection_core.h"

namespace lunway::session {
namespace {

//= rfc7143#4.2.4
constexpr std::string_view kIntrusion = "another PDU than a Login Response during login (4.2.4)";

bool begins_login_response(Bytes pdu) {
  constexpr std::byte kOpcodeMask{0x3f};
  return (pdu.front() & kOpcodeMask) == static_cast<std::byte>(wire::Opcode::login_response);
}

}  // namespace

std::size_t InitiatorConnectionCore::receive(Instant now, Bytes input) {
  if (!wants_input() || input.empty()) return 0;
  last_heard_ = now;
  const bool intrudes = in_login() && framer_.is_idle() && !begins_login_response(input);
  Bytes rest = input;
  take_step(now, framer_.next(rest), rest);
  // The rest of such a PDU may never come.
  if (intrudes) broken(kIntrusion);
  return input.size() - rest.size();
}

void InitiatorConnectionCore::received_into_window(Instant now, std::size_t count) {
  if (closing_) return;
  last_heard_ = now;
  framer_.advanced(count);
  Bytes nothing;
  take_step(now, framer_.next(nothing), nothing);
}

void InitiatorConnectionCore::take_step(Instant now, wire::Step step, Bytes& rest) {
  if (const auto* needed = std::get_if<wire::PlaceNeeded>(&step)) {
    begin_data_in(needed->header);
    if (closing_) return;
    step = framer_.next(rest);
  }
  if (const auto* whole = std::get_if<wire::WholePdu>(&step)) take_pdu(now, *whole);
  if (const auto* error = std::get_if<wire::FramingError>(&step)) framing_error(*error);
}

void InitiatorConnectionCore::framing_error(const wire::FramingError& error) {
  switch (error.kind) {
    case wire::FramingError::Kind::header_digest:
      close(Reason::header_digest, "a header does not match its digest (7.8)");
      break;
    case wire::FramingError::Kind::ahs_too_long:
      broken("an Additional Header Segment, which no PDU of a target has (11.2.1.5)");
      break;
    case wire::FramingError::Kind::data_segment_too_long:
      broken("a data segment longer than our MaxRecvDataSegmentLength (13.12)");
      break;
  }
}

void InitiatorConnectionCore::format_error(const wire::FormatError& error) {
  broken(std::string(error.rule) + " (" + std::string(error.section) + ")");
}

void InitiatorConnectionCore::take_pdu(Instant now, const wire::WholePdu& pdu) {
  if (observer_ != nullptr) observer_->received(pdu.header, pdu.data);
  const wire::Opcode opcode = wire::BasicHeader(pdu.header).opcode();
  if (in_login()) {
    // The target is not in the Full Feature Phase yet, and neither are we.
    if (opcode != wire::Opcode::login_response) return broken(kIntrusion);
    return with<wire::LoginResponse>(pdu, [&](wire::LoginResponse response) { take(now, response, pdu.data); });
  }
  if (opcode == wire::Opcode::data_in) return take_data_in(now, pdu);
  if (!pdu.data_digest_ok) {
    if (recovery_ != nullptr) return response_damaged(wire::ResponseHeader(pdu.header));
    return close(Reason::data_digest, "a response does not match its data digest (7.8)");
  }
  dispatch(now, pdu);
}

void InitiatorConnectionCore::dispatch(Instant now, const wire::WholePdu& pdu) {
  switch (wire::BasicHeader(pdu.header).opcode()) {
    case wire::Opcode::nop_in:
      return with<wire::NopIn>(pdu, [&](wire::NopIn in) { take(now, in, pdu.data); });
    case wire::Opcode::scsi_response:
      return with<wire::ScsiResponse>(pdu, [&](wire::ScsiResponse in) { take(now, in, pdu.data); });
    case wire::Opcode::task_management_response:
      return with<wire::TaskManagementResponse>(pdu, [&](wire::TaskManagementResponse in) { take(now, in); });
    case wire::Opcode::text_response:
      return with<wire::TextResponse>(pdu, [&](wire::TextResponse in) { take(now, in, pdu.data); });
    case wire::Opcode::logout_response:
      return with<wire::LogoutResponse>(pdu, [&](wire::LogoutResponse in) { take(now, in); });
    case wire::Opcode::ready_to_transfer:
      return with<wire::ReadyToTransfer>(pdu, [&](wire::ReadyToTransfer in) { take(now, in); });
    case wire::Opcode::asynchronous_message:
      return with<wire::AsynchronousMessage>(pdu, [&](wire::AsynchronousMessage in) { take(now, in, pdu.data); });
    case wire::Opcode::reject:
      return with<wire::Reject>(pdu, [&](wire::Reject in) { take(now, in, pdu.data); });
    default:
      broken("a PDU that a target does not send in the Full Feature Phase (11.2.1.2)");
  }
}

bool InitiatorConnectionCore::take_stat_sn(const wire::ResponseHeader& pdu) {
  if (pdu.stat_sn() == exp_stat_sn_) {
    exp_stat_sn_ = exp_stat_sn_.next();
    return true;
  }
  if (recovery_ != nullptr) {
    if (exp_stat_sn_.precedes(pdu.stat_sn())) request_responses();
    return false;
  }
  broken("StatSN is not the next one: a response is missing or comes again (7.9)");
  return false;
}

InitiatorTask* InitiatorConnectionCore::task_of(wire::Itt itt, std::string_view what) {
  InitiatorTask* const task = session_.tasks().find(itt);
  if (task != nullptr && task->state == InitiatorTask::State::sent && task->allegiance == cid_) return task;
  // "MUST discard any responses for affected tasks received after the TMF Response is passed to the SCSI layer".
  //= rfc7143#4.2.3.4
  if (session_.was_concluded(itt)) return nullptr;
  broken(std::string(what) + " for no task of this connection (11.2.1.8)");
  return nullptr;
}

// ---------------------------------------------------------------------------------------------------------- Data-In

std::optional<InitiatorConnectionCore::Placing> InitiatorConnectionCore::judge_data_in(wire::DataIn pdu) {
  // Where things are sent again, they may come after the end of their task.
  if (recovery_ != nullptr && session_.tasks().find(pdu.itt()) == nullptr) return Placing{};
  InitiatorTask* const task = task_of(pdu.itt(), "Data-In");
  if (task == nullptr) return closing_ ? std::nullopt : std::optional(Placing{});
  ScsiWork* const work = task->scsi();
  if (work == nullptr) {
    broken("Data-In for a task that is no SCSI command (11.7)");
    return std::nullopt;
  }
  if (recovery_ != nullptr) return judge_recoverable(*task, pdu);
  // "it MUST discard the duplicates"
  //= rfc7143#7.9
  const wire::DataSN expected(work->input_sn);
  if (pdu.data_sn().precedes(expected)) return Placing{};
  if (pdu.data_sn() != expected) {
    broken("DataSN is not the next one: a Data-In is missing (7.9)");
    return std::nullopt;
  }
  const std::uint32_t length = pdu.data_segment_length();
  const InitiatorRead::Fault fault = work->read.take(pdu.buffer_offset(), length, pdu.final(), read_order());
  if (fault != InitiatorRead::Fault::none) {
    broken(describe(fault));
    return std::nullopt;
  }
  ++work->input_sn;
  return Placing{.task = task, .place = work->data_in.subspan(pdu.buffer_offset(), length)};
}

InitiatorRead::Order InitiatorConnectionCore::read_order() const {
  return {.data_pdu_in_order = session_.parameters().data_pdu_in_order,
          .data_sequence_in_order = session_.parameters().data_sequence_in_order};
}

void InitiatorConnectionCore::begin_data_in(wire::HeaderView header) {
  // During login no PDU of any size but a Login Response is taken.
  if (in_login()) return broken(kIntrusion);
  const auto pdu = wire::DataIn::parse(header);
  if (!pdu) return format_error(pdu.error());
  placing_ = judge_data_in(*pdu);
  if (!placing_) return;
  if (placing_->task == nullptr) return framer_.skip_data();
  session_.add_view(*placing_->task);
  framer_.place(placing_->place);
}

void InitiatorConnectionCore::take_data_in(Instant now, const wire::WholePdu& pdu) {
  const auto in = wire::DataIn::parse(pdu.header);
  if (!in) return format_error(in.error());
  take_window(*in);

  InitiatorTask* task = nullptr;
  if (placing_) {
    task = std::exchange(placing_, std::nullopt)->task;
    if (task != nullptr) {
      // Another connection's task management may have ended it meanwhile.
      const bool living = task->state == InitiatorTask::State::sent;
      session_.drop_view(*task);
      if (!living) task = nullptr;
    }
  } else {
    const auto placing = judge_data_in(*in);
    if (!placing) return;
    task = placing->task;
    if (task != nullptr && pdu.data_digest_ok) copy_bytes(placing->place, pdu.data);
  }
  if (task == nullptr) return discard_data_in(*in, pdu.data_digest_ok);
  end_data_in(now, *task, *in, pdu.data_digest_ok);
}

/// It goes nowhere, but a status in it has its number.
void InitiatorConnectionCore::discard_data_in(wire::DataIn pdu, bool intact) {
  if (recovery_ != nullptr) return take_duplicate(pdu, intact);
  if (pdu.has_status() && session_.was_concluded(pdu.itt())) take_stat_sn(pdu);
}

void InitiatorConnectionCore::end_data_in(Instant now, InitiatorTask& task, wire::DataIn pdu, bool intact) {
  if (recovery_ != nullptr) return end_recoverable(now, task, pdu, intact);
  // "Abort the task and terminate the command with an error."
  //= rfc7143#7.8
  if (!intact && !pdu.has_status()) return session_.begin_abort(now, task, {.fault = TaskFault::data_digest});
  if (!pdu.has_status()) return;
  if (!take_stat_sn(pdu)) return;
  if (!task.scsi()->data_out.empty()) return broken("status of a bidirectional command in a Data-In (11.7.3)");
  if (!intact) return session_.finish(task, TaskFailure{.fault = TaskFault::data_digest});
  finish_command(task, {.status = pdu.status(), .residual = pdu.residual()});
}

}  // namespace lunway::session
