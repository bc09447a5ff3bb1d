// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands without a connection, at ErrorRecoveryLevel 2: they have lost theirs, and wait for TASK REASSIGN on another
// one. The device goes on with them meanwhile; nothing is sent and nothing is received.
//= rfc7143#7.2.2
//= rfc7143#7.5
//
//   connection lost ──► suspended ── recovery logout, or login with its CID ──► may be reassigned ── TASK REASSIGN ──►
//   goes on
//                           └────────── Time2Wait + Time2Retain are over ───────────┴──► ends, as if never heard of
//
// Of commands whose status was sent and not acknowledged the status is here, with the data while that is kept.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "session/recovery/retained_responses.h"
#include "wire/numbers.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {

class TargetConnectionCore;
class TargetSessionCore;
struct TargetTask;

class SuspendedTasks {
 public:
  explicit SuspendedTasks(TargetSessionCore& session) : session_(session) {}

  // --------------------------------------------------------------------------------------- connections that have gone

  /// The tasks of the connection lose it, and are still allegiant. What cannot be recovered ends: immediate commands,
  /// and those that have not had their turn. Harmless when this has happened already.
  void suspend(TargetConnectionCore& connection, Instant until);
  /// The recovery logout of the connection is complete, or a login takes its place: its tasks may be reassigned. The
  /// initiator had received its statuses before `expected`.
  void logged_out(wire::Cid cid, wire::StatSN expected, Instant until);
  /// Tasks of this connection may be reassigned until a time.
  bool has(wire::Cid cid) const;
  /// Some task, or its status, waits.
  bool has_tasks_of(wire::Cid cid) const;
  /// No task of the connection can be reassigned any more. Living ones are left alone.
  void forget(wire::Cid cid);
  /// Others need memory: statuses stay, their data goes.
  void drop_data();

  Instant deadline() const;
  /// The connections whose time is over, which are to be forgotten. A reassignment that came in time stops the clock.
  std::vector<wire::Cid> expired(Instant now) const;
  std::vector<wire::Cid> all() const;

  // ------------------------------------------------------------------------------------------------- reassignment

  /// TASK REASSIGN has come on `connection`.
  void reassign(TargetConnectionCore& connection, const wire::TaskManagementRequest& request);
  /// Reassignments become possible when nothing of the old connection is in use, and effective when the response is
  /// made.
  //= rfc7143#7.2.2
  void advance();
  /// The connection ends: what was to be reassigned to it is free for another one, or its own by now.
  void leaves(const TargetConnectionCore& connection);
  /// The connection is about to be destroyed.
  void detach(const TargetConnectionCore& connection);

  /// ABORT TASK has come on `connection` for a command whose status was sent on one that has gone: "its status, if sent
  /// but not acknowledged, will be resent followed by the task management response".
  //= rfc7143#11.5.1
  void conclude(TargetConnectionCore& connection, wire::Itt itt);

 private:
  using Code = wire::TaskManagementResponseCode;
  using Response = RetainedResponses::Response;

  struct Group {
    wire::Cid cid;
    Instant until;
    bool logged_out = false;
    std::vector<Response> statuses;
    /// So many of them have no number of that connection: they never left, or are of one with the same CID that was
    /// lost before.
    std::size_t earlier = 0;
    /// What the connection would have numbered next.
    wire::StatSN next = {};
    /// Which one it was; null when it has been destroyed.
    const TargetConnectionCore* connection = nullptr;
  };

  /// Statuses of one CID, if it is lost again and again.
  static constexpr std::size_t kMostStatuses = 512;

  struct Reassignment {
    wire::Itt itt;
    wire::Itt request;
    wire::Cid from;
    TargetConnectionCore* to = nullptr;
    std::uint32_t exp_data_sn = 0;
    bool answered = false;
    /// Set when the response is made.
    std::optional<wire::StatSN> number;
    /// Its connection ends; the transmitter may still know it.
    bool abandoned = false;
  };

  Group& group_of(wire::Cid cid);
  const Group* find(wire::Cid cid) const;
  /// The group that has the status of this task.
  Group* find_status(wire::Itt itt);
  void let_go(const Response& status);
  void suspend_tasks_of(const TargetConnectionCore& connection);
  void take_statuses(Group& group, TargetConnectionCore& connection);
  Code judge(wire::Itt itt, const Group*& from);
  bool is_of_another_kind(wire::Itt itt) const;
  bool is_pending(wire::Itt itt) const;
  bool is_claimed(wire::Cid cid) const;
  Response take_status(Group& group, wire::Itt itt);
  bool is_free(wire::Itt itt);
  void make_effective(const Reassignment& one);
  void resume(TargetTask& task, const Reassignment& one);
  void resume_read(TargetTask& task, std::uint32_t exp_data_sn);
  static void send_status(const Response& status, TargetConnectionCore& to, std::uint32_t exp_data_sn);

  TargetSessionCore& session_;
  std::vector<Group> groups_;  // the oldest first
  // A list: the transmitter knows where the numbers are.
  std::list<Reassignment> reassignments_;
};

}  // namespace lunway::session
