// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A session as a target sees it: what its connections share. Identity, CmdSN window, tasks and their order.
//= rfc7143#4.4.1
//
// Sans-I/O: no socket, clock or thread. Mutate once, drain fully, then wait: after each verb, of the session or of one
// of its connections, the owner takes the outputs of the session and of its connections until they are empty, and
// answers as it likes while it does so. Asserted in debug builds.
//
// Memory: the engine holds no data of commands, only views of the owner's memory between accept_data() or complete()
// and Release. All tasks live in slots that are allocated with the session; no command allocates.
//
// Threads: a session and its connections belong to one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/limits.h"
#include "session/session_request.h"
#include "session/target_session_output.h"
#include "wire/scsi_status.h"
#include "wire/task_management_response.h"

namespace lunway::session {

class TargetSessionCore;

/// How the device ended a command.
struct CommandResult {
  wire::ScsiStatus status = wire::ScsiStatus::good;
  /// Copied: at most kMaxSense bytes of it are sent.
  Bytes sense = {};
  /// Read data in one or more pieces, at least as much as min(data_in_length, Submit::read_length). The bytes and the
  /// list stay valid until Release.
  std::span<const Bytes> data_in = {};
  /// What the device wanted to transfer, by the CDB: the RFC's SPDTL of either direction. The engine compares them with
  /// what the initiator expected and reports the residuals.
  //= rfc7143#11.4.5.2
  std::uint64_t data_in_length = 0;
  std::uint64_t data_out_length = 0;
  /// Sent only on sessions with iSCSIProtocolLevel=2 or higher.
  //= rfc7144#5.2.1
  std::uint16_t status_qualifier = 0;
  /// It must not be overtaken by what the device answers later on the same I_T_L nexus, nor overtake what it answered
  /// before: a unit attention after a multi-task abort, PREEMPT AND ABORT.
  //= rfc7143#4.2.2.3.4
  bool fenced = false;
};

class TargetSession {
 public:
  /// For a request that opens a new session. `tsih` is not zero and unique in the target node.
  TargetSession(const SessionRequest& request, wire::Tsih tsih, const SessionLimits& limits);

  /// Only after SessionEnded, or when its connections have been destroyed.
  ~TargetSession();

  TargetSession(const TargetSession&) = delete;
  TargetSession& operator=(const TargetSession&) = delete;

  // ------------------------------------------------------------------------------------------------- what it asks

  /// The next thing to do for the owner; nullopt when there is none until the next verb.
  std::optional<SessionOutput> next_output();

  // -------------------------------------------------------------------------------------- what the owner answers

  /// The next `destination.size()` bytes of the task's write data go here: the first call starts at offset 0, a further
  /// one (only after DataArrived) where the last one ended. Not more than the initiator sends: the sum is at most
  /// Submit::write_length. DataArrived follows, at once when all of it was there already. The engine copies immediate
  /// data, takes unsolicited data and solicits the rest.
  void accept_data(TaskId task, MutableBytes destination);

  /// The command has ended. At any time after Submit: write data that still comes is dropped, and the status waits for
  /// its end as the RFC demands. Changes next_transmit() of the task's connection.
  void complete(TaskId task, const CommandResult& result);

  /// The answer to Abort.
  void aborted(TaskId task);

  /// The device has dropped the command for a reason outside this session (another initiator's reset or CLEAR TASK SET)
  /// and cannot touch its memory any more. No status is sent. Release follows.
  void abandon(TaskId task);

  /// The device is about to drop its commands on this logical unit for another initiator's task management: abandon()
  /// follows for each. An initiator that has agreed on FastAbort learns it, and stops to send data for them.
  //= rfc7143#4.2.3.4
  void announce_termination(wire::Lun lun);

  /// The answer to SubmitTaskManagement; see 11.6.1 for the codes. `information` is what SAM-5 says of a query, 24
  /// bits.
  //= rfc7144#6.4.2
  void complete_task_management(TaskId task, wire::TaskManagementResponseCode response, std::uint32_t information = 0);

  /// Others need memory: Release comes for all read data that is kept only to be sent once more. A SNACK for it will be
  /// rejected.
  //= rfc7143#7.8
  void drop_retained_data();

  /// Ends all connections and tasks without a word to the initiator (a new session takes its place, a cold reset).
  /// Abort comes for each task that the owner has not answered, then SessionEnded.
  void close();

  // --------------------------------------------------------------------------------------------------------- time

  /// When expire() is to be called: a lost connection is remembered no longer, and perhaps the session with it. kNever
  /// when not at all. Changes with every verb of the session and of its connections.
  //= rfc7143#7.5
  Instant deadline() const;

  /// The deadline came. Early calls are harmless.
  void expire(Instant now);

  // ---------------------------------------------------------------------------------------------------- questions

  /// Whether it has lost its last connection and waits for another to continue it.
  //= rfc7143#8.3.3
  bool has_failed() const;
  /// All its tasks have a slot below this.
  std::uint32_t task_slots() const;

  const SessionRequest& request() const;
  wire::Tsih tsih() const;
  /// Tasks between their arrival and their Release.
  std::uint32_t active_tasks() const;

  /// Whether the parts agree with each other. Checked after each verb in debug builds.
  bool is_consistent() const;

 private:
  friend class TargetConnection;
  std::unique_ptr<TargetSessionCore> core_;
};

}  // namespace lunway::session
