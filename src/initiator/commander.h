// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI commands as a host sends them: unit attentions are absorbed, a target without room is asked again a little
// later, commands beyond what the engine holds wait here, and those of a lost session that are to be sent again.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "initiator/client.h"
#include "initiator/disk_guard.h"
#include "lunway/initiator.h"
#include "runtime/timers.h"

namespace lunway::initiator {

class Commander {
 public:
  /// `client` outlives it.
  explicit Commander(Client& client);

  /// The CDB is copied, the data is not. `done` runs inside the client's turn(), also for errors found here.
  Result<TaskId> submit(Command command, ScsiDone done);
  /// Asks for the end of a command; unknown ids are ignored.
  void abort(TaskId id);
  /// The same, and `done` is told what became of it, after the command's own callback.
  Result<> abort(TaskId id, AbortDone done);
  /// QUERY TASK. What the target has not got, because it has not been sent or has ended, is not found.
  Result<> query(TaskId id, ManagementDone done);

  std::size_t in_flight() const { return commands_.size(); }

  /// Told of each unit attention that came with a command, absorbed or not.
  void on_unit_attention(std::function<void(const Sense&)> listener) { on_unit_attention_ = std::move(listener); }

 private:
  struct Pending {
    Command command;
    ScsiDone done;
    std::optional<session::TaskId> task;  // while the engine has it
    unsigned attempts = 0;
    unsigned replays = 0;
    bool aborted = false;
  };

  /// Somebody waits to be told what became of a command. The answer to the ABORT TASK and the end of the command may
  /// come in either order.
  struct Aborting {
    AbortDone done;
    std::optional<session::TaskResult> answer;
    bool ended_first = false;
  };
  void abort_answered(TaskId id, session::TaskResult result);
  void tell_aborted(TaskId id);
  void command_ended(TaskId id, bool answered);

  /// False when the engine has no place for another.
  bool try_to_issue(TaskId id);
  void issue_backlog();
  void ended(TaskId id, session::TaskResult result);
  void session_changed(Client::Change change);
  bool may_be_sent_twice(const Pending& pending) const;
  /// Whether a new session is to set right what became of the command.
  bool recovers_from(const Pending& pending, const session::TaskFailure& failure);
  bool recovers_from(const Pending& pending, const ScsiResult& result);
  /// A command that its session took along: waits for the next session, or ends.
  void lost(TaskId id, Pending& pending, const session::TaskFailure& failure);
  std::uint16_t lun_of(const Command& command) const { return command.lun.value_or(client_.url().lun); }
  void answered(TaskId id, Pending& pending, session::ScsiCompletion completion);
  void noticed(std::uint16_t lun, const Sense& sense);
  void finish(TaskId id, Result<ScsiResult> result);
  void wait(TaskId id, unsigned attempts);
  void wake(Instant at);
  void arm();

  Client& client_;
  DiskGuard guard_;
  std::unordered_map<TaskId, Pending> commands_;
  std::unordered_map<TaskId, Aborting> aborting_;
  std::deque<TaskId> backlog_;              // the engine had no place for them
  std::multimap<Instant, TaskId> waiting_;  // to be tried again then
  runtime::Timer timer_;
  TaskId last_id_ = 0;
  std::function<void(const Sense&)> on_unit_attention_;
};

}  // namespace lunway::initiator
