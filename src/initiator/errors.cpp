// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/errors.h"

#include <cerrno>
#include <string>

#include "initiator/sense.h"
#include "wire/login_status.h"

namespace lunway::initiator {
namespace {

using Reason = session::InitiatorCloseReason;

/// "0x0203"
std::string hex16(std::uint16_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 0xf];
  return text;
}

/// Time2Wait of a drop.
//= rfc7143#11.9.1
std::string come_back_after(std::uint16_t seconds) { return ", come back after " + std::to_string(seconds) + " s"; }

ErrorKind kind_of(Reason reason) {
  switch (reason) {
    case Reason::login_refused:
    case Reason::login_redirected:
      return ErrorKind::login_refused;
    case Reason::login_timed_out:
    case Reason::target_silent:
      return ErrorKind::timed_out;
    case Reason::authentication_failed:
      return ErrorKind::authentication;
    case Reason::negotiation_failed:
      return ErrorKind::negotiation;
    case Reason::protocol_error:
    case Reason::header_digest:
    case Reason::data_digest:
    case Reason::recovery_failed:
      return ErrorKind::protocol;
    case Reason::logged_out:
      return ErrorKind::aborted;
    case Reason::logout_failed:
    case Reason::target_dropped:
    case Reason::transport_ended:
      return ErrorKind::connection_lost;
  }
  return ErrorKind::protocol;
}

ErrorKind kind_of(session::TaskFault fault) {
  switch (fault) {
    case session::TaskFault::aborted:
    case session::TaskFault::terminated:
    case session::TaskFault::session_closed:
      return ErrorKind::aborted;
    case session::TaskFault::timed_out:
      return ErrorKind::timed_out;
    case session::TaskFault::rejected:
      return ErrorKind::rejected;
    case session::TaskFault::connection_lost:
      return ErrorKind::connection_lost;
    case session::TaskFault::target_failure:
    case session::TaskFault::data_digest:
    case session::TaskFault::data_refused:
    case session::TaskFault::data_missing:
    case session::TaskFault::echo_differs:
    case session::TaskFault::bad_text:
      return ErrorKind::protocol;
  }
  return ErrorKind::protocol;
}

}  // namespace

Error to_error(const session::InitiatorClose& close) {
  Error error{kind_of(close.reason), 0, std::string(to_string(close.reason))};
  if (error.kind == ErrorKind::login_refused) {
    error.code = static_cast<int>(close.status);
    error.message += ": " + hex16(static_cast<std::uint16_t>(close.status));
    if (!close.detail.empty()) error.message += " " + close.detail;
  } else if (!close.detail.empty()) {
    error.message += ": " + close.detail;
  }
  if (close.reason == Reason::target_dropped) error.message += come_back_after(close.time2wait_s);
  return error;
}

Error to_error(const session::TaskFailure& failure) {
  Error error{kind_of(failure.fault), 0, std::string(to_string(failure.fault))};
  if (failure.fault == session::TaskFault::rejected) {
    error.code = static_cast<int>(failure.reject_reason);
    error.message += ": " + std::string(wire::to_string(failure.reject_reason));
  }
  if (failure.function) error.message += " by " + std::string(wire::to_string(*failure.function));
  return error;
}

Error to_error(session::SubmitError error) {
  switch (error) {
    case session::SubmitError::too_many_tasks:
      return {ErrorKind::resources, EAGAIN, "too many commands are waiting"};
    case session::SubmitError::too_long:
      return {ErrorKind::invalid_argument, EMSGSIZE, "the CDB or the data is longer than iSCSI can say"};
    case session::SubmitError::not_possible:
      return {ErrorKind::connection_lost, ENOTCONN, "the session is closed or being closed"};
    case session::SubmitError::not_agreed:
      return {ErrorKind::task_management, static_cast<int>(wire::TaskManagementResponseCode::function_not_supported),
              "the function is RFC 7144's, and iSCSIProtocolLevel=2 was not agreed on with the target"};
    case session::SubmitError::not_sent_yet:
      return {ErrorKind::invalid_argument, EBUSY, "the command has not been sent yet"};
    case session::SubmitError::no_such_task:
      return {ErrorKind::invalid_argument, ESRCH, "the command has ended"};
  }
  return {ErrorKind::resources, 0, ""};
}

bool is_final(const Error& error) {
  switch (error.kind) {
    case ErrorKind::authentication:
    case ErrorKind::negotiation:
    case ErrorKind::invalid_argument:
      return true;
    case ErrorKind::login_refused:
      return wire::status_class(static_cast<wire::LoginStatus>(error.code)) == wire::LoginStatusClass::initiator_error;
    default:
      return false;
  }
}

Error being_aborted() { return {ErrorKind::invalid_argument, EALREADY, "the command is being aborted already"}; }

Error to_error(wire::TaskManagementResponseCode response) {
  return {ErrorKind::task_management, static_cast<int>(response),
          "task management: " + std::string(wire::to_string(response))};
}

Error to_error(const ScsiResult& result) { return {ErrorKind::scsi, result.status, result.to_string()}; }

Error unreachable(const lunway::Error& error) {
  const ErrorKind kind = error.code == ETIMEDOUT ? ErrorKind::timed_out : ErrorKind::unreachable;
  return {kind, error.code, error.message};
}

std::string describe(const session::TargetEvent& event) {
  std::string text = "the target says: " + std::string(wire::to_string(event.event));
  if (event.event == wire::AsyncEvent::scsi_event) {
    if (const auto sense = parse_sense(event.sense)) text += ": " + sense->to_string();
  } else if (event.event == wire::AsyncEvent::logout_request) {
    text += ", within " + std::to_string(event.parameter3) + " s";
  } else if (event.event == wire::AsyncEvent::connection_drop || event.event == wire::AsyncEvent::session_drop) {
    text += come_back_after(event.parameter2);
  } else if (event.event == wire::AsyncEvent::task_termination) {
    if (const auto lun = event.lun.flat()) text += " of LUN " + std::to_string(*lun);
  }
  return text;
}

}  // namespace lunway::initiator
