// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What stands behind InitiatorSession, as its connections see it: they fetch the tasks that they are to send, and bring
// back how these ended.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "session/command/initiator_spread.h"
#include "session/command/initiator_task_table.h"
#include "session/command/initiator_window.h"
#include "session/initiator_limits.h"
#include "session/initiator_profile.h"
#include "session/initiator_request.h"
#include "session/login/initiator_login.h"
#include "session/recovery/initiator_gaps.h"
#include "session/recovery/initiator_session_recovery.h"
#include "session/session_states.h"
#include "text/parameters.h"
#include "wire/logout_response.h"

namespace lunway::session {

class InitiatorSessionCore {
 public:
  InitiatorSessionCore(InitiatorProfile profile, const InitiatorSessionLimits& limits, wire::CmdSN first_cmd_sn);

  // ------------------------------------------------------------------------------------------- for InitiatorSession

  using Submitted = std::expected<TaskId, SubmitError>;

  Submitted submit(Instant now, const ScsiRequest& request);
  Submitted manage(Instant now, const TaskManagementRequest& request);
  Submitted ping(Instant now, Bytes payload, Duration timeout);
  Submitted send_targets(Instant now, std::string_view value, Duration timeout);
  void abort(Instant now, TaskId id);
  void log_out() { logging_out_ = true; }
  std::optional<TaskDone> next_output();
  Instant deadline() const { return deadline_; }
  void expire(Instant now);

  InitiatorSessionState state() const { return machine_.state(); }
  const InitiatorProfile& profile() const { return profile_; }
  const InitiatorSessionLimits& limits() const { return limits_; }
  wire::Tsih tsih() const { return tsih_; }
  const text::SessionParameters& parameters() const { return parameters_; }
  /// "an iSCSIProtocolLevel key negotiated to "2" is required to enable use of features defined in this RFC."
  //= rfc7144#7.1.1
  bool has_rfc7144() const { return parameters_.protocol_level >= 2; }
  std::uint32_t active_tasks() const { return tasks_.used() - departing_ - internal_; }
  bool is_consistent() const;

  // --------------------------------------------------------------------------------------------- for its connections

  InitiatorWindow& window() { return window_; }
  InitiatorTaskTable& tasks() { return tasks_; }
  bool has_outputs() const { return !outputs_.empty(); }
  bool logging_out() const { return logging_out_; }
  std::uint32_t connections() const { return connections_; }
  /// Whether the leading connection has proved who we are: the others do the same.
  bool is_authenticated() const { return authenticated_; }

  /// The connection that has asked the target to close the session. Unset again when that fails.
  std::optional<wire::Cid> closing_by() const { return closing_by_; }
  void set_closing_by(wire::Cid cid) { closing_by_ = cid; }
  /// The target has closed the session, and with it all connections.
  bool is_closed() const { return closed_; }
  void set_closed() { closed_ = true; }

  void connection_up(Instant now, wire::Cid cid, const LoginAgreement& agreement);
  /// The connection takes no further commands.
  void retire(wire::Cid cid) { spread_.leave(cid); }
  struct ConnectionEnd {
    wire::Cid cid;
    /// It was up.
    bool logged_in = false;
    /// It has been logged out.
    bool graceful = false;
    /// The next StatSN that it would have taken.
    wire::StatSN exp_stat_sn;
    std::uint16_t time2wait_s = 0, time2retain_s = 0;
  };
  /// The transport of a connection has ended, and its tasks end with it, or wait for another.
  void connection_down(Instant now, const ConnectionEnd& end);

  /// The task that the connection is to send next, out of its queue and allegiant to it; null when there is none, or
  /// when the window is closed. With `urgent_only` no new work begins.
  //= rfc7143#4.2.5.1
  InitiatorTask* next_to_send(wire::Cid cid, bool urgent_only);

  /// The target's wish to negotiate on this connection is being fulfilled, or will be.
  bool negotiates(wire::Cid cid) const;
  /// The target owes this connection the end of a task of the owner's.
  bool is_busy(wire::Cid cid) const;

