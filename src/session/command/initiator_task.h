// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One task of an initiator's session: whatever has an Initiator Task Tag.
//= rfc7143#11.2.1.8

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/command/initiator_read.h"
#include "session/command/initiator_write.h"
#include "session/initiator_output.h"
#include "session/recovery/initiator_recovery.h"
#include "session/task_id.h"
#include "text/key_value.h"
#include "text/negotiator.h"
#include "wire/logout_request.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"

namespace lunway::session {

/// A SCSI command and how far its data has come.
struct ScsiWork {
  wire::Lun lun;
  std::array<std::byte, wire::kHeaderCdbSize> cdb{};
  std::vector<std::byte> ahs;  // of a long CDB or a bidirectional command
  wire::TaskAttribute attribute = wire::TaskAttribute::simple;
  std::uint8_t priority = 0;
  Bytes data_out;
  MutableBytes data_in;
  InitiatorRead read;
  InitiatorWrite write;
  /// R2TSN of the next R2T, DataSN of the next Data-In: bidirectional commands share one sequence.
  //= rfc7143#4.2.2.4
  std::uint32_t input_sn = 0;
  /// Null until something is lost.
  std::unique_ptr<InitiatorCommandRecovery> recovery;
  /// Another connection has taken it up: a write's R2Ts may come with their old numbers.
  bool resumed = false;

  /// The target has not received the command: all of it is still to come.
  void restart();
  /// The command goes on, on another connection. Drops what was received and cannot be acknowledged, and returns the
  /// ExpDataSN of the TASK REASSIGN. `in_order`: the data of PDUs comes in the order of their numbers.
  //= rfc7143#11.5.6
  std::uint32_t resume(bool in_order);
};

struct ManagementWork {
  wire::TaskManagementFunction function = wire::TaskManagementFunction::abort_task;
  wire::Lun lun;
  /// Of ABORT TASK and QUERY TASK.
  TaskId referenced = {};
  wire::Itt referenced_itt = wire::kNoItt;
  /// Unset when the referenced task is immediate.
  std::optional<wire::CmdSN> referenced_cmd_sn = {};
  /// Of TASK REASSIGN.
  std::uint32_t exp_data_sn = 0;
};

struct PingWork {
  std::vector<std::byte> payload;
};

struct TextWork {
  text::TextWriter request = text::TextWriter();  // what is to be said next
  std::string question = {};                      // of the owner, the value of SendTargets
  std::string answer = {};                        // what the Text Responses have said so far
  wire::Ttt ttt = wire::kNoTtt;
  wire::Lun lun = {};
  std::uint32_t responses = 0;
  /// The last request had the C bit set.
  bool continues = false;
  /// Given up: the response to come ends the task.
  bool resetting = false;
  /// Not asked for by the owner: the target wanted to negotiate.
  std::unique_ptr<text::Negotiator> negotiator = nullptr;
};

struct LogoutWork {
  /// Close the session, or the connection.
  wire::LogoutReason reason = wire::LogoutReason::close_session;
  /// The connection, which may be one that was lost.
  wire::Cid cid = {};
  /// Of that one.
  wire::StatSN exp_stat_sn = {};
};

struct InitiatorTask {
  enum class State : std::uint8_t {
    free,
    waiting,    // not sent yet
    sent,       // the target owes us a response
    departing,  // ended, but its memory is still being looked at
  };

  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  State state = State::free;
  std::variant<ScsiWork, ManagementWork, PingWork, TextWork, LogoutWork> work;

  bool immediate = false;
  /// As it was sent.
  wire::CmdSN cmd_sn;
  /// The connection whose business it is; unset until it is sent, where any will do.
  //= rfc7143#4.2.5.1
  std::optional<wire::Cid> allegiance;
  /// The connection that InitiatorSpread charges with it.
  std::optional<wire::Cid> lane;
  Instant deadline = kNever;

  /// Made by the engine for itself: no TaskDone.
  bool internal = false;
  /// An ABORT TASK for this task is waiting or sent.
  std::optional<TaskId> aborter;
  /// What to report when that abort is through.
  TaskFailure abort_cause;
  /// Took so long that its connection is given up.
  bool overdue = false;
  /// Its connection is gone: another one is to take it up.
  bool orphaned = false;
  /// The connection before this one, and how often it has changed.
  std::optional<wire::Cid> former;
  std::uint32_t reassignments = 0;
  /// In its connection's list of tasks with Data-Out to send.
  bool writing = false;
  /// Its place among what was sent on its connection, the last time.
  std::uint64_t order = 0;
  /// How often it was sent again.
  std::uint32_t retries = 0;
  /// A FastAbort function that covers it has been sent: no Data-Out until that is answered.
  //= rfc7143#4.2.3.4
  bool held = false;
  /// Who looks at its memory: PDUs in a batch, a Data-In under way.
  std::uint32_t views = 0;
  /// Of a departing task.
  std::optional<TaskResult> result;

  TaskId id() const { return {slot, generation}; }
  wire::Itt itt() const { return wire::Itt(generation << 16 | slot); }

  ScsiWork* scsi() { return std::get_if<ScsiWork>(&work); }
  const ScsiWork* scsi() const { return std::get_if<ScsiWork>(&work); }
  /// Task management that may be about more than one task.
  bool is_function() const {
    const auto* management = std::get_if<ManagementWork>(&work);
    return management != nullptr && !wire::has_referenced_task(management->function);
  }
};

/// ABORT TASK or QUERY TASK for a task that has been sent.
inline ManagementWork management_of(wire::TaskManagementFunction function, const InitiatorTask& task) {
  ManagementWork work{.function = function, .lun = {}, .referenced = task.id(), .referenced_itt = task.itt()};
  if (const ScsiWork* const scsi = task.scsi()) work.lun = scsi->lun;
  if (!task.immediate) work.referenced_cmd_sn = task.cmd_sn;
  return work;
}

}  // namespace lunway::session
