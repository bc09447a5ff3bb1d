// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's connection at ErrorRecoveryLevel 1 or 2 keeps of what it has sent, and what it is asked to send once
// more. A connection at level 0 has none of it.
//= rfc7143#11.16
//
// The read data of a command is not read again from the medium, where it may have changed meanwhile: it stays in the
// owner's memory until the initiator has acknowledged the status, or all of the data, or until the limits are reached.
// Then a SNACK for it is rejected, as the RFC allows.
//= rfc7143#7.1.3
//= rfc7143#7.8

#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/command/read_transfer.h"
#include "session/limits.h"
#include "session/recovery/retained_responses.h"
#include "session/task_id.h"
#include "wire/header.h"
#include "wire/numbers.h"

namespace lunway::session {

class TargetSessionCore;
struct TargetTask;

class ConnectionRecovery {
 public:
  ConnectionRecovery(TargetSessionCore& session, const ConnectionLimits& limits);

  // --------------------------------------------------------------------------------------------- what was sent

  /// A numbered PDU.
  void keep(wire::StatSN number, const wire::Header& header, Bytes data);
  /// A status. Where data was sent for the task, it is kept, too.
  void keep_status(wire::StatSN number, const wire::Header& header, Bytes data, TargetTask& task);
  /// Of all tasks: there is a better use for the memory. A SNACK for it is rejected.
  //= rfc7143#7.8
  void drop_data();
  /// The initiator has everything before this number.
  void acknowledge(wire::StatSN number);
  /// The connection ends: nothing will be sent again.
  void forget_all();

  /// The statuses, for the time after the connection; all else is forgotten.
  std::vector<RetainedResponses::Response> take_statuses();

  RetainedResponses& responses() { return responses_; }
  /// The task whose status has been sent with this tag and whose data is here; null when there is none.
  TargetTask* find_retained(wire::Itt itt);
  /// All data of it is acknowledged: its status is enough to keep.
  void drop_data_of(TargetTask& task);

  // ------------------------------------------------------------------------------------- what is sent once more

  /// Data-In PDUs that are to be sent once more.
  struct Resend {
    TaskId task;
    /// The run; unset where all that is left of the task's own transfer is meant, and the status behind it.
    struct Run {
      ReadTransfer transfer;
      std::uint32_t next = 0;
      std::uint32_t end = 0;
      std::uint32_t segment = 0;
    };
    std::optional<Run> run;
  };

  void send_again(const Resend& resend) { resends_.push_back(resend); }
  /// The first one whose task still sends; null when there is none. Others go: nothing of a task follows the response
  /// to the request that has aborted it.
  Resend* next_resend();
  void resend_done() { resends_.pop_front(); }
  /// The initiator has changed its mind about the data of this task.
  void withdraw(TaskId task);
  std::size_t resends() const { return resends_.size(); }

  // ------------------------------------------------------------------------------------------------------- time

  /// When an acknowledgement is to be asked for, because none has come for a while.
  //= rfc7143#7.1.4.2
  Instant deadline() const { return ask_at_ < look_at_ ? ask_at_ : look_at_; }
  /// True when it is to be asked for now.
  bool expire(Instant now);
  /// Write data of the task is owed from now on. A sequence that does not come is looked for at sequences_due().
  //= rfc7143#7.1.4.1
  void await_data_of(TargetTask& task);
  bool sequences_due(Instant now);
  void look_again_at(Instant when);
  /// Much is kept: True once for each time that it became so.
  bool wants_acknowledgement();

 private:
  void make_room();
  void let_go(const RetainedResponses::Response& response);

  TargetSessionCore& session_;
  Duration acknowledgement_wait_;
  RetainedResponses responses_;
  std::list<Resend> resends_;
  wire::StatSN acknowledged_;
  Instant ask_at_ = kNever;
  Duration sequence_wait_;
  Instant look_at_ = kNever;
  bool asked_ = false;
};

}  // namespace lunway::session
