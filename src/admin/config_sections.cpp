// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/config_sections.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "admin/secret_file.h"
#include "text/chap_digest.h"

namespace lunway::admin {
namespace {

/// A shard that has looked in vain for longer should have slept.
constexpr int kMostBusyPollUs = 10'000;

std::optional<target::ChapCredentials> read_credentials(TomlReader& section) {
  const auto user = section.text("user");
  const auto file = section.text("secret_file");
  if (!user) section.complain("user", section.name() + " needs user, the CHAP_N");
  if (!file) {
    section.complain("secret_file", section.name() + " needs secret_file, a file with the secret in one line");
    return std::nullopt;
  }
  const Result<std::string> secret = read_secret_file(*file);
  if (!secret) section.complain("secret_file", secret.error().message);
  if (!user || !secret) return std::nullopt;
  return target::ChapCredentials{.user = *user, .secret = *secret};
}

void read_algorithms(TomlReader& section, std::string_view key, std::vector<std::uint8_t>& into) {
  if (section.has(key) && !into.empty()) section.complain(key, "the algorithms of CHAP are named twice");
  for (const std::string& name : section.texts(key)) {
    if (const auto algorithm = text::chap_algorithm(name)) {
      into.push_back(std::to_underlying(*algorithm));
    } else {
      section.complain(key, fmt::format("\"{}\" is none of MD5, SHA-1, SHA-256, SHA3-256", name));
    }
  }
}

void read_users(TomlReader& section, target::Authentication& into, std::vector<ConfigFault>& faults) {
  const std::vector<const toml::table*> users = section.table_or_tables("chap");
  for (const toml::table* table : users) {
    TomlReader user(*table, section.name() + " chap", faults);
    const auto credentials = read_credentials(user);
    auto initiators = user.texts("initiators");
    // An empty list would bind the user to nobody, or to everybody: it is not said which.
    if (user.has("initiators") && initiators.empty()) user.complain("initiators", "initiators wants at least one name");
    if (credentials) into.chap.push_back({credentials->user, credentials->secret, std::move(initiators)});
    // A user without others may say it for all.
    if (users.size() == 1) read_algorithms(user, "algorithms", into.algorithms);
    user.finish();
  }
}

void read_authentication(TomlReader& section, target::Authentication& into, std::vector<ConfigFault>& faults) {
  read_algorithms(section, "chap_algorithms", into.algorithms);
  read_users(section, into, faults);
  if (const toml::table* table = section.table("mutual_chap")) {
    TomlReader chap(*table, section.name() + " mutual_chap", faults);
    into.mutual_chap = read_credentials(chap);
    chap.finish();
  }
}

void read_luns(TomlReader& section, std::map<std::uint16_t, std::string>& into) {
  const toml::table* luns = section.table("luns");
  if (luns == nullptr) {
    // What has moved needs none here.
    if (!section.has("redirect")) section.complain("luns", section.name() + " needs luns, such as { 0 = \"db\" }");
    return;
  }
  for (const auto& [key, node] : *luns) {
    std::uint16_t lun = 0;
    const std::string_view digits = key.str();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), lun);
    const auto* volume = node.as_string();
    if (error != std::errc() || end != digits.data() + digits.size()) {
      section.complain(node, fmt::format("\"{}\" is not a LUN: luns wants {{ 0 = \"volume\" }}", digits));
    } else if (volume == nullptr) {
      section.complain(node, fmt::format("LUN {} wants the name of a volume in quotes", lun));
    } else {
      into[lun] = volume->get();
    }
  }
}

void read_lun_access(TomlReader& section, std::vector<target::LunAccessConfig>& into,
                     std::vector<ConfigFault>& faults) {
  for (const toml::table* table : section.tables("lun_access")) {
    TomlReader rule(*table, section.name() + " lun_access", faults);
    target::LunAccessConfig& access = into.emplace_back();
    access.initiators = rule.texts("initiators");
    for (const std::int64_t lun : rule.integers("luns", 0, 16383)) {
      access.luns.push_back(static_cast<std::uint16_t>(lun));
    }
    rule.finish();
  }
}

void read_redirect(TomlReader& section, std::optional<target::RedirectConfig>& into, std::vector<ConfigFault>& faults) {
  const toml::table* table = section.table("redirect");
  if (table == nullptr) return;
  TomlReader redirect(*table, section.name() + " redirect", faults);
  target::RedirectConfig& moved = into.emplace();
  if (const auto to = redirect.text("to"))
    moved.to = *to;
  else
    redirect.complain("to", redirect.name() + " needs to, such as \"192.0.2.7:3260\"");
  redirect.read_flag("permanent", moved.permanent);
  redirect.finish();
}

std::optional<target::PathState> path_state(std::string_view name) {
  using target::PathState;
  if (name == "optimized") return PathState::optimized;
  if (name == "non-optimized") return PathState::non_optimized;
  if (name == "standby") return PathState::standby;
  if (name == "unavailable") return PathState::unavailable;
  return std::nullopt;
}

void read_path_states(TomlReader& section, std::map<std::uint16_t, target::PathState>& into) {
  const toml::table* states = section.table("states");
  if (states == nullptr) return;
  for (const auto& [key, node] : *states) {
    std::uint16_t tag = 0;
    const std::string_view digits = key.str();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), tag);
    const auto* name = node.as_string();
    const auto state = name == nullptr ? std::nullopt : path_state(name->get());
    if (error != std::errc() || end != digits.data() + digits.size()) {
      section.complain(node,
                       fmt::format("\"{}\" is not a portal group's tag: states wants {{ 1 = \"standby\" }}", digits));
    } else if (!state) {
      section.complain(node, "a state is one of \"optimized\", \"non-optimized\", \"standby\", \"unavailable\"");
    } else {
      into[tag] = *state;
    }
  }
}

