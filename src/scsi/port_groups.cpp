// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "scsi/port_groups.h"

#include <algorithm>
#include <utility>

#include "scsi/nexus.h"

namespace lunway::scsi {

Reach reach_wanted(AccessState state) {
  switch (state) {
    case AccessState::optimized:
    case AccessState::non_optimized:
      return Reach::active;
    case AccessState::standby:
      return Reach::standby;
    case AccessState::unavailable:
      return Reach::unavailable;
    case AccessState::transitioning:
      return Reach::always;
  }
  std::unreachable();
}

const PortGroups::Group* PortGroups::find(std::uint16_t group) const {
  const auto found = std::ranges::find(groups_, group, &Group::id);
  return found == groups_.end() ? nullptr : &*found;
}

std::vector<PortGroups::Group> PortGroups::groups() const {
  const std::lock_guard lock(mutex_);
  return groups_;
}

AccessState PortGroups::state_of(std::uint16_t group) const {
  const std::lock_guard lock(mutex_);
  const Group* const found = find(group);
  return found == nullptr ? AccessState::optimized : found->state;
}

bool PortGroups::has(std::uint16_t group) const {
  const std::lock_guard lock(mutex_);
  return find(group) != nullptr;
}

void PortGroups::set(std::span<const Change> changes, Cause cause, const NexusIdentity* except) {
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (const Change& change : changes) {
    const auto group = std::ranges::find(groups_, change.group, &Group::id);
    if (group == groups_.end() || group->state == change.state) continue;
    group->state = change.state;
    group->cause = cause;
    any = true;
  }
  if (!any) return;
  for (Nexus* const nexus : nexuses_) {
    tell_state(*nexus);
    if (&nexus->identity() != except) nexus->raise(UnitAttention::asymmetric_access_changed);
  }
}

void PortGroups::attach(Nexus& nexus) {
  const std::lock_guard lock(mutex_);
  nexuses_.push_back(&nexus);
  tell_state(nexus);
}

void PortGroups::detach(Nexus& nexus) {
  const std::lock_guard lock(mutex_);
  std::erase(nexuses_, &nexus);
}

void PortGroups::tell_state(Nexus& nexus) const {
  const Group* const group = find(nexus.identity().target_port_group);
  nexus.set_restricted(group != nullptr && reach_wanted(group->state) != Reach::active);
}

}  // namespace lunway::scsi
