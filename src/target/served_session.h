// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One session on its shard: the engine's session, the connections that belong to it, the nexuses with its disks and the
// commands that run.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "runtime/buffer_pool.h"
#include "runtime/ring.h"
#include "runtime/timers.h"
#include "scsi/copy_host.h"
#include "scsi/nexus.h"
#include "session/target_session.h"
#include "target/catalog.h"
#include "target/command_execution.h"
#include "target/server_status.h"
#include "target/session_luns.h"
#include "target/session_registry.h"

namespace lunway::target {

class ServedConnection;
class ShardServer;

/// Threads: its shard's, but for post_wake(). Lifetime: held by the shard from open() until the engine says that the
/// session has ended and its last connection has gone.
class ServedSession : public std::enable_shared_from_this<ServedSession>, public scsi::CopyHost {
 public:
  /// `luns` and `port_groups` are null in a discovery session, the latter also where all paths are alike.
  ServedSession(ShardServer& shard, const session::SessionRequest& request, wire::Tsih tsih, NexusKey key,
                const std::shared_ptr<const LunMap>& luns, std::shared_ptr<scsi::PortGroups> port_groups);
  virtual ~ServedSession();
  ServedSession(const ServedSession&) = delete;
  ServedSession& operator=(const ServedSession&) = delete;

  session::TargetSession& engine() { return engine_; }
  SessionStatus status() const;
  const NexusKey& key() const { return key_; }

  void add(ServedConnection& connection);
  void remove(ServedConnection& connection);

  /// Takes the outputs of the session until there are none.
  void take_outputs();
  /// As take_outputs(), and then serves its connections. After every verb. The session may be gone when it returns.
  void drain();

  /// Gives memory of past commands back, when none is under way.
  void shrink();

  /// Ends it without a word to the initiator.
  void close();
  /// Asks the initiator to log out of it within this time.
  void request_logout(Duration within);

  /// The configuration has changed: from now on it has these LUNs. Commands to those that are gone end.
  void change_luns(const LunMap& luns);

  // ----------------------------------------------------------------------------------------- for its executions

  runtime::Ring& ring();
  runtime::BufferPool& buffers();
  const scsi::NexusIdentity& identity() const { return *identity_; }
  std::span<const std::uint64_t> lun_list() const { return luns_.list(); }
  /// Its volume fetches what it wants to move: its turn comes with the next drain().
  void prefetching(CommandExecution& execution) { prefetching_.push_back(&execution); }
  void wait_for_buffer(CommandExecution& execution);
  void stop_waiting_for_buffer(CommandExecution& execution);
  /// From any thread: the task may go on, after so and so.
  void post_resume(session::TaskId task, scsi::Outcome outcome);
  /// One that abandon_tasks() has asked to end has ended.
  void execution_ended();
  ShardServer& shard() { return shard_; }

  // ------------------------------------------------------------------------------------- for those that copy

  std::vector<scsi::CopyUnit> copy_units() override { return luns_.copy_units(); }
  void fill_random(MutableBytes bytes) override;
  /// The disk of a logical unit that copy_units() named to a task which still uses it.
  Disk& disk_with(const scsi::LogicalUnit& unit) const { return luns_.disk_with(unit); }

  // ----------------------------------------------------------------------------------------- for task management

  /// Ends the tasks on `disk`, but not `except`, for another command's sake; `done` is called when none of them can
  /// touch data any more. Tasks of other disks that copy from or to this one end by themselves, with sense data.
  void abandon_tasks(const Disk& disk, const CommandExecution* except, std::function<void()> done);
  /// Of these tasks, ends those only that copy from or to `disk` on behalf of another one.
  void end_copies_with(const Disk& disk, std::function<void()> done);
  bool has_tasks_on(const Disk& disk, const CommandExecution* except) const;
  /// Before abandon_tasks() for another initiator's task management.
  void announce_termination(const Disk& disk);
  /// Null when the session does not see the disk.
  scsi::Nexus* nexus_with(const Disk& disk) const { return luns_.nexus_with(disk); }
  std::vector<std::shared_ptr<Disk>> disks() const { return luns_.disks(); }

 private:
  struct Abandonment {
    const Disk* disk;
    std::function<void()> done;
  };

  void handle(const session::Submit& submit);
  void handle(const session::DataArrived& arrived);
  void handle(const session::Abort& abort);
  void handle(const session::Release& release);
  void handle(const session::SubmitTaskManagement& request);
  void handle(const session::SessionEnded& ended);

  void move_prefetched();
  void expire(Instant now);
  void tell_terminated(const Disk& disk);
  CommandExecution& execution_in(std::uint32_t slot);
  bool awaits_end_on(const Disk& disk) const;
  bool uses(const scsi::Nexus& nexus) const;

  ShardServer& shard_;
  const NexusKey key_;
  const std::shared_ptr<const scsi::NexusIdentity> identity_;
  SessionLuns luns_;
  session::TargetSession engine_;
  // By TaskId::slot(); made when a slot is used for the first time.
  std::vector<std::unique_ptr<CommandExecution>> executions_;
  std::vector<CommandExecution*> prefetching_;
  std::vector<ServedConnection*> connections_;
  std::vector<Abandonment> abandonments_;
  runtime::Timer timer_;
  bool ended_ = false;
  bool has_failed_ = false;
  bool taking_outputs_ = false;
};

}  // namespace lunway::target
