// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Ending the tasks of other sessions, on whatever shard they run: what task management and PREEMPT AND ABORT reach for
// beyond their own session.
//= rfc7143#4.2.3

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "target/disk.h"

namespace lunway::target {

class CommandExecution;
class ServedSession;
class ShardServer;

struct SweepOrder {
  std::vector<std::shared_ptr<Disk>> disks;
  /// Asked once for each session of the server, on the session's shard.
  std::function<bool(const ServedSession&)> concerns;
  /// A task that goes on.
  const CommandExecution* except = nullptr;
  /// For each session concerned, first of all. May be empty.
  std::function<void(ServedSession&)> first = {};
  /// For each session concerned and each of the disks that it sees, before its tasks end; `ends_tasks`: there are some.
  /// May be empty.
  std::function<void(scsi::Nexus&, Disk&, bool ends_tasks)> also = {};
  /// It serves a task management function, of which the initiators may have to be told.
  bool is_announced = false;
  /// Once, on the shard that ordered the sweep, when no task that it ends can touch data any more.
  std::function<void()> done;
};

void sweep(ShardServer& home, SweepOrder order);

}  // namespace lunway::target
