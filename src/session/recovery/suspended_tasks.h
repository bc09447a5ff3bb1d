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

  enum class By : std::uint8_t {
    loss,    // not logged out yet: its tasks are still allegiant
    logout,  // a recovery logout, or a login that takes its place
  };
  /// The tasks of the connection lose it. What cannot be recovered ends: immediate commands, and those that have not
  /// had their turn.
  void suspend(TargetConnectionCore& connection, By how, Instant until);
  /// A connection that was lost is logged out for recovery. The initiator had received its statuses before `expected`.
  void logged_out(wire::Cid cid, wire::StatSN expected, Instant until);
  /// Tasks of this connection may be reassigned until a time.
  bool has(wire::Cid cid) const;
  /// No task of the connection can be reassigned any more. Living ones are left alone.
  void forget(wire::Cid cid);

  Instant deadline() const;
  /// The connections whose time is over, which are to be forgotten.
  std::vector<wire::Cid> expired(Instant now) const;
  std::vector<wire::Cid> all() const;

  // ------------------------------------------------------------------------------------------------- reassignment

  /// TASK REASSIGN has come on `connection`.
  void reassign(TargetConnectionCore& connection, const wire::TaskManagementRequest& request);
  /// Reassignments become possible when nothing of the old connection is in use, and effective when the response is
  /// made.
  //= rfc7143#7.2.2
  void advance();
  /// The connection is about to be destroyed.
  void detach(const TargetConnectionCore& connection);

 private:
  using Code = wire::TaskManagementResponseCode;
  using Response = RetainedResponses::Response;

  struct Group {
    wire::Cid cid;
    Instant until;
    bool logged_out = false;
    std::vector<Response> statuses;
    /// So many of them are from a connection with the same CID that was lost before; their numbers mean nothing now.
    std::size_t earlier = 0;
  };

  /// Statuses of one CID, if it is lost again and again.
  static constexpr std::size_t kMostStatuses = 512;

  struct Reassignment {
    wire::Itt itt;
    wire::Itt request;
    TargetConnectionCore* to = nullptr;
    std::uint32_t exp_data_sn = 0;
    bool answered = false;
    /// Set when the response is made.
    std::optional<wire::StatSN> number;
  };

  Group& group_of(wire::Cid cid);
  const Group* find(wire::Cid cid) const;
  /// The group that has the status of this task.
  Group* find_status(wire::Itt itt);
  void let_go(const Response& status);
  void suspend_tasks_of(const TargetConnectionCore& connection);
  Code judge(wire::Itt itt);
  bool is_pending(wire::Itt itt) const;
  bool is_free(wire::Itt itt);
  void make_effective(const Reassignment& one);
  void resume(TargetTask& task, const Reassignment& one);
  void resume_read(TargetTask& task, std::uint32_t exp_data_sn);
  static void send_status(const Response& status, const Reassignment& one);

  TargetSessionCore& session_;
  std::vector<Group> groups_;  // the oldest first
  // A list: the transmitter knows where the numbers are.
  std::list<Reassignment> reassignments_;
};

}  // namespace lunway::session
