// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator's session and its connections tell their owner.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/task_id.h"
#include "text/send_targets.h"
#include "wire/asynchronous_message.h"
#include "wire/login_status.h"
#include "wire/reject.h"
#include "wire/residual.h"
#include "wire/scsi_status.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {

// ------------------------------------------------------------------------------------------------------ of a session

/// The command completed at the target.
struct ScsiCompletion {
  wire::ScsiStatus status = wire::ScsiStatus::good;
  /// Zero below iSCSIProtocolLevel=2, whatever the target says.
  //= rfc7144#5.2.1
  std::uint16_t status_qualifier = 0;
  /// At most InitiatorSessionLimits::sense_bytes.
  std::vector<std::byte> sense = {};
  /// Bytes that are in ScsiRequest::data_in now.
  std::uint32_t bytes_in = 0;
  /// Of the write, when the command was bidirectional.
  wire::Residual residual = {};
  wire::Residual read_residual = {};
};

struct ManagementCompletion {
  wire::TaskManagementResponseCode response = wire::TaskManagementResponseCode::function_complete;
  /// 24 bits: of QUERY TASK and QUERY ASYNCHRONOUS EVENT, when they succeeded.
  std::uint32_t additional_information = 0;
};

/// The echo was the payload.
struct PingCompletion {};

struct DiscoveryCompletion {
  std::vector<text::TargetRecord> targets = {};
};

/// Why a task ended without its response.
enum class TaskFault : std::uint8_t {
  aborted,          // by abort(), or by a task management function that covers it
  terminated,       // the target announced it, on behalf of another initiator or of itself
  timed_out,        // and then aborted
  rejected,         // the target sent a Reject for it
  target_failure,   // SCSI Response with another response than Command Completed at Target
  data_digest,      // read data was damaged on its way; aborted
  data_refused,     // data was lost on its way, and the target does not send it again
  data_missing,     // less data moved than the response says
  echo_differs,     // the echo of a ping is not its payload
  bad_text,         // the answer to a SendTargets breaks the text rules, or is too long
  connection_lost,  // the connection of the task ended first
  session_closed,   // the session was logged out first
};

std::string_view to_string(TaskFault fault);

struct TaskFailure {
  TaskFault fault = TaskFault::aborted;
  /// With `rejected`.
  wire::RejectReason reject_reason = wire::RejectReason::protocol_error;
  /// With `connection_lost`: the target has not carried it out, and will not.
  bool never_sent = false;
  /// With `aborted`: the function that covers the task. Unset when it was this task alone that was to end.
  std::optional<wire::TaskManagementFunction> function = {};
};

using TaskResult = std::variant<ScsiCompletion, ManagementCompletion, PingCompletion, DiscoveryCompletion, TaskFailure>;

/// Comes once for each TaskId that the session gave out. The engine does not touch the task's memory any more.
struct TaskDone {
  TaskId task;
  TaskResult result;
};

/// A connection that was lost at ErrorRecoveryLevel 2, and whose tasks wait.
//= rfc7143#7.5
struct LostConnection {
  wire::Cid cid;
  /// Not before (Time2Wait), and not after (Time2Retain): then the session is lost.
  Instant recover_at, recover_until;
  /// Its logout is under way.
  bool in_cleanup = false;
};

// --------------------------------------------------------------------------------------------------- of a connection

/// The connection is in the Full Feature Phase.
struct InitiatorLoggedIn {
  std::string target_alias = {};
  std::optional<std::uint16_t> portal_group_tag = {};
  /// The target accepted our CHAP response; it proved itself too.
  bool authenticated = false;
  bool mutually_authenticated = false;
};

/// The target spoke without being asked. What the RFC demands of an initiator, the engine does by itself.
//= rfc7143#11.9
struct TargetEvent {
  wire::AsyncEvent event = wire::AsyncEvent::scsi_event;
  wire::Lun lun = {};
  std::uint16_t parameter1 = 0, parameter2 = 0, parameter3 = 0;
  std::uint8_t vendor_code = 0;
  std::vector<std::byte> sense = {};
};

/// A Reject that belongs to no task of ours, for logs.
struct UnrelatedReject {
  wire::RejectReason reason = wire::RejectReason::protocol_error;
};

enum class InitiatorCloseReason : std::uint8_t {
  logged_out,
  logout_failed,     // the target answered the Logout with a failure, or not in time
  login_refused,     // Status-Class 2 or 3: see `status`
  login_redirected,  // Status-Class 1: see `status` and `redirect`
  login_timed_out,
  authentication_failed,  // on our side: the target did not prove who it is, or offered what we do not accept
  negotiation_failed,     // values that we do not work with
  protocol_error,         // the target broke a rule
  header_digest,
  data_digest,      // of a PDU that nobody can do without
  target_silent,    // no echo of a ping, no answer to a task management function
  recovery_failed,  // something was lost for good on this connection
  target_dropped,   // announced in an Asynchronous Message
  transport_ended,
};

std::string_view to_string(InitiatorCloseReason reason);

/// The last output but for those of the session. The owner closes the transport, makes sure that no read into
/// receive_window() and no send of next_transmit() is under way, and calls transport_ended(): only then do the tasks of
/// the connection end, for only then is their memory free.
struct InitiatorClose {
  InitiatorCloseReason reason = InitiatorCloseReason::transport_ended;
  /// For people: which rule, with its section. No byte of the target is in it.
  std::string detail = {};
  wire::LoginStatus status = wire::LoginStatus::success;
  std::vector<text::TargetAddress> redirect = {};
  /// Of a drop announcement or a Logout Response: seconds before the target wants to see us again.
  std::uint16_t time2wait_s = 0;
};

using InitiatorConnectionOutput = std::variant<InitiatorLoggedIn, TargetEvent, UnrelatedReject, InitiatorClose>;

}  // namespace lunway::session
