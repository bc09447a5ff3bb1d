// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's session asks of its owner.

#pragma once

#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "session/task_id.h"
#include "wire/numbers.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"

namespace lunway::session {

/// A command for the device, in the order of CmdSN. The owner answers with complete(), after accept_data() where the
/// device wants write data. It may answer at once, while it drains the outputs, or at any time later; but it must not
/// make the answer to the question "where does the data go" wait for data of other commands of this session: the
/// connection may have stopped reading until this command's data has a place.
struct Submit {
  TaskId task;
  wire::Lun lun;
  /// 16 bytes, or more with an extended CDB. Valid until Release.
  Bytes cdb;
  wire::TaskAttribute attribute = wire::TaskAttribute::untagged;
  /// RFC 7144; 0 where the session did not negotiate it.
  std::uint8_t priority = 0;
  /// Marked for immediate delivery.
  bool immediate = false;
  /// The initiator sends / receives at most this many bytes. Both are non-zero only for a bidirectional command.
  std::uint32_t write_length = 0;
  std::uint32_t read_length = 0;
  /// The write data that came with the command, from offset 0: for a look at it. The engine itself copies it to where
  /// accept_data() says. Valid until accept_data() or complete(), or until the outputs of the connection are drained.
  Bytes immediate_data;
};

/// How write data can fail to arrive, in the words of RFC 7143. The owner passes it to the device, which ends the
/// command with the sense data that the RFC lists.
//= rfc7143#11.4.7.2
enum class TransferFailure : std::uint8_t {
  none,
  unexpected_unsolicited_data,
  incorrect_amount_of_data,
  protocol_service_crc_error,
};

/// All of one accept_data() has arrived, or will not arrive.
struct DataArrived {
  TaskId task;
  TransferFailure failure = TransferFailure::none;
};

/// The command is to end without a status: the owner stops the device and answers with aborted() as soon as the device
/// can no longer touch the command's memory. A complete() that was under way counts as the same answer.
struct Abort {
  TaskId task;
};

/// The engine will not touch the task's memory any more: the destinations of write data and the views of read data. The
/// TaskId has lost its meaning. Comes once for each Submit, after complete() or aborted().
struct Release {
  TaskId task;
  /// The task ended without a word to the initiator because its connection was lost, logged out or reinstated, and the
  /// session may go on: the nexus is due the unit attention SOME COMMANDS CLEARED BY ISCSI PROTOCOL EVENT.
  //= rfc7143#11.14.5
  bool terminated = false;
};

/// A task management function. By now all commands that it covers have come, and those of this session that it ends
/// have been aborted; what remains is the device's part: the tasks of other sessions, unit attentions, reservations,
/// whether the LUN exists, whether the initiator may do that. ABORT TASK and QUERY TASK need no device and are not
/// submitted. Answered with complete_task_management(). When the answer to a TARGET COLD RESET or an I_T NEXUS RESET is
/// "Function complete", the session ends behind it.
//= rfc7143#4.2.3.3
struct SubmitTaskManagement {
  TaskId task;
  wire::TaskManagementFunction function{};
  wire::Lun lun;
  /// For QUERY TASK SET: the session has commands on this logical unit.
  bool has_commands = false;
};

/// The session is over: it has no connection and no task any more, and remembers no lost connection that could still be
/// reinstated. For the device this is the loss of the I_T nexus. The owner destroys the session; no verb may be called
/// any more.
//= rfc7143#6.3.5.1
struct SessionEnded {
  enum class Reason : std::uint8_t {
    logged_out,       // the initiator closed it
    connection_lost,  // its last connection failed, and none came in time to continue
    closed,           // TargetSession::close(): reinstatement, an operator; or a reset that ends sessions
  };
  Reason reason = Reason::connection_lost;
};

using SessionOutput = std::variant<Submit, DataArrived, Abort, Release, SubmitTaskManagement, SessionEnded>;

}  // namespace lunway::session