  /// A task of the engine's own; null when all slots are taken. It is in no queue.
  InitiatorTask* allocate(Instant now, Duration timeout);
  /// Sends it before all others.
  void push_urgent(InitiatorTask& task) { urgent_.push_back(&task); }
  /// A Text task goes on: another request with the same tag on the same connection.
  void push_again(InitiatorTask& task);

  /// The task has ended. TaskDone waits until nobody looks at its memory any more.
  void finish(InitiatorTask& task, TaskResult result);
  void add_view(InitiatorTask& task) { ++task.views; }
  void drop_view(InitiatorTask& task);

  /// Asks for ABORT TASK; `cause` is what the task then ends with. It goes on until the target has answered.
  void begin_abort(Instant now, InitiatorTask& task, TaskFailure cause);

  /// The answer to a task management function: ends the function, and the tasks that it covers.
  void take_management(Instant now, InitiatorTask& task, const ManagementCompletion& completion);
  /// A function that may cover several tasks has been sent, and its answer may wait for our acknowledgements, on all
  /// connections.
  //= rfc7143#4.2.2.3.3
  bool awaits_function() const { return functions_ != 0; }
  /// The target terminates the active tasks of this unit: what it asked for over this connection is not sent.
  //= rfc7143#11.9.1
  void terminate(Instant now, wire::Cid cid, wire::Lun lun);
  /// A task management function has ended the task that had this tag: what comes for it is late.
  bool was_concluded(wire::Itt itt) const { return std::ranges::find(concluded_, itt) != concluded_.end(); }

  /// A task of this connection took too long to be waited for any longer.
  bool gave_up(wire::Cid cid) const { return std::ranges::find(given_up_, cid) != given_up_.end(); }

  // ------------------------------------ connections that were lost (initiator_session_recovery.cpp); at level 2 only

  /// Tasks outlive their connection.
  //= rfc7143#7.1.4.3
  bool recovers_connections() const;
  std::vector<LostConnection> lost_connections() const;
  bool recover(Instant now, wire::Cid cid);
  /// Connection recovery is over.
  void abandon();
  bool is_abandoned() const {
    return (recovery_ != nullptr && recovery_->is_over) || (gaps_ != nullptr && gaps_->is_hopeless);
  }
  bool has_ended() const { return ended_; }

  /// A login begins. Where it is to take the place of a lost connection: the ExpStatSN of that one.
  std::optional<wire::StatSN> begin_reinstatement(wire::Cid cid);
  /// The answer to a logout on behalf of a lost connection.
  void take_recovery_logout(Instant now, InitiatorTask& task, wire::LogoutResponse pdu);
  void announce_drop(Instant now, const InitiatorSessionRecovery::Drop& drop);
  /// The target has dropped this connection; null when it has not said so.
  const InitiatorSessionRecovery::Drop* drop_of(wire::Cid cid) const;

  bool has_due() const { return recovery_ != nullptr && !recovery_->due.empty(); }
  /// A task without a connection, which is this one's now; null when there is none.
  InitiatorTask* next_due(wire::Cid cid);
  /// It is not taken up after all.
  void return_due(InitiatorTask& task);
  /// The TASK REASSIGN that is to be sent for it; null when all slots are taken.
  InitiatorTask* reassign(Instant now, InitiatorTask& task);
  void take_reassignment(Instant now, InitiatorTask& request, wire::TaskManagementResponseCode response);
  /// The target has received the command.
  bool is_received(const InitiatorTask& task) const;

  // ----------------------------- connections that left others (initiator_session_gaps.cpp); below level 2 only

  /// The answer to a "close the connection" on behalf of another connection.
  void take_removal(Instant now, InitiatorTask& task, wire::LogoutResponseCode response);

