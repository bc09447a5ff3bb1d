// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/session_luns.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace lunway::target {

SessionLuns::~SessionLuns() {
  // The end of the session is the loss of its nexuses.
  //= rfc7143#6.3.5.1
  for (const Unit& unit : units_) unit.disk->unit.lose(*unit.nexus);
  for (const Unit& unit : units_) unit.disk->unit.detach(*unit.nexus);
  for (const Unit& unit : leaving_) unit.disk->unit.detach(*unit.nexus);
}

const SessionLuns::Unit* SessionLuns::find(wire::Lun lun) const {
  const std::optional<unsigned> number = lun.flat();
  if (!number) return nullptr;
  const auto found = std::ranges::lower_bound(units_, *number, {}, &Unit::number);
  return found != units_.end() && found->number == *number ? &*found : nullptr;
}

std::vector<std::shared_ptr<Disk>> SessionLuns::disks() const {
  std::vector<std::shared_ptr<Disk>> disks;
  disks.reserve(units_.size());
  for (const Unit& unit : units_) disks.push_back(unit.disk);
  return disks;
}

scsi::Nexus* SessionLuns::nexus_with(const Disk& disk) const {
  for (const std::vector<Unit>* units : {&units_, &leaving_}) {
    const auto found = std::ranges::find_if(*units, [&](const Unit& unit) { return unit.disk.get() == &disk; });
    if (found != units->end()) return found->nexus.get();
  }
  return nullptr;
}

std::vector<scsi::CopyUnit> SessionLuns::copy_units() const {
  std::vector<scsi::CopyUnit> units;
  units.reserve(units_.size());
  for (const Unit& unit : units_) units.push_back({&unit.disk->unit, unit.nexus.get()});
  return units;
}

Disk& SessionLuns::disk_with(const scsi::LogicalUnit& unit) const {
  const auto has_it = [&](const Unit& candidate) { return &candidate.disk->unit == &unit; };
  auto found = std::ranges::find_if(units_, has_it);
  if (found == units_.end()) {
    found = std::ranges::find_if(leaving_, has_it);
    assert(found != leaving_.end());
  }
  return *found->disk;
}

std::vector<const scsi::Nexus*> SessionLuns::change_to(const LunMap& luns) {
  std::vector<Unit> before = std::exchange(units_, {});
  std::vector<scsi::Nexus*> kept;
  for (const LunMap::Entry& entry : luns.entries) {
    const auto same = std::ranges::find_if(
        before, [&](const Unit& unit) { return unit.number == entry.number && unit.disk == entry.disk; });
    if (same != before.end()) {
      kept.push_back(same->nexus.get());
      units_.push_back(std::move(*same));
      before.erase(same);
    } else if (may_be(entry)) {
      add(entry);
    }
  }
  std::vector<const scsi::Nexus*> gone;
  for (Unit& unit : before) {
    gone.push_back(unit.nexus.get());
    leaving_.push_back(std::move(unit));
  }
  if (!gone.empty() || kept.size() != units_.size()) {
    for (scsi::Nexus* nexus : kept) nexus->raise(scsi::UnitAttention::reported_luns_changed);
  }
  list_.clear();
  for (const Unit& unit : units_) list_.push_back(wire::Lun::from_flat(unit.number).value());
  return gone;
}

bool SessionLuns::may_be(const LunMap::Entry& entry) const {
  const auto meaning = meanings_.find(entry.number);
  return meaning == meanings_.end() || meaning->second == entry.disk->serial_number;
}

void SessionLuns::add(const LunMap::Entry& entry) {
  meanings_.emplace(entry.number, entry.disk->serial_number);
  units_.push_back({entry.number, entry.disk, std::make_unique<scsi::Nexus>(identity_, shard_)});
  entry.disk->unit.attach(*units_.back().nexus);
}

void SessionLuns::let_go(const std::function<bool(const scsi::Nexus&)>& is_used) {
  std::erase_if(leaving_, [&](const Unit& unit) {
    if (is_used(*unit.nexus)) return false;
    unit.disk->unit.detach(*unit.nexus);
    return true;
  });
}

}  // namespace lunway::target
