// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is wrong with a configuration, before anything of it is opened.

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "isns/inventory.h"
#include "runtime/address.h"
#include "session/limits.h"
#include "target/access.h"
#include "target/isns_inventory.h"
#include "target/server_config.h"
#include "text/chap_digest.h"
#include "text/name.h"

namespace lunway::target {
namespace {

//= rfc7143#9.2.1
constexpr std::size_t kMinSecretBytes = text::ChapSecret::kMinBytes;
constexpr std::uint16_t kMaxLun = 16383;
constexpr std::uint8_t kMaxPhysicalBlockExponent = 8;

std::unexpected<Error> wrong(std::string what) { return failure(EINVAL, std::move(what)); }

template <class Range, class Value, class Member = std::identity>
bool has(const Range& range, const Value& value, Member member = {}) {
  return std::ranges::find(range, value, member) != std::ranges::end(range);
}

Result<> check_credentials(const std::string& user, const std::string& secret, const std::string& whose) {
  if (user.empty()) return wrong(whose + ": the CHAP user name is empty");
  if (secret.size() < kMinSecretBytes) {
    return wrong(whose + ": the CHAP secret of " + user +
                 " is shorter than 96 bits (12 bytes), the least that RFC 7143 section 9.2.1 asks for");
  }
  return {};
}

Result<> check(const std::vector<ChapUser>& users, const std::string& whose) {
  std::set<std::string> names;
  std::set<std::string> secrets;
  for (const ChapUser& user : users) {
    if (auto good = check_credentials(user.user, user.secret, whose); !good) return good;
    if (!names.insert(user.user).second) return wrong(whose + ": two CHAP users are called " + user.user);
    // Each could pretend to be the other.
    //= rfc7143#9.2.1
    if (!secrets.insert(user.secret).second) {
      return wrong(whose + ": the CHAP user " + user.user + " has the secret of another; each needs its own");
    }
  }
  if (const auto parsed = ChapUsers::parse(users); !parsed) return wrong(whose + ": " + parsed.error().message);
  return {};
}

Result<> check(const Authentication& authentication, const std::string& whose) {
  if (authentication.mutual_chap && authentication.chap.empty()) {
    return wrong(whose + ": mutual CHAP needs the initiator's CHAP user and secret too");
  }
  for (const std::uint8_t number : authentication.algorithms) {
    if (!text::chap_algorithm(number)) {
      return wrong(whose + ": CHAP has no algorithm with the number " + std::to_string(number));
    }
  }
  if (auto good = check(authentication.chap, whose); !good) return good;
  if (!authentication.mutual_chap) return {};
  return check_credentials(authentication.mutual_chap->user, authentication.mutual_chap->secret, whose);
}

Result<> check(const VolumeConfig& volume) {
  const std::string whose = "volume " + volume.name;
  if (volume.block_size_bytes != 512 && volume.block_size_bytes != 4096) {
    return wrong(whose + ": a block has 512 or 4096 bytes");
  }
  if (volume.physical_block_exponent > kMaxPhysicalBlockExponent) {
    return wrong(whose + ": the physical block exponent is at most 8");
  }
  std::uint64_t size = volume.block_size_bytes;
  if (const auto* file = std::get_if<FileBacking>(&volume.backing)) {
    if (file->path.empty()) return wrong(whose + ": the file has no name");
    size = file->create_size_bytes.value_or(size);
  } else if (const auto* memory = std::get_if<MemoryBacking>(&volume.backing)) {
    size = memory->size_bytes;
  } else if (const auto* null = std::get_if<NullBacking>(&volume.backing)) {
    size = null->size_bytes;
  }
  if (size == 0 || size % volume.block_size_bytes != 0) {
    return wrong(whose + ": the size must be a positive multiple of " + std::to_string(volume.block_size_bytes) +
                 " bytes, not " + std::to_string(size));
  }
  return {};
}

Result<> check_volumes(const ServerConfig& config) {
  std::set<std::string> names;
  for (const VolumeConfig& volume : config.volumes) {
    if (volume.name.empty()) return wrong("a volume has no name");
    if (!names.insert(volume.name).second) return wrong("two volumes are called " + volume.name);
    if (auto good = check(volume); !good) return good;
  }
  return {};
}

Result<> check_portal_groups(const ServerConfig& config) {
  if (config.portal_groups.empty()) return wrong("no address to listen on");
  std::set<std::uint16_t> tags;
  for (const PortalGroupConfig& group : config.portal_groups) {
    const std::string whose = "portal group " + std::to_string(group.tag);
    if (!tags.insert(group.tag).second) return wrong("two portal groups have the tag " + std::to_string(group.tag));
    if (group.listen.empty()) return wrong(whose + " has no address to listen on");
    for (const std::string& text : group.listen) {
      if (const auto address = runtime::Address::parse(text); !address) {
        return wrong(whose + ": " + address.error().message);
      }
    }
  }
  return {};
}

Result<> check_luns(const TargetConfig& target, const ServerConfig& config) {
  const std::string whose = "target " + target.name;
  if (target.luns.empty() && !target.redirect) return wrong(whose + " has no LUN");
  for (const auto& [number, volume] : target.luns) {
    if (number > kMaxLun) return wrong(whose + ": LUN " + std::to_string(number) + " is above 16383");
    if (has(config.volumes, volume, &VolumeConfig::name)) continue;
    std::string complaint = whose;
    complaint.append(": LUN ").append(std::to_string(number)).append(" names the volume ").append(volume);
    return wrong(complaint.append(", which there is not"));
  }
  return {};
}

Result<> check_alua(const TargetConfig& target) {
  if (!target.alua) return {};
  std::set<std::uint16_t> named;
  for (const auto& [tag, state] : target.alua->states) named.insert(tag);
  if (target.alua->preferred) named.insert(*target.alua->preferred);
  for (const std::uint16_t tag : named) {
    if (has(target.portal_groups, tag)) continue;
    return wrong("target " + target.name + ": alua names the portal group " + std::to_string(tag) +
                 ", in which the target is not");
  }
  return {};
}

Result<> check(const TargetConfig& target, const ServerConfig& config) {
  const auto name = text::IscsiName::parse(target.name);
  const std::string whose = "target " + target.name;
  if (!name) return wrong(whose + ": " + std::string(text::describe(name.error())));
  if (target.portal_groups.empty()) return wrong(whose + " is in no portal group");
  for (const std::uint16_t tag : target.portal_groups) {
    const bool exists = has(config.portal_groups, tag, &PortalGroupConfig::tag);
    if (!exists) return wrong(whose + ": there is no portal group " + std::to_string(tag));
  }
  if (target.max_connections < 1 || target.max_connections > session::kMaxConnections) {
    return wrong(whose + ": max_connections is from 1 to " + std::to_string(session::kMaxConnections));
  }
  if (auto good = check_luns(target, config); !good) return good;
  if (auto good = check_alua(target); !good) return good;
  if (auto good = check_access(target, config); !good) return good;
  return check(target.authentication, whose);
}

Result<> check_targets(const ServerConfig& config) {
  if (config.targets.empty()) return wrong("no target to serve");
  std::set<std::string> names;
  for (const TargetConfig& target : config.targets) {
    if (auto good = check(target, config); !good) return good;
    if (!names.insert(text::IscsiName::parse(target.name)->text()).second) {
      return wrong("two targets are called " + target.name);
    }
  }
  return {};
}

Result<> check_isns(const ServerConfig& config) {
  if (config.isns.empty()) return {};
  const auto server = runtime::Address::parse(config.isns, kIsnsPort);
  if (!server) return wrong("isns: " + server.error().message);
  if (server->is_wildcard()) return wrong("isns: " + config.isns + " is an address to listen on, not one of a server");
  isns::Inventory inventory = isns_inventory(config, {}, *server);
  for (const PortalGroupConfig& group : config.portal_groups) {
    inventory.portals.resize(inventory.portals.size() + group.listen.size());
  }
  if (const std::string fault = isns::fault_of(inventory); !fault.empty()) return wrong("isns: " + fault);
  return {};
}

/// "Any CHAP secret used for initiator authentication MUST NOT be configured for authentication of any target", here or
/// in another section.
//= rfc7143#9.2.1
Result<> check_directions(const ServerConfig& config) {
  std::map<std::string, std::string> used_by_targets;
  const auto each = [&config](const auto& visit) -> Result<> {
    for (const TargetConfig& target : config.targets) {
      if (auto good = visit(target.authentication, "target " + target.name); !good) return good;
    }
    return visit(config.discovery, std::string("discovery"));
  };
  const auto note = [&](const Authentication& authentication, const std::string& whose) -> Result<> {
    if (authentication.mutual_chap) used_by_targets.emplace(authentication.mutual_chap->secret, whose);
    return {};
  };
  const auto compare = [&](const Authentication& authentication, const std::string& whose) -> Result<> {
    for (const ChapUser& user : authentication.chap) {
      const auto found = used_by_targets.find(user.secret);
      if (found == used_by_targets.end()) continue;
      return wrong(whose + ": the secret of the CHAP user " + user.user + " and that of mutual_chap of " +
                   found->second + " are equal; each direction needs its own");
    }
    return {};
  };
  if (auto good = each(note); !good) return good;
  return each(compare);
}

/// Not by anyone who can reach the machine.
bool is_guarded(const TargetConfig& target) {
  return !target.authentication.chap.empty() || !target.initiators.empty() || !target.initiator_addresses.empty() ||
         target.redirect.has_value();
}

/// Safe by default: whoever can reach the machine must not reach a disk that nobody meant to share.
Result<> check_exposure(const ServerConfig& config) {
  if (config.allow_anyone) return {};
  for (const PortalGroupConfig& group : config.portal_groups) {
    for (const std::string& text : group.listen) {
      if (runtime::Address::parse(text)->is_loopback()) continue;
      for (const TargetConfig& target : config.targets) {
        const bool is_in_group = has(target.portal_groups, group.tag);
        if (!is_in_group || is_guarded(target)) continue;
        return wrong("listening on " + text + " would let anyone who can reach it use " + target.name +
                     ": demand CHAP, list the initiators that may log in, or say --allow-anyone");
      }
    }
  }
  return {};
}

}  // namespace

Result<> check_config(const ServerConfig& config) {
  for (const auto check_part : {check_portal_groups, check_volumes, check_targets, check_isns, check_exposure}) {
    if (auto good = check_part(config); !good) return good;
  }
  if (auto good = check(config.discovery, "discovery"); !good) return good;
  return check_directions(config);
}

}  // namespace lunway::target