void read_alua(TomlReader& section, std::optional<target::AluaConfig>& into, std::vector<ConfigFault>& faults) {
  const toml::table* table = section.table("alua");
  if (table == nullptr) return;
  TomlReader alua(*table, section.name() + " alua", faults);
  target::AluaConfig& paths = into.emplace();
  read_path_states(alua, paths.states);
  if (const auto tag = alua.integer("preferred", 0, 65535)) paths.preferred = static_cast<std::uint16_t>(*tag);
  alua.read_flag("initiators_may_set", paths.initiators_may_set);
  alua.finish();
}

}  // namespace

void read_server(TomlReader section, target::ServerConfig& into) {
  section.read_integer("shards", into.shards, 0, 1024);
  if (const auto io = section.text("io")) {
    if (*io == "uring")
      into.io = target::IoKind::uring;
    else if (*io == "epoll")
      into.io = target::IoKind::epoll;
    else if (*io != "auto")
      section.complain("io", "io wants \"auto\", \"uring\" or \"epoll\"");
  }
  if (const auto time = section.integer("busy_poll_us", 0, kMostBusyPollUs)) {
    into.busy_poll = std::chrono::microseconds(*time);
  }
  if (const auto state = section.text("state")) into.state_directory = *state;
  section.read_flag("allow_anyone", into.allow_anyone);
  if (const auto seconds = section.integer("drain_time_s", 0, 3600)) into.drain_time = std::chrono::seconds(*seconds);
  section.finish();
}

target::PortalGroupConfig read_portal_group(TomlReader section) {
  target::PortalGroupConfig group;
  section.read_integer("tag", group.tag);
  group.listen = section.texts("listen");
  if (!section.has("listen"))
    section.complain("listen", section.name() + " needs listen, such as [\"127.0.0.1:3260\"]");
  if (const auto ipsec = section.text("ipsec")) {
    group.require_ipsec = *ipsec == "require";
    if (!group.require_ipsec && *ipsec != "none") section.complain("ipsec", "ipsec wants \"require\" or \"none\"");
  }
  section.finish();
  return group;
}

target::VolumeConfig read_volume(TomlReader section, std::string_view volume_name) {
  target::VolumeConfig volume{.name = std::string(volume_name), .backing = {}};
  const auto file = section.text("file");
  const auto size = section.size("size");
  bool direct = false;
  section.read_flag("direct", direct);
  const auto memory = section.size("memory");
  const auto null = section.size("null");
  if (int{file.has_value()} + int{memory.has_value()} + int{null.has_value()} != 1) {
    section.complain("", section.name() + " needs exactly one of file, memory and null");
  }
  if (file) volume.backing = target::FileBacking{.path = *file, .create_size_bytes = size, .direct = direct};
  if (memory) volume.backing = target::MemoryBacking{.size_bytes = *memory};
  if (null) volume.backing = target::NullBacking{.size_bytes = *null};
  if (size && !file) section.complain("size", "size belongs to file; memory and null carry their own");
  if (direct && !file) section.complain("direct", "direct belongs to file; memory and null have no page cache");
  section.read_integer("block_size", volume.block_size_bytes);
  section.read_integer("physical_block_exponent", volume.physical_block_exponent, 0, 15);
  section.read_flag("write_cache", volume.write_cache);
  section.read_flag("read_only", volume.read_only);
  section.read_flag("removable", volume.removable);
  section.finish();
  return volume;
}

target::TargetConfig read_target(TomlReader section, std::vector<ConfigFault>& faults) {
  target::TargetConfig out;
  if (const auto name = section.text("name"))
    out.name = *name;
  else
    section.complain("name", section.name() + " needs name, such as \"iqn.2026-11.io.example:db\"");
  if (const auto alias = section.text("alias")) out.alias = *alias;
  for (const std::int64_t tag : section.integers("portal_groups", 0, 65535)) {
    out.portal_groups.push_back(static_cast<std::uint16_t>(tag));
  }
  read_luns(section, out.luns);
  out.initiators = section.texts("initiators");
  out.initiator_addresses = section.texts("initiator_addresses");
  read_lun_access(section, out.lun_access, faults);
  read_redirect(section, out.redirect, faults);
  read_alua(section, out.alua, faults);
  read_authentication(section, out.authentication, faults);
  section.read_integer("max_connections", out.max_connections, 1);
  section.read_integer("error_recovery_level", out.error_recovery_level, 0, 2);
  section.read_integer("default_time2wait_s", out.default_time2wait_s, 0, 3600);
  section.read_integer("default_time2retain_s", out.default_time2retain_s, 0, 3600);
  section.read_flag("data_pdu_in_order", out.data_pdu_in_order);
  section.read_flag("data_sequence_in_order", out.data_sequence_in_order);
  section.read_flag("allow_reset", out.allow_reset);
  section.finish();
  return out;
}

void read_discovery(TomlReader section, target::Authentication& into, std::vector<ConfigFault>& faults) {
  read_authentication(section, into, faults);
  section.finish();
}

void read_isns(TomlReader section, target::ServerConfig& into) {
  if (const auto server = section.text("server")) into.isns = *server;
  if (!section.has("server")) section.complain("server", section.name() + " needs server, such as \"192.0.2.10:3205\"");
  section.finish();
}

}  // namespace lunway::admin
