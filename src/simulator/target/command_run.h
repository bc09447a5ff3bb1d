// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One SCSI command between the engine and a virtual disk: it does what the device server asks for, step by step.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scsi/logical_unit.h"
#include "scsi/task.h"
#include "session/target_session.h"
#include "simulator/device/virtual_disk.h"

namespace lunway::simulator {

class HostedSession;

/// A logical unit and its medium.
struct HostedUnit {
  HostedUnit(VirtualDisk& medium, const scsi::LogicalUnitOptions& options, wire::Lun number)
      : disk(medium), unit(options), lun(number) {}

  VirtualDisk& disk;
  scsi::LogicalUnit unit;
  const wire::Lun lun;
};

class CommandRun final : public scsi::Task, public scsi::Waker {
 public:
  CommandRun(HostedSession& session, const session::Submit& submit, HostedUnit* unit, scsi::Nexus* nexus);

  void begin(const session::Submit& submit);
  void data_arrived(session::TransferFailure failure);
  /// The engine wants it to end.
  void abort() { end_early(Ending::aborted); }
  /// Another initiator's function ended it.
  void abandon() { end_early(Ending::abandoned); }

  void wake(scsi::Task& task) override;

  bool is_running() const { return !answered_; }
  bool is_ending() const { return is_running() && ending_ != Ending::none; }
  const HostedUnit* unit() const { return unit_; }
  session::TaskId id() const { return id_; }

 private:
  enum class Ending : std::uint8_t { none, abandoned, aborted };
  enum class WaitsFor : std::uint8_t { nothing, data, medium, others };

  void run(scsi::Step step);
  bool start(scsi::Step& step, const scsi::Finish& finish);
  bool start(scsi::Step& step, const scsi::ReadBlocks& read);
  bool start(scsi::Step& step, const scsi::WriteBlocks& write);
  bool start(scsi::Step& step, const scsi::ReceiveParameters& receive);
  bool start(scsi::Step& step, const scsi::Access& access);
  bool start(scsi::Step& step, const scsi::MapBlocks& map);
  bool start(scsi::Step& step, const scsi::Wait& wait);
  bool start(scsi::Step& step, const scsi::Persist& persist);
  bool start(scsi::Step& step, const scsi::SanitizeOrdered& ordered);
  bool start(scsi::Step& step, const scsi::AbortTasks& abort);
  bool advance(scsi::Step& step, const scsi::Outcome& outcome);
  bool use_medium(scsi::Step& step, const volume::VolumeRequest& request);
  void solicit_chunk();
  void medium_ended();
  void end_early(Ending ending);
  void end_now();

  HostedSession& session_;
  HostedUnit* const unit_;
  scsi::Nexus* const nexus_;
  const session::TaskId id_;
  WaitsFor waits_for_ = WaitsFor::nothing;
  Ending ending_ = Ending::none;
  bool answered_ = false;

  std::uint64_t offset_ = 0;
  std::uint64_t rest_ = 0;
  std::uint64_t parameters_ = 0;
  std::vector<std::byte> buffer_;
  Bytes data_in_;
};

}  // namespace lunway::simulator
