// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests of the Full Feature Phase.
//= rfc7143#4.2.5

#include <algorithm>
#include <string>

#include "session/connection/target_connection_core.h"
#include "wire/nop_in.h"
#include "wire/text_request.h"

namespace lunway::session {

using wire::Opcode;
using wire::RejectReason;

namespace {

/// The length of the read of a bidirectional command stands in an AHS, and there only.
//= rfc7143#11.3.4
std::optional<wire::FormatError> direction_error_of(const wire::ScsiCommand& command, const wire::CommandAhs& ahs) {
  using Kind = wire::FormatError::Kind;
  if (command.is_bidirectional() && !ahs.bidirectional_read_length) {
    return wire::FormatError{Kind::inconsistent, "11.3.4", "a bidirectional command has an AHS with its read length"};
  }
  if (!command.read() && ahs.bidirectional_read_length.value_or(0) != 0) {
    return wire::FormatError{Kind::inconsistent, "11.3.1", "R is 1 when data is to be read"};
  }
  return std::nullopt;
}

}  // namespace

void TargetConnectionCore::on_full_feature(Instant now, const wire::WholePdu& pdu) {
  const Opcode opcode = wire::BasicHeader(pdu.header).opcode();
  take_acknowledgement(pdu.header);
  if (opcode == Opcode::data_out && !session_->is_discovery()) {
    on_data_out(pdu);
    return;
  }
  // The PDU is discarded, its CmdSN does not count as received.
  //= rfc7143#7.8
  if (!pdu.data_digest_ok) {
    reject(RejectReason::data_digest_error, pdu.header, pdu.ahs);
    return;
  }
  if (opcode == Opcode::login_request) {
    // A connection has one Login Phase.
    //= rfc7143#4.2.4
    reject(RejectReason::protocol_error, pdu.header);
    close_when_transmitted(CloseReason::protocol_error, "a Login Request in the Full Feature Phase (4.2.4)");
    return;
  }
  const bool is_request = opcode == Opcode::nop_out || opcode == Opcode::scsi_command ||
                          opcode == Opcode::task_management_request || opcode == Opcode::text_request ||
                          opcode == Opcode::logout_request;
  const bool fits_discovery = opcode == Opcode::text_request || opcode == Opcode::logout_request;
  if (session_->is_discovery() ? !fits_discovery : !is_request) {
    if (opcode == Opcode::snack_request && !session_->is_discovery()) return on_snack(pdu.header);
    reject(RejectReason::command_not_supported, pdu.header, pdu.ahs);
    return;
  }
  if (const auto error = format_error_of(pdu.header)) {
    on_format_error(*error, pdu.header, pdu.ahs);
    return;
  }
  if (opcode == Opcode::scsi_command) {
    on_scsi_command(now, pdu);
  } else {
    on_request(now, pdu);
  }
}

std::optional<wire::FormatError> TargetConnectionCore::format_error_of(wire::HeaderView header) const {
  switch (wire::BasicHeader(header).opcode()) {
    case Opcode::nop_out:
      return wire::NopOut(header).format_error();
    case Opcode::scsi_command:
      return wire::ScsiCommand(header).format_error();
    case Opcode::task_management_request:
      return wire::TaskManagementRequest(header).format_error();
    case Opcode::text_request:
      return wire::TextRequest(header).format_error();
    case Opcode::logout_request:
      return wire::LogoutRequest(header).format_error();
    default:
      return std::nullopt;
  }
}

void TargetConnectionCore::on_scsi_command(Instant now, const wire::WholePdu& pdu) {
  const wire::ScsiCommand command(pdu.header);
  const auto ahs = wire::CommandAhs::parse(pdu.ahs);
  if (!ahs) {
    on_format_error(ahs.error(), pdu.header, pdu.ahs);
    return;
  }
  if (const auto error = direction_error_of(command, *ahs)) {
    on_format_error(*error, pdu.header, pdu.ahs);
    return;
  }
  const Admission admission = session_->admit_command(*this, command, *ahs, pdu.data);
  if (admission == Admission::now || admission == Admission::later) late_data_.forget(command.itt());
  admitted(now, pdu, admission);
}

/// A function of RFC 7144 gets a response in any case, where that was agreed on.
//= rfc7144#4.1
bool TargetConnectionCore::may_reject(wire::RequestHeader request) const {
  const auto code = wire::TaskManagementRequest(request.header()).function();
  const ManagementFunction* const function = find_management_function(code);
  return function == nullptr || !function->needs_level_2 || session_->request().session.protocol_level < 2;
}

void TargetConnectionCore::on_request(Instant now, const wire::WholePdu& pdu) {
  const wire::RequestHeader request(pdu.header);
  // The target can serve one function more than it has begun, or it says so.
  const bool is_management = request.opcode() == Opcode::task_management_request;
  if (is_management && request.immediate() && !session_->management().has_room(*this) && may_reject(request)) {
    reject(RejectReason::immediate_command_reject, pdu.header);
    return;
  }
  const Admission admission = session_->admit_request(*this, request, pdu.data);
  if (admission == Admission::now) handle_request(now, pdu.header, pdu.data);
  admitted(now, pdu, admission);
}

void TargetConnectionCore::admitted(Instant now, const wire::WholePdu& pdu, Admission admission) {
  switch (admission) {
    case Admission::now:
      session_->run_turns(now);
      break;
    case Admission::later:
    case Admission::ignore:
      break;
    case Admission::in_progress:
      reject(RejectReason::task_in_progress, pdu.header, pdu.ahs);
      break;
    case Admission::too_many_immediate:
      reject(RejectReason::immediate_command_reject, pdu.header, pdu.ahs);
      break;
    case Admission::no_room:
      close_now(CloseReason::out_of_resources, "no room for requests behind a gap of the CmdSN order (4.2.2.1)");
      break;
  }
}

void TargetConnectionCore::handle_request(Instant now, wire::HeaderView header, Bytes data) {
  if (ending_ != Ending::no) return;
  switch (wire::BasicHeader(header).opcode()) {
    case Opcode::nop_out:
      on_nop_out(wire::NopOut(header), data);
      break;
    case Opcode::task_management_request:
      on_task_management(wire::TaskManagementRequest(header));
      break;
    case Opcode::text_request:
      on_text_request(now, wire::TextRequest(header), data);
      break;
    case Opcode::logout_request:
      on_logout_request(now, wire::LogoutRequest(header));
      break;
    default:
      break;
  }
}

/// A ping gets its data back; an answer to our own ping says nothing new.
//= rfc7143#11.19
void TargetConnectionCore::on_nop_out(const wire::NopOut& nop, Bytes data) {
  if (!nop.wants_answer()) {
    if (!terminations_.empty() && nop.ttt() == wire::kNoTtt) confirm_terminations(nop);
    return;
  }
  const Bytes echo = data.first(std::min<std::size_t>(data.size(), parameters_.peer_max_recv_data_segment_length));
  transmitter_.answer(wire::NopIn::build({.itt = nop.itt()}), echo);
}

void TargetConnectionCore::on_text_request(Instant now, const wire::TextRequest& request, Bytes data) {
  const auto answer = text_.receive(now, request, data, session_->new_transfer_tag());
  if (!answer) {
    reject_request(answer.error().reason, request);
    return;
  }
  transmitter_.answer(wire::TextResponse::build(answer->fields), bytes_of(answer->text));
  if (!answer->agreed) return;
  // The lengths may have changed; the digests cannot.
  //= rfc7143#6.4
  parameters_.peer_max_recv_data_segment_length = answer->agreed->peer_max_recv_data_segment_length;
  transmitter_.set_max_data(parameters_.peer_max_recv_data_segment_length);
}

void TargetConnectionCore::on_task_management(const wire::TaskManagementRequest& request) {
  if (session_->management().has_room(*this)) {
    session_->management().begin(*this, request);
    return;
  }
  // Its CmdSN has been counted, so it is too late to reject it.
  using Code = wire::TaskManagementResponseCode;
  transmitter_.answer(wire::TaskManagementResponse::build({.response = Code::function_rejected, .itt = request.itt()}));
}

}  // namespace lunway::session
