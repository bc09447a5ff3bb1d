// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/config_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/config_sections.h"
#include "admin/text_file.h"

namespace lunway::admin {
namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{4} << 20;

class ConfigParser {
 public:
  explicit ConfigParser(const toml::table& root) : top_(root, "the file", file_.faults) {}

  ConfigFile parse() {
    if (const toml::table* server = top_.table("server")) read_server({*server, "[server]", faults()}, file_.server);
    for (const toml::table* group : top_.tables("portal_group")) {
      file_.server.portal_groups.push_back(read_portal_group({*group, "[[portal_group]]", faults()}));
    }
    read_volumes();
    for (const toml::table* target : top_.tables("target")) {
      file_.server.targets.push_back(read_target({*target, "[[target]]", faults()}, faults()));
    }
    if (const toml::table* discovery = top_.table("discovery")) {
      read_discovery({*discovery, "[discovery]", faults()}, file_.server.discovery, faults());
    }
    if (const toml::table* isns = top_.table("isns")) read_isns({*isns, "[isns]", faults()}, file_.server);
    top_.finish();
    fill_defaults();
    check_as_a_whole();
    std::ranges::stable_sort(faults(), {}, &ConfigFault::line);
    return std::move(file_);
  }

 private:
  std::vector<ConfigFault>& faults() { return file_.faults; }

  void read_volumes() {
    const toml::table* volumes = top_.table("volume");
    if (volumes == nullptr) return;
    for (const auto& [key, node] : *volumes) {
      if (const toml::table* table = node.as_table()) {
        file_.server.volumes.push_back(
            read_volume({*table, fmt::format("[volume.{}]", key.str()), faults()}, key.str()));
      } else {
        top_.complain(node, fmt::format("write [volume.NAME] and its keys below; {} stands alone", key.str()));
      }
    }
  }

  /// One portal group is enough for most: it need not be named by each target.
  void fill_defaults() {
    if (file_.server.portal_groups.empty()) file_.server.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:3260"}}};
    for (target::TargetConfig& one : file_.server.targets) {
      if (!one.portal_groups.empty()) continue;
      for (const auto& group : file_.server.portal_groups) one.portal_groups.push_back(group.tag);
    }
  }

  /// What only shows when all sections are known. The sentence names what is meant; it has no line.
  void check_as_a_whole() {
    if (!faults().empty()) return;
    if (const Result<> checked = target::check_config(file_.server); !checked) {
      faults().push_back({.message = checked.error().message});
    }
  }

  ConfigFile file_;
  TomlReader top_;
};

}  // namespace

ConfigFile parse_config(std::string_view text) {
  try {
    const toml::table root = toml::parse(text);
    return ConfigParser(root).parse();
  } catch (const toml::parse_error& error) {
    const toml::source_position where = error.source().begin;
    return {.server = {},
            .faults = {{.line = where.line, .column = where.column, .message = std::string(error.description())}}};
  }
}

Result<ConfigFile> read_config_file(const std::string& path) {
  const Result<std::string> text = read_text_file(path, kMaxConfigBytes);
  if (!text) return std::unexpected(text.error());
  return parse_config(*text);
}

std::string format_fault(std::string_view path, const ConfigFault& fault) {
  if (fault.line == 0) return fmt::format("{}: {}", path, fault.message);
  return fmt::format("{}:{}:{}: {}", path, fault.line, fault.column, fault.message);
}

}  // namespace lunway::admin
