// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The LUNs of one session, and what becomes of them when the configuration changes under it.
//
// An initiator may go on writing to a LUN although it was told that everything there is new: most retry a command that
// met a unit attention without a look at what it said. So a number that has meant one disk in a session never means
// another in the same session. It stays empty until the initiator logs in again.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scsi/copy_host.h"
#include "scsi/nexus.h"
#include "target/catalog.h"
#include "wire/lun.h"

namespace lunway::target {

/// Threads: its session's shard.
class SessionLuns {
 public:
  struct Unit {
    std::uint16_t number = 0;
    std::shared_ptr<Disk> disk;
    std::unique_ptr<scsi::Nexus> nexus;
  };

  SessionLuns(std::shared_ptr<const scsi::NexusIdentity> identity, unsigned shard)
      : identity_(std::move(identity)), shard_(shard) {}
  ~SessionLuns();
  SessionLuns(const SessionLuns&) = delete;
  SessionLuns& operator=(const SessionLuns&) = delete;

  /// Null when there is no such LUN.
  const Unit* find(wire::Lun lun) const;
  /// For REPORT LUNS; ascending.
  std::span<const std::uint64_t> list() const { return list_; }
  std::vector<std::shared_ptr<Disk>> disks() const;
  /// Null when the session has nothing to do with the disk. Also of a disk that its last commands are leaving.
  scsi::Nexus* nexus_with(const Disk& disk) const;
  /// As what a copy of this initiator may use.
  std::vector<scsi::CopyUnit> copy_units() const;
  /// The disk of such a unit, while a copy uses it.
  Disk& disk_with(const scsi::LogicalUnit& unit) const;

  /// From now on it has these. New ones come with the unit attention POWER ON OCCURRED, those that stay are told by
  /// REPORTED LUNS DATA HAS CHANGED. Returns the nexuses of those that are gone: their commands are to end, then
  /// let_go().
  std::vector<const scsi::Nexus*> change_to(const LunMap& luns);

  /// Forgets what it has no more and of which `is_used` is false.
  void let_go(const std::function<bool(const scsi::Nexus&)>& is_used);

 private:
  bool may_be(const LunMap::Entry& entry) const;
  void add(const LunMap::Entry& entry);

  const std::shared_ptr<const scsi::NexusIdentity> identity_;
  const unsigned shard_;
  std::vector<Unit> units_;    // ascending
  std::vector<Unit> leaving_;  // no LUN any more; commands may still use them
  std::vector<std::uint64_t> list_;
  // The serial number of the disk that a LUN has been. At most one entry a LUN.
  std::map<std::uint16_t, std::string> meanings_;
};

}  // namespace lunway::target