 private:
  bool fills_gaps() const;
  void leave_others(Instant now, const ConnectionEnd& end);
  void end_tasks_of(wire::Cid cid);
  /// Asks for what is next to be done about connections that left.
  void pursue(Instant now);
  void close_leaver(Instant now, InitiatorGaps::Leaver& leaver);
  wire::StatSN replace(InitiatorGaps::Leaver& leaver);
  void plug_first(Instant now);
  bool is_plug(const InitiatorTask& task) const;
  void take_plug(Instant now, InitiatorTask& plug, wire::TaskManagementResponseCode response);

  void suspend(Instant now, const ConnectionEnd& end);
  void orphan(InitiatorTask& task);
  void check_cleanups();
  void expire_lost(Instant now);
  void release_ready(Instant now);
  void release(Instant now, wire::Cid cid);
  void settle(Instant now, InitiatorTask& task);
  void settle_text(Instant now, InitiatorTask& task);
  void log_out_again(Instant now, InitiatorTask& task);

  /// `reserved` slots stay free for what is more urgent.
  std::expected<InitiatorTask*, SubmitError> admit(Instant now, Duration timeout, std::uint32_t reserved);
  std::expected<InitiatorTask*, SubmitError> admit(Instant now, Duration timeout) {
    return admit(now, timeout, limits_.reserved_tasks);
  }
  bool may_send(const InitiatorTask& task, wire::Cid cid);
  bool may_name(const ManagementWork& management, wire::Cid cid);
  bool has_room_for_text(const InitiatorTask& task, wire::Cid cid) const;
  void take_along(const ManagementWork& management, wire::Cid cid);
  bool is_normal() const { return profile_.session_type == text::SessionType::normal; }
  void enter_lane(InitiatorTask& task, wire::Cid cid);
  void leave_lane(InitiatorTask& task);
  void unqueue(InitiatorTask& task);
  void release(InitiatorTask& task);
  void overdue(Instant now, InitiatorTask& task);
  void take_abort(InitiatorTask& aborted, TaskId aborter, const ManagementCompletion& completion);
  bool covers(const InitiatorTask& management, const InitiatorTask& task) const;
  bool is_covered(const InitiatorTask& task) const;
  void end_covered(const InitiatorTask& management);
  void conclude(InitiatorTask& task, const TaskFailure& failure);
  void function_sent(const InitiatorTask& management);
  void function_ended();
  void give_up(InitiatorTask& task);
  void set_deadline(InitiatorTask& task, Instant now, Duration timeout);

  InitiatorProfile profile_;
  InitiatorSessionLimits limits_;
  InitiatorSessionMachine machine_;
  InitiatorWindow window_;
  InitiatorTaskTable tasks_;
  InitiatorSpread spread_;
  text::SessionParameters parameters_;
  wire::Tsih tsih_ = wire::kNewSession;
  bool authenticated_ = false;

  /// What waits to be sent: immediate requests, further Text Requests, and the rest in the order in which it came.
  std::deque<InitiatorTask*> urgent_;
  std::deque<InitiatorTask*> again_;
  std::deque<InitiatorTask*> waiting_;
  std::deque<TaskDone> outputs_;

  /// Null below ErrorRecoveryLevel 2.
  std::unique_ptr<InitiatorSessionRecovery> recovery_;
  /// Null while no connection has left others behind; below ErrorRecoveryLevel 2.
  std::unique_ptr<InitiatorGaps> gaps_;
  bool logging_out_ = false;
  std::optional<wire::Cid> closing_by_;
  bool closed_ = false;
  bool ended_ = false;
  std::uint32_t connections_ = 0;
  std::uint32_t internal_ = 0;   // living tasks of the engine's own
  std::uint32_t departing_ = 0;  // tasks of the owner that have ended but for their views
  std::uint32_t functions_ = 0;  // sent and not answered: task management but for single tasks
  std::vector<wire::Cid> given_up_;
  /// The tags of the tasks that task management has ended last.
  std::deque<wire::Itt> concluded_;
  /// Not later than the earliest deadline of a task.
  Instant deadline_ = kNever;
};

}  // namespace lunway::session
