// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The sanitize operation of one disk: no session's, so it goes on when its initiator is gone. Its record is kept beside
// the disk's reservations, so that a restart, and a stop in the middle, take it up again.

#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/operation.h"
#include "scsi/task.h"
#include "target/disk.h"
#include "target/shared_flush.h"

namespace lunway::target {

class ShardServer;

/// Threads: its shard's, but for wake(). Lives until it tells the shard that it has ended.
class SanitizeExecution final : public scsi::Task,
                                public scsi::Waker,
                                public std::enable_shared_from_this<SanitizeExecution> {
 public:
  SanitizeExecution(ShardServer& shard, std::shared_ptr<Disk> disk) : shard_(shard), disk_(std::move(disk)) {}

  const Disk& disk() const { return *disk_; }

  /// Keeps the record first, or forgets it: then there is nothing more to do.
  void start();
  /// No further step. It has ended when the medium has let go.
  void stop();

  void wake(scsi::Task& task) override;

 private:
  void keep_record(void (SanitizeExecution::*kept)());
  void begin();
  void run(scsi::Step step);
  void use_medium(const scsi::Access& access);
  void medium_ended(const runtime::Outcome& outcome);
  void end();

  ShardServer& shard_;
  const std::shared_ptr<Disk> disk_;
  bool is_stopping_ = false;
  bool is_waiting_ = false;
  bool is_keeping_ = false;
  /// What a volume answered at once, an errno value or 0.
  int error_ = 0;
  volume::VolumeRequest request_;
  runtime::Operation operation_ = runtime::Operation::calling<&SanitizeExecution::medium_ended>(this);
  SharedFlush flush_ = SharedFlush::calling<&SanitizeExecution::medium_ended>(this);
};

/// After a restart: what was going on goes on. The error says what is wrong with the record.
Result<> restore_sanitize(Disk& disk);

}  // namespace lunway::target
