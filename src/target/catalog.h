// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a configuration offers, in the form that logins ask for: targets by name, who may use them, how they must prove
// themselves, which disks stand behind which LUN. Immutable once made, so that all shards read it without a lock.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scsi/port_groups.h"
#include "session/target_directory.h"
#include "target/access.h"
#include "target/disk.h"
#include "target/server_config.h"
#include "text/name.h"
#include "text/target_address.h"

namespace lunway::target {

/// One target's disks by LUN, ascending.
struct LunMap {
  struct Entry {
    std::uint16_t number = 0;
    std::shared_ptr<Disk> disk;
  };
  std::vector<Entry> entries;
};

struct ServedTarget {
  text::IscsiName name;
  std::vector<std::uint16_t> portal_groups;
  /// Without entries: whoever is one of `users`, or anyone where the configuration allowed that.
  AccessList access;
  ChapUsers users;
  LunVisibility visibility;
  /// What is answered instead of a login.
  std::optional<session::LoginRefusal> redirection;
  /// What a login is told; the portal group tag and the CHAP users are filled in for each.
  session::LoginPolicy login;
  std::shared_ptr<const LunMap> luns;
  /// Null: all paths are alike.
  std::shared_ptr<scsi::PortGroups> port_groups;

  bool is_in_group(std::uint16_t portal_group_tag) const;
  session::LoginPolicy login_of(const text::IscsiName& initiator) const;
  /// The LUNs that exist for this initiator: in REPORT LUNS and for every other command.
  std::shared_ptr<const LunMap> luns_for(const text::IscsiName& initiator) const;
};

class Catalog {
 public:
  /// `disks` has an entry for each volume of `config`, which check_config() has found right.
  static Result<Catalog> make(const ServerConfig& config, const std::map<std::string, std::shared_ptr<Disk>>& disks);

  /// The states of port groups that initiators know stay as they are: those of the catalog before, target by target.
  void keep_port_groups(const Catalog& before);

  const ServedTarget* find(const text::IscsiName& name) const;
  /// Null also where it is in another portal group, or has moved.
  const ServedTarget* find_served(const text::IscsiName& name, std::uint16_t portal_group_tag) const;
  std::span<const ServedTarget> targets() const { return targets_; }
  /// For discovery sessions.
  session::LoginPolicy discovery_of(const text::IscsiName& initiator) const;

 private:
  std::vector<ServedTarget> targets_;
  session::LoginPolicy discovery_;
  ChapUsers discovery_users_;
};

}  // namespace lunway::target
