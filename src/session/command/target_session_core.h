// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The inside of TargetSession: admits requests in the order of CmdSN, keeps their tasks, and moves each task on when
// data came, when the owner answered, or when its PDUs were sent. The parts of a connection call it; it calls back only
// to put tasks into a connection's transmit lists and to hand over requests whose turn has come.
//= rfc7143#4.2.2.1

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/command/command_window.h"
#include "session/command/held_data.h"
#include "session/command/response_fence.h"
#include "session/command/session_members.h"
#include "session/command/target_task_table.h"
#include "session/command/task_management.h"
#include "session/target_session.h"
#include "wire/additional_header.h"
#include "wire/login_status.h"
#include "wire/scsi_command.h"

namespace lunway::session {

class SessionRecovery;
class SuspendedTasks;
class TargetConnectionCore;

/// What becomes of a request that has just come.
enum class Admission : std::uint8_t {
  now,                 // its turn is now
  later,               // kept; its turn comes when the gap before it is filled
  ignore,              // a duplicate, or outside the window: silence
  in_progress,         // its task tag belongs to another living task: Reject
  too_many_immediate,  // Reject
  no_room,             // nothing is left to keep it in: the connection cannot go on
};

class TargetSessionCore {
 public:
  TargetSessionCore(const SessionRequest& request, wire::Tsih tsih, const SessionLimits& limits);
  ~TargetSessionCore();

  // ------------------------------------------------------------------------------- the owner's side: TargetSession

  std::optional<SessionOutput> next_output();
  void accept_data(TaskId id, MutableBytes memory);
  void complete(TaskId id, const CommandResult& result);
  void aborted(TaskId id);
  void abandon(TaskId id);
  void announce_termination(wire::Lun lun);
  void complete_task_management(TaskId id, wire::TaskManagementResponseCode response, std::uint32_t information);
  void drop_retained_data();
  void close();
  Instant deadline() const;
  void expire(Instant now);

  const SessionRequest& request() const { return request_; }
  wire::Tsih tsih() const { return tsih_; }
  const SessionLimits& limits() const { return limits_; }
  std::uint32_t active_tasks() const { return tasks_.living(); }
  bool is_discovery() const { return request_.session.session_type == text::SessionType::discovery; }
  /// Gives memory of past commands back, when no task lives.
  void shrink();
  bool is_consistent() const;
  bool drained() const { return attention_.empty(); }
  /// A verb of the owner is over: functions and connections that waited for it move on.
  void after_owner();

  // ----------------------------------------------------------------------------------------- the connections' side

  const SessionMembers& members() const { return members_; }
  /// The time of the last verb of a connection, for verbs of the session, which have none.
  void tick(Instant now) { now_ = now; }
  Instant last_tick() const { return now_; }

  /// A login with this session's handle is through. Either it cannot be part of the session, and this is the answer; or
  /// a connection with the same CID has been ended, and may_enter() says when its tasks are gone.
  std::optional<wire::LoginStatus> join(TargetConnectionCore& connection, const SessionRequest& request);
  bool may_enter(const TargetConnectionCore& connection) const;
  void join_failed(const TargetConnectionCore& connection) { members_.join_failed(connection); }

  /// The connection is in the Full Feature Phase: the first one of the session, or one that may_enter().
  void attach(TargetConnectionCore& connection);
  enum class Leaving : std::uint8_t {
    logged_out,
    lost,        // may come back: it is remembered
    dropped,     // will not
    reinstated,  // a login with its CID has logged it out
  };
  /// It is there no longer, and its tasks end.
  void connection_left(TargetConnectionCore& connection, Leaving how);
  /// The connection is about to be destroyed: whatever it had in use is free.
  void detach(TargetConnectionCore& connection);

  /// The connection serves, was lost and is remembered, or has left tasks that can be reassigned.
  bool knows(wire::Cid cid) const;
  /// A Logout Request for one connection, or for the session, has come: terminates tasks.
  void begin_logout(wire::Cid cid);
  /// With "remove the connection for recovery": tasks are suspended instead.
  void begin_recovery_logout(wire::Cid cid);
  void begin_session_logout();
  /// It is answered, on `by`: the connections that it was for end.
  void finish_logout(wire::Cid cid);
  /// The initiator expects `expected` next.
  void finish_recovery_logout(wire::Cid cid, wire::StatSN expected);
  void finish_session_logout(const TargetConnectionCore& by);
  /// "Escalate the format error to session recovery": no task outlives its connection now.
  //= rfc7143#7.7
  void escalate() { escalated_ = true; }
  /// A format error came on `than`: the other connections go, too.
  void close_others(const TargetConnectionCore& than);

  /// A SCSI Command; `data` is its immediate data. With `now` it has been delivered.
  Admission admit_command(TargetConnectionCore& connection, const wire::ScsiCommand& command,
                          const wire::CommandAhs& ahs, Bytes data);
  /// Any other request that carries a CmdSN. With `now` the caller handles it; with `later` the connection gets it back
  /// as handle_request().
  Admission admit_request(TargetConnectionCore& connection, wire::RequestHeader request, Bytes data);
  /// Delivers what has waited for the request that was handled last. To be called after each admitted request.
  void run_turns(Instant now);

