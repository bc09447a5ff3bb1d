// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/sweep.h"

#include <atomic>
#include <utility>

#include "target/served_session.h"
#include "target/shard_server.h"

namespace lunway::target {
namespace {

/// One order on its way over the shards. The last one that is done sends word home.
class Sweep : public std::enable_shared_from_this<Sweep> {
 public:
  Sweep(ShardServer& home, SweepOrder order) : home_(home), order_(std::move(order)) {}

  void start() {
    // One more than there are shards, so that it does not end while it is being spread.
    open_ = home_.peers().size() + 1;
    for (ShardServer* shard : home_.peers()) {
      shard->loop().post([self = shared_from_this(), shard](runtime::Loop&) { self->visit(*shard); });
    }
    one_done();
  }

 private:
  void visit(ShardServer& shard) {
    for (const std::shared_ptr<ServedSession>& session : shard.sessions()) {
      if (!order_.concerns(*session)) continue;
      if (order_.first) order_.first(*session);
      for (const std::shared_ptr<Disk>& disk : order_.disks) end_tasks(*session, *disk);
    }
    one_done();
  }

  void end_tasks(ServedSession& session, Disk& disk) {
    scsi::Nexus* nexus = session.nexus_with(disk);
    if (nexus == nullptr) return;
    if (order_.also) order_.also(*nexus, disk, session.has_tasks_on(disk, order_.except));
    if (order_.is_announced) session.announce_termination(disk);
    ++open_;
    session.abandon_tasks(disk, order_.except, [self = shared_from_this()] { self->one_done(); });
  }

  void one_done() {
    if (--open_ != 0) return;
    home_.loop().post([self = shared_from_this()](runtime::Loop&) { self->order_.done(); });
  }

  ShardServer& home_;
  const SweepOrder order_;
  std::atomic<std::size_t> open_ = 0;
};

}  // namespace

void sweep(ShardServer& home, SweepOrder order) { std::make_shared<Sweep>(home, std::move(order))->start(); }

}  // namespace lunway::target
