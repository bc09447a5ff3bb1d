// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's session at ErrorRecoveryLevel 1 or 2 keeps so that it can send again: the records of its reads, and
// the account of the data that is kept beyond the status. A session at level 0 has none of it.
//= rfc7143#7.1.3

#pragma once

#include <cstdint>
#include <vector>

#include "session/recovery/read_record.h"
#include "wire/numbers.h"

namespace lunway::session {

class TargetSessionCore;
struct TargetTask;

class SessionRecovery {
 public:
  explicit SessionRecovery(TargetSessionCore& session) : session_(session) {}

  /// Of a living command; a new one where it has none yet.
  ReadRecord& record_of(const TargetTask& task);

  /// The command whose read data is acknowledged with this tag; null when no living one has it.
  TargetTask* find(wire::Ttt ack_tag);
  wire::Ttt ack_tag_of(const TargetTask& task);

  // ----------------------------------------------------------------------------------- data beyond the status

  /// False for a read that alone is more than the limit: its data is never kept beyond the status.
  bool can_have_room_for(const TargetTask& task) const;
  bool has_room_for(const TargetTask& task) const;
  /// The status has been sent, and the task stays with its data until let_go().
  void retain(TargetTask& task);
  void let_go(TargetTask& task);
  /// As let_go(), but the task goes on.
  void release(TargetTask& task);

  std::uint32_t retained_reads() const { return retained_; }
  bool is_half_full() const;

 private:
  TargetSessionCore& session_;
  std::vector<ReadRecord> records_;  // by slot
  std::uint32_t retained_ = 0;
  std::size_t retained_bytes_ = 0;
};

}  // namespace lunway::session
