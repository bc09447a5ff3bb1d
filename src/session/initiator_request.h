// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the owner of an initiator session asks it to do.

#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/task_id.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"

namespace lunway::session {

struct ScsiRequest {
  wire::Lun lun = {};
  /// 1 to 260 bytes; copied.
  Bytes cdb = {};
  /// Sent from where it is; stays valid until the task is done. Its size is the Expected Data Transfer Length.
  Bytes data_out = {};
  /// Filled in place; stays valid until the task is done. With data_out the command is bidirectional.
  MutableBytes data_in = {};
  wire::TaskAttribute attribute = wire::TaskAttribute::simple;
  /// Command Priority, 0 to 15. Said to the target only where iSCSIProtocolLevel=2 has been agreed on.
  //= rfc7144#5.1.1
  std::uint8_t priority = 0;
  /// From submit() to the response; zero: for ever. Then the task is aborted with ABORT TASK.
  Duration timeout = Duration::zero();
};

struct TaskManagementRequest {
  /// Any but TASK REASSIGN. Those of RFC 7144 want iSCSIProtocolLevel=2.
  wire::TaskManagementFunction function = wire::TaskManagementFunction::logical_unit_reset;
  wire::Lun lun = {};
  /// For ABORT TASK and QUERY TASK: a SCSI command that has been sent. It brings its LUN along.
  TaskId task = {};
};

/// Why a request was not taken.
enum class SubmitError : std::uint8_t {
  too_many_tasks,  // InitiatorSessionLimits::tasks
  too_long,        // the CDB, the data, or the payload of a ping
  not_possible,    // the session has ended or is being logged out, or is for discovery
  not_agreed,      // a function of RFC 7144, and iSCSIProtocolLevel is below 2
  not_sent_yet,    // TaskManagementRequest::task: the target does not know of it
  no_such_task,    // TaskManagementRequest::task has ended, or is no SCSI command
};

}  // namespace lunway::session
