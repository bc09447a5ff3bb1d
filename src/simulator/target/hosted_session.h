// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One session of the simulated target: the engine's session, its nexuses with the logical units, and the commands that
// run.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "scsi/nexus.h"
#include "session/target_session.h"
#include "simulator/target/command_run.h"

namespace lunway::simulator {

class TargetHost;

class HostedSession : public std::enable_shared_from_this<HostedSession> {
 public:
  HostedSession(TargetHost& host, const session::SessionRequest& request, wire::Tsih tsih);
  ~HostedSession();
  HostedSession(const HostedSession&) = delete;
  HostedSession& operator=(const HostedSession&) = delete;

  session::TargetSession& engine() { return engine_; }
  /// The same initiator port and target port.
  bool is_same_nexus(const session::SessionRequest& request) const;
  bool has_ended() const { return ended_; }
  /// Ends it for another session of the same nexus.
  void give_way();

  /// Takes the outputs of the engine; true when there were any.
  bool take_outputs();

  // ------------------------------------------------------------------------------------------------ for commands

  Instant now() const;
  std::span<const std::uint64_t> lun_list() const { return luns_; }
  const scsi::NexusIdentity& identity() const { return *identity_; }
  std::uint64_t write_chunk() const;
  CommandRun* find_run(session::TaskId task) const;
  void settle();
  /// Calls it soon, if the session is still there.
  void post(std::function<void()> action);
  /// One that was asked to end has ended.
  void run_ended();

  // ----------------------------------------------------------------------------------------- for task management

  scsi::Nexus& nexus_with(const HostedUnit& unit) const;
  bool has_tasks_on(const HostedUnit& unit) const;
  /// Ends the commands on this unit for another session's sake; `done` follows when none can touch data any more.
  void abandon_tasks(const HostedUnit& unit, std::function<void()> done);

 private:
  struct Abandonment {
    const HostedUnit* unit;
    std::function<void()> done;
  };

  void handle(const session::Submit& submit);
  void handle(const session::DataArrived& arrived);
  void handle(const session::Abort& abort);
  void handle(const session::Release& release);
  void handle(const session::SubmitTaskManagement& request);
  void handle(const session::SessionEnded& ended);
  HostedUnit* find_unit(wire::Lun lun) const;

  TargetHost& host_;
  const std::shared_ptr<const scsi::NexusIdentity> identity_;
  std::vector<std::unique_ptr<scsi::Nexus>> nexuses_;  // as the units of the host
  std::vector<std::uint64_t> luns_;
  session::TargetSession engine_;
  std::vector<std::unique_ptr<CommandRun>> runs_;  // by TaskId::slot()
  std::vector<Abandonment> abandonments_;
  bool ended_ = false;
  bool gives_way_ = false;
};

}  // namespace lunway::simulator
