// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a command wants next. The device server never touches a socket or a volume: it hands its owner one Step, the
// owner does it and resumes the command with the Outcome, until the step is Finish.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "base/bytes.h"
#include "base/extent.h"
#include "scsi/status.h"

namespace lunway::scsi {

class LogicalUnit;
struct NexusIdentity;

/// Medium to initiator. The owner chooses the memory (a buffer, or the volume's own window) and resumes once the medium
/// has been read; with a window, once the bytes have left it. The device server never sees them. `length` is a multiple
/// of the block size and not zero. When the initiator expects less than a whole block at the end, the owner sends only
/// what is expected.
struct ReadBlocks {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Initiator to medium. The owner solicits exactly `length` bytes, the first of the command's data, to where they
/// belong, writes them and resumes when they are written. `length` is a multiple of the block size and not zero, and
/// never more than the initiator expects to send; of further data the owner disposes.
struct WriteBlocks {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The command needs its data before it goes on: a parameter list, or data to compare. The owner solicits the first
/// bytes of the command's data into `memory`, which the task owns, and resumes with how many came. The step comes at
/// most once a command, never with empty memory, and never asks for more than the initiator expects to send.
struct ReceiveParameters {
  MutableBytes memory = {};
};

/// A medium operation of the command's own, into or from memory of the task, which is aligned to the block size of the
/// medium. The copy manager has some on other logical units.
struct Access {
  enum class Verb : std::uint8_t {
    read,     // all of `memory` from `offset`
    write,    // all of `memory` to `offset`
    flush,    // everything written before is durable afterwards; the range is only a hint
    discard,  // gives back the space of the range, which then reads as zeros; where impossible, an error
    zero,     // the range reads as zeros afterwards
  };

  Verb verb = Verb::read;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  MutableBytes memory = {};
  /// On the medium of this one, which CopyHost named; null: of the logical unit that has the task.
  const LogicalUnit* unit = nullptr;
};

/// Which blocks of the range have space. The owner fills `extents`, which are the task's and empty (of length 0), from
/// the front and without gaps, as far as they reach; what they leave out counts as having space.
struct MapBlocks {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::span<Extent> extents = {};
};

/// Somebody else uses the blocks. The owner keeps the task aside until its Waker was called, and then resumes it, on
/// the thread of the task.
struct Wait {};

/// Registrations are to survive a loss of power. The owner makes `record` durable in the place of the one before, and
/// resumes; LogicalUnit::restore() takes it after a restart. An empty record means: forget.
struct Persist {
  Bytes record;
};

/// Whether the logical unit is to be sanitized has changed. The owner resumes this command at once; meanwhile it makes
/// LogicalUnit::sanitize_record() durable, where it can, in the place of the one before, calls sanitize_is_recorded(),
/// and, unless the record is empty, has a task of its own begin LogicalUnit::begin_sanitize().
struct SanitizeOrdered {};

/// PREEMPT AND ABORT. The owner aborts every task that these nexuses have at the logical unit, this one excepted, and
/// resumes when none of them can touch the medium any more.
struct AbortTasks {
  std::span<const std::shared_ptr<const NexusIdentity>> nexuses;
};

/// The end. The views point into the task and stay valid until it begins another command.
struct Finish {
  Status status = Status::good;
  /// Not empty exactly with CHECK CONDITION.
  Bytes sense = {};
  /// Data for the initiator, cut to the allocation length, not to what the initiator expects.
  Bytes data_in = {};
  /// What the command by its CDB sends and receives. The transport compares these with what the initiator expected and
  /// reports the difference as residual. A command that fails before it moves data moves none.
  std::uint64_t data_in_length = 0;
  std::uint64_t data_out_length = 0;
  /// A unit attention, or PREEMPT AND ABORT: it tells the end of commands, so it must not overtake a status that was
  /// given before, nor be overtaken.
  bool fenced = false;
};

using Step = std::variant<Finish, ReadBlocks, WriteBlocks, ReceiveParameters, Access, MapBlocks, Wait, Persist,
                          SanitizeOrdered, AbortTasks>;

/// How a step went. After Wait a default Outcome.
struct Outcome {
  enum class Failure : std::uint8_t {
    none,
    // The medium.
    read_failed,
    write_failed,
    /// What was written since the flush before may be lost, and nobody can tell which of it.
    flush_failed,
    out_of_space,
    not_accessible,
    // A logical unit that the copy manager uses was reset, or has gone.
    unit_lost,
    // Persist.
    not_stored,
    // The transfer, with the names of RFC 7143, 11.4.7.2.
    unexpected_unsolicited_data,
    incorrect_amount_of_data,
    protocol_service_crc_error,
  };

  Failure failure = Failure::none;
  /// Bytes that arrived, after ReceiveParameters.
  std::uint64_t received = 0;

  static Outcome done() { return {}; }
  static Outcome failed(Failure why) { return {why, 0}; }
  static Outcome with_parameters(std::uint64_t bytes) { return {Failure::none, bytes}; }
};

}  // namespace lunway::scsi
