// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A command as the transport hands it over.

#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/instant.h"
#include "scsi/status.h"

namespace lunway::scsi {

class CopyHost;
class Task;

/// Whom a logical unit tells that a task which got Wait may go on. It is called on whatever thread made the way free,
/// with the logical unit locked: post a note to the task's thread, and call nothing of scsi/ from here.
class Waker {
 public:
  virtual void wake(Task& task) = 0;

 protected:
  ~Waker() = default;
};

/// The views are read during begin() only.
struct Command {
  /// Up to 260 bytes. Bytes that a shorter CDB does not have count as zero.
  Bytes cdb = {};
  /// What the initiator expects to receive and to send, in bytes.
  std::uint64_t expected_data_in = 0;
  std::uint64_t expected_data_out = 0;
  TaskAttribute attribute = TaskAttribute::simple;
  /// What REPORT LUNS lists: the logical units this initiator may see, each its eight bytes as one big-endian number.
  std::span<const std::uint64_t> luns = {};
  /// Not null: it outlives the task's execution.
  Waker* waker = nullptr;
  /// As the waker. Null where nobody copies: commands of the copy manager are not begun then.
  CopyHost* copy_host = nullptr;
  /// When it came. Tokens grow old by it.
  Instant now = {};
};

}  // namespace lunway::scsi
