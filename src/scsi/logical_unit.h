// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A logical unit: a direct access block device (SBC-3) as initiators see it. It decides what every command does and
// says; the owner moves the data and touches the medium (see step.h).
//
//   Step step = unit.begin(task, nexus, command);
//   while (!std::holds_alternative<Finish>(step)) step = unit.resume(task, do_it(step));

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "scsi/command.h"
#include "scsi/nexus.h"
#include "scsi/step.h"
#include "scsi/task.h"
#include "scsi/unit_attention.h"

namespace lunway::scsi {

/// What a logical unit is. Fixed while it lives, where no member function of LogicalUnit changes it.
struct LogicalUnitOptions {
  /// 512 or 4096.
  std::uint32_t block_size = 512;
  /// A physical block has 2^exponent logical blocks.
  std::uint8_t physical_block_exponent = 3;
  std::uint64_t capacity_blocks = 0;

  /// Printable ASCII, cut to 8, 16 and 4 characters.
  std::string vendor = "LUNWAY";
  std::string product = "VIRTUAL DISK";
  std::string revision = "0001";
  /// Unit serial number, printable ASCII, up to 64 characters.
  std::string serial_number;
  /// NAA designator of 8 bytes (type 2h, 3h or 5h in its first four bits), unique in the world. 0: none is offered.
  std::uint64_t naa = 0;

  bool write_protected = false;
  bool removable = false;
  bool rotates = false;
  /// A write may be lost with the power until the medium is flushed. Without it FUA costs nothing.
  bool volatile_cache = false;
  /// The WCE bit at the start: with it, a write is GOOD before it is durable.
  bool write_cache_enabled = true;
  /// Access may carry discard, and zero.
  bool can_discard = false;
  bool can_zero = false;
  /// The most that one command may move: MAXIMUM TRANSFER LENGTH of the Block Limits page. VERIFY and its kin keep as
  /// much in memory.
  std::uint32_t max_transfer_bytes = 8U << 20;
  /// The most that one write of the medium takes whole or not at all, even when the power fails. Zero where nobody can
  /// promise that: then WRITE ATOMIC is not offered.
  std::uint32_t max_atomic_bytes = 0;
  /// The first two bytes of REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS data: which of them the owner carries out. The
  /// default is all of RFC 7143 but CLEAR ACA, and those of RFC 7144.
  std::uint16_t task_management = 0xde07;
  /// The owner carries out Persist: initiators may ask that registrations survive a loss of power (APTPL).
  bool can_persist = false;
  /// TAS of the control page: commands that other initiators aborted end with TASK ABORTED, instead of silently.
  bool task_aborted_status = false;
};

/// Threads: every member may be called from all shards at once. A task and a nexus belong to one shard.
class LogicalUnit {
 public:
  explicit LogicalUnit(const LogicalUnitOptions& options);
  ~LogicalUnit();
  LogicalUnit(const LogicalUnit&) = delete;
  LogicalUnit& operator=(const LogicalUnit&) = delete;

  /// An initiator has logged in, or lost its nexus. A nexus is detached after the last of its tasks ended, and before
  /// it goes away. The first command of a nexus meets the unit attention POWER ON OCCURRED, or, when the same two ports
  /// had a nexus that was lost, I_T NEXUS LOSS OCCURRED.
  void attach(Nexus& nexus);
  void detach(Nexus& nexus);

  /// Begins a command. `task` is idle, `nexus` attached.
  Step begin(Task& task, Nexus& nexus, const Command& command);

  /// Goes on after a step that was not Finish.
  Step resume(Task& task, const Outcome& outcome);

  /// The task was aborted: it uses nothing of the logical unit any more, and no Waker is called for it. Nothing that a
  /// step asked for is under way. Harmless for an idle task.
  void abandon(Task& task);

  /// Task management: LOGICAL UNIT RESET, or a target reset. The owner has aborted all tasks, and has told each nexus
  /// with tell_reset() when it ended the tasks of that nexus: no later command of it may run before it knows.
  void reset();
  void tell_reset(Nexus& nexus);

  /// As reset(), and what only lives as long as the power is on goes too.
  void power_cycle();

  /// I_T nexus loss, before detach(): everything that belongs to the nexus goes, but for what is persistent.
  void lose(Nexus& nexus);

  /// What QUERY ASYNCHRONOUS EVENT answers (SAM-5, 7.10): whether a unit attention is pending for the nexus, and 24
  /// bits about the first of them.
  static std::optional<std::uint32_t> pending_event(const Nexus& nexus);

  /// Task management cleared tasks of other nexuses than `cause` (CLEAR TASK SET): tells one of them.
  void tell_commands_cleared(Nexus& nexus);

  /// The medium has grown or shrunk. Commands that began before may still end beyond the new end.
  void resize(std::uint64_t capacity_blocks);
  void set_write_protected(bool write_protected);

  /// Raises a unit attention for every nexus, but not for `except`.
  void raise_for_all(UnitAttention attention, const Nexus* except = nullptr);

  /// Takes what Persist handed out before a restart; false when it is damaged, and then nothing has changed. Before the
  /// first attach().
  bool restore(Bytes record);

  // The sanitize operation of SanitizeOrdered. It belongs to no command, and lasts longer than what ordered it.

  /// What was ordered and has not ended well; empty: nothing.
  std::string sanitize_record() const;
  /// The record is in its place, or nothing will put it there.
  void sanitize_is_recorded();
  /// Takes a record after a restart; false when it is damaged, and then nothing has changed. Before the first attach().
  bool restore_sanitize(Bytes record);
  /// Begins the operation, once; it goes on with resume(), and every other command is refused until it has ended. A
  /// task that is abandoned has ended nothing: only a restart can take the operation up again.
  Step begin_sanitize(Task& task, Waker& waker);

  std::uint64_t capacity_blocks() const;
  std::uint32_t block_size() const;

  /// A flush has failed, so blocks that were GOOD before it may be lost. A kernel says so once and calls the next flush
  /// a success, although it never writes those blocks again. So nothing is flushed or written from then on: each such
  /// command ends with WRITE ERROR, and whoever looks after the medium has to open it anew.
  bool has_lost_writes() const;

  /// For files of scsi/.
  UnitState& state() const { return *unit_; }

 private:
  Step guarded(Task& task, Step step);
  Step guarded_elsewhere(Task& task, Step step);
  Step claimed(Task& task, RangeGate& gate, const RangeGate::Claim& claim, Step step);
  Step released(Task& task, Step step);
  Step let_out(const Task& task, Step step) const;
  Step failed(Task& task, Outcome::Failure failure);
  Step finished(Task& task, Step step);
  UnitState* unit_of(const Access& access) const;

  const std::unique_ptr<UnitState> unit_;
};

/// A command for a logical unit number that nobody has (SPC-4, 6.4.1; SAM-5, 4.7): INQUIRY, REPORT LUNS and REQUEST
/// SENSE are answered, all others end with LOGICAL UNIT NOT SUPPORTED. Always Finish.
Step begin_without_unit(Task& task, const NexusIdentity& nexus, const Command& command);

}  // namespace lunway::scsi