  /// The input that the task's offered data lies in is about to go away.
  void keep_offered(TargetTask& task);

  /// Where the data of a judged Data-Out goes; empty when it goes nowhere.
  MutableBytes place_for(TargetTask& task, const WriteTransfer::DataOut& pdu);
  /// More data waits for its place than the limit allows: no more is to be read.
  bool holds_too_much() const { return held_.is_over_limit(); }
  /// The data is at the place that place_for() named.
  void placed(TargetTask& task, const WriteTransfer::DataOut& pdu, const std::byte* place);

  /// At the end of each verb: functions, and responses that were held back, move on.
  void settle(Instant now);

  /// Something about the task has changed: does what has become possible.
  void advance(TargetTask& task);
  /// The command ends with CHECK CONDITION, "SNACK rejected", whatever the owner makes of it.
  //= rfc7143#11.4.7.2
  void fail_for_lost_data(TargetTask& task);
  /// Ends the task without a status.
  void abort(TargetTask& task);
  /// Tasks that could still touch data or send anything; of one connection, or of all.
  bool has_unfinished_tasks(std::optional<wire::Cid> cid) const;

  /// The status of the task is encoded with this number: its tag and its place in the window are free.
  void depart(TargetTask& task, wire::StatSN number);
  /// Sends or reads that looked at the task's memory are over.
  void release_when_idle(TargetTask& task);

  TargetTaskTable& tasks() { return tasks_; }
  CommandWindow& window() { return window_; }
  const CommandWindow& window() const { return window_; }
  TaskManagement& management() { return management_; }
  /// The MaxCmdSN that the initiator was told last, on any connection.
  wire::CmdSN announced_max() const { return announced_max_; }
  void announce(wire::CmdSN max) { announced_max_ = max; }
  ResponseFence& fence() { return fence_; }
  /// Null at ErrorRecoveryLevel 0.
  SessionRecovery* recovery() const { return recovery_.get(); }
  /// Null at ErrorRecoveryLevel 0 and 1.
  SuspendedTasks* suspended() const { return suspended_.get(); }
  /// A command whose status has been sent is to send it again.
  void revive(TargetTask& task);
  /// The command ends without a word: its connection is no more.
  void terminate(TargetTask& task);
  /// The tasks of a multi-task abort may end before their transfers.
  //= rfc7143#4.2.3.4
  bool fast_abort() const { return request_.session.task_reporting == text::TaskReporting::fast_abort; }
  /// The session ends, but this connection first sends what it has: a reset that the initiator asked for.
  void end_after_answer(TargetConnectionCore& connection);
  wire::Ttt new_transfer_tag();
  /// Until the tags begin anew.
  bool has_issued(wire::Ttt tag) const { return tag != wire::kNoTtt && tag.value() <= last_transfer_tag_; }
  bool may_depart() const { return departing_ < limits_.departing_tasks; }

  /// The task has an output for the owner.
  void attend(TargetTask& task) { attention_.push_back(task); }
  void destroy(TargetTask& task);

 private:
  using State = TargetTask::State;

  std::optional<SessionOutput> output_of(TargetTask& task);
  static Bytes immediate_data_of(const TargetTask& task);
  bool has_commands_on(wire::Lun lun);
  TargetTask* create_command(TargetConnectionCore& connection, const wire::ScsiCommand& command,
                             const wire::CommandAhs& ahs, Bytes data);
  void deliver(TargetTask& task);
  void keep_waiting(TargetTask& task, Bytes data);
  void take_early_data(TargetTask& task);
  void move_write_on(TargetTask& task);
  void send_due_r2ts(TargetTask& task);
  void free_held(TargetTask& task);
  void leave_window(TargetTask& task);
  void terminate_tasks_of(wire::Cid cid);
  void terminate_suspended(wire::Cid cid);
  void terminate_all_suspended();
  void end_suspension_with_session();
  void announce_loss(wire::Cid cid);
  void close_connections(TargetConnectionCore* last_to_speak);
  Duration memory_of_lost() const;
  void refuse_joining(wire::LoginStatus status);
  bool has_room_for_immediate(const TargetConnectionCore& connection) const;
  void leave(TargetTask& task);
  static void set_lost_data_result(TargetTask& task);
  void end_internally(TargetTask& task, wire::ScsiStatus status);

  SessionRequest request_;
  wire::Tsih tsih_;
  SessionLimits limits_;
  std::uint32_t shared_immediate_commands_;
  WriteTransfer::Rules rules_;
  CommandWindow window_;
  TargetTaskTable tasks_;
  HeldData held_;
  TaskManagement management_;
  ResponseFence fence_;
  std::unique_ptr<SessionRecovery> recovery_;
  std::unique_ptr<SuspendedTasks> suspended_;
  TaskList<&TargetTask::attention_link> attention_;
  SessionMembers members_;
  wire::CmdSN announced_max_;
  std::uint32_t immediate_commands_ = 0;
  std::uint32_t departing_ = 0;
  std::uint32_t last_transfer_tag_ = 0;
  SessionEnded::Reason end_reason_ = SessionEnded::Reason::connection_lost;
  Instant now_;
  bool ever_attached_ = false;
  bool closing_ = false;
  bool escalated_ = false;
  bool logging_out_ = false;
  bool ended_ = false;
};

}  // namespace lunway::session
