// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A session as an initiator sees it: what its connections share. Identity, CmdSN, task tags, tasks and the connection
// to which each is allegiant.
//= rfc7143#4.4.1
//
// Sans-I/O: no socket, clock or thread. Mutate once, drain fully, then wait: after each verb, of the session or of one
// of its connections, the owner takes next_output() of the session and of its connections until they are empty, and
// asks the connections for next_transmit(), for any verb may have made something to send.
//
// Memory: tasks live in slots. Data is sent from and received into the owner's memory, which stays the engine's until
// the TaskDone of its task.
//
// Threads: a session and its connections belong to one thread at a time.

#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/initiator_limits.h"
#include "session/initiator_output.h"
#include "session/initiator_profile.h"
#include "session/initiator_request.h"
#include "session/session_states.h"
#include "session/task_id.h"
#include "text/parameters.h"

namespace lunway::session {

class InitiatorSessionCore;

class InitiatorSession {
 public:
  /// Not logged in yet: the first InitiatorConnection does that. `first_cmd_sn` may be any number.
  InitiatorSession(InitiatorProfile profile, const InitiatorSessionLimits& limits, wire::CmdSN first_cmd_sn);
  /// After its connections.
  ~InitiatorSession();

  InitiatorSession(const InitiatorSession&) = delete;
  InitiatorSession& operator=(const InitiatorSession&) = delete;

  template <class T>
  using Submitted = std::expected<T, SubmitError>;

  // -------------------------------------------------------------------------------------------------- what to do
  // Requests may be made before the login has ended; they wait for it, and for the target's command window.

  Submitted<TaskId> submit(Instant now, const ScsiRequest& request);
  Submitted<TaskId> manage(Instant now, const TaskManagementRequest& request);
  /// NOP-Out with a copy of `payload`, which comes back.
  Submitted<TaskId> ping(Instant now, Bytes payload, Duration timeout);
  /// `value` is "All", a target name, or empty for the target of this session.
  //= rfc7143#C
  Submitted<TaskId> send_targets(Instant now, std::string_view value, Duration timeout);

  /// Gives the task up: at once when it was not sent, else with ABORT TASK. TaskDone comes in any case, with `aborted`
  /// or with the response that was faster. Ids that mean nothing any more are ignored.
  void abort(Instant now, TaskId task);

  /// Takes no further requests, lets the tasks end, then logs the session out.
  //= rfc7143#11.14
  void log_out();

  // ------------------------------------------------------------------ connections that were lost, at level 2 only
  // Tasks of a lost connection wait. They go on when the connection is logged out: by a new InitiatorConnection with
  // its CID, or by recover() over another one. It is for the owner to do that in time.

  /// Those that wait for it. Also a connection that was logged out with nobody to take its tasks is here.
  std::vector<LostConnection> lost_connections() const;
  /// Logs a lost connection out over another one. False when that cannot be begun now; whether it has succeeded,
  /// lost_connections() says.
  //= rfc7143#7.1.4.3
  bool recover(Instant now, wire::Cid cid);
  /// Ends the recovery, and with it the session: its connections close, its tasks end with `connection_lost`.
  void abandon();
  /// Tasks outlive their connections: ErrorRecoveryLevel 2 is agreed on, and nothing has ended it.
  bool recovers_connections() const;

  // ------------------------------------------------------------------------------------------- outputs and time

  std::optional<TaskDone> next_output();

  /// When expire() is to be called; kNever when not at all. May be early. Changes with every verb.
  Instant deadline() const;
  /// The deadline came. Early calls are harmless.
  void expire(Instant now);

  // ------------------------------------------------------------------------------------------------- questions

  InitiatorSessionState state() const;
  const InitiatorProfile& profile() const;
  /// Zero before the login.
  wire::Tsih tsih() const;
  const text::SessionParameters& parameters() const;
  /// Tasks between their request and their TaskDone.
  std::uint32_t active_tasks() const;

  bool is_consistent() const;

 private:
  friend class InitiatorConnection;
  std::unique_ptr<InitiatorSessionCore> core_;
};

}  // namespace lunway::session
