// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/live_change.h"

#include <algorithm>
#include <cerrno>

namespace lunway::target {
namespace {

using Lines = std::vector<std::string>;

std::unexpected<Error> needs_restart(const std::string& what) {
  return failure(EBUSY, what + " cannot change while the server runs: restart it");
}

bool is_same(const PortalGroupConfig& a, const PortalGroupConfig& b) {
  return a.tag == b.tag && a.listen == b.listen && a.require_ipsec == b.require_ipsec;
}

const TargetConfig* find(const ServerConfig& config, const std::string& name) {
  const auto found = std::ranges::find(config.targets, name, &TargetConfig::name);
  return found == config.targets.end() ? nullptr : &*found;
}

std::string lun_of(const TargetConfig& target, std::uint16_t number) {
  return "LUN " + std::to_string(number) + " of " + target.name;
}

void describe_luns(const TargetConfig& now, const TargetConfig& next, Lines& lines) {
  for (const auto& [number, volume] : next.luns) {
    const auto before = now.luns.find(number);
    if (before == now.luns.end()) {
      lines.push_back(lun_of(next, number) + " is there now: volume " + volume);
    } else if (before->second != volume) {
      lines.push_back(lun_of(next, number) + " is volume " + volume +
                      " now; sessions that know it as another see it after their next login");
    }
  }
  for (const auto& [number, volume] : now.luns) {
    if (!next.luns.contains(number)) lines.push_back(lun_of(now, number) + " is gone: volume " + volume);
  }
}

/// Sessions that stay and sessions that come must see the same groups.
bool has_the_same_paths(const TargetConfig& a, const TargetConfig& b) {
  return a.alua == b.alua && (!a.alua || a.portal_groups == b.portal_groups);
}

bool admits_the_same(const TargetConfig& a, const TargetConfig& b) {
  return a.initiators == b.initiators && a.initiator_addresses == b.initiator_addresses &&
         a.authentication == b.authentication;
}

}  // namespace

Result<> check_change(const ServerConfig& now, const ServerConfig& next) {
  if (now.shards != next.shards) return needs_restart("shards");
  if (now.io != next.io) return needs_restart("io");
  if (now.busy_poll != next.busy_poll) return needs_restart("busy_poll_us");
  if (now.isns != next.isns) return needs_restart("isns");
  // An iSNS server knows this one by the name of its first target.
  if (!now.isns.empty() && now.targets.front().name != next.targets.front().name) {
    return needs_restart("with [isns], the name of the first target");
  }
  // A server that kept no state may begin to.
  if (!now.state_directory.empty() && now.state_directory != next.state_directory) return needs_restart("state");
  const bool same_portals =
      std::ranges::equal(now.portal_groups, next.portal_groups,
                         [](const PortalGroupConfig& a, const PortalGroupConfig& b) { return is_same(a, b); });
  if (!same_portals) return needs_restart("portal_group");
  for (const TargetConfig& target : next.targets) {
    const TargetConfig* before = find(now, target.name);
    if (before != nullptr && !has_the_same_paths(*before, target)) return needs_restart("alua of " + target.name);
  }
  return {};
}

Lines describe_change(const ServerConfig& now, const ServerConfig& next) {
  Lines lines;
  for (const TargetConfig& target : next.targets) {
    const TargetConfig* before = find(now, target.name);
    if (before == nullptr) {
      lines.push_back("target " + target.name + " is there now");
      continue;
    }
    describe_luns(*before, target, lines);
    if (!admits_the_same(*before, target)) lines.push_back("target " + target.name + ": who may log in has changed");
  }
  for (const TargetConfig& target : now.targets) {
    if (find(next, target.name) == nullptr) lines.push_back("target " + target.name + " is gone");
  }
  return lines;
}

}  // namespace lunway::target
