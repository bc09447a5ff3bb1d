// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/serve_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "admin/config_file.h"
#include "admin/secret_file.h"
#include "cli/sized_option.h"

namespace lunway::cli {
namespace {

constexpr std::uint16_t kPortalGroupTag = 1;

Outcome<std::optional<target::ChapCredentials>> read_credentials(const std::string& side, const std::string& user,
                                                                 const std::string& option_file,
                                                                 const std::string& variable,
                                                                 const Environment& environment) {
  if (user.empty()) {
    if (option_file.empty()) return std::nullopt;
    return wrong_call(fmt::format("--{0}-secret-file needs --{0}-user", side));
  }
  const std::string file = option_file.empty() ? environment(variable) : option_file;
  if (file.empty()) return wrong_call(fmt::format("--{0}-user needs --{0}-secret-file (or {1})", side, variable));
  Result<std::string> secret = admin::read_secret_file(file);
  if (!secret) return failed(secret.error());
  return target::ChapCredentials{.user = user, .secret = std::move(*secret)};
}

Outcome<target::Authentication> read_authentication(const ServeArguments& arguments, const Environment& environment) {
  auto chap =
      read_credentials("chap", arguments.chap_user, arguments.chap_secret_file, "LUNWAY_CHAP_SECRET_FILE", environment);
  if (!chap) return std::unexpected(chap.error());
  auto mutual = read_credentials("mutual", arguments.mutual_user, arguments.mutual_secret_file,
                                 "LUNWAY_MUTUAL_SECRET_FILE", environment);
  if (!mutual) return std::unexpected(mutual.error());
  if (*mutual && !*chap)
    return wrong_call("--mutual-user needs --chap-user: a target proves itself to whom has done so");
  target::Authentication authentication{.chap = {}, .mutual_chap = std::move(*mutual), .algorithms = {}};
  if (*chap) authentication.chap = {{.user = (*chap)->user, .secret = (*chap)->secret}};
  return authentication;
}

Outcome<std::vector<target::VolumeConfig>> make_volumes(const ServeArguments& arguments) {
  std::vector<target::VolumeConfig> volumes;
  if (arguments.direct && arguments.files.empty()) return wrong_call("--direct is for files: name a FILE");
  std::optional<std::uint64_t> create_size;
  if (!arguments.create_size.empty()) {
    const auto size = size_option("--create", arguments.create_size);
    if (!size) return std::unexpected(size.error());
    create_size = *size;
  }
  const auto add = [&](auto backing) {
    volumes.push_back({.name = fmt::format("lun{}", volumes.size()), .backing = std::move(backing)});
    volumes.back().read_only = arguments.read_only;
  };
  for (const std::string& file : arguments.files) {
    add(target::FileBacking{.path = file, .create_size_bytes = create_size, .direct = arguments.direct});
  }
  for (const std::string& text : arguments.memory_sizes) {
    const auto size = size_option("--memory", text);
    if (!size) return std::unexpected(size.error());
    add(target::MemoryBacking{.size_bytes = *size});
  }
  if (volumes.empty())
    return wrong_call("there is nothing to serve: name a FILE, or give --memory SIZE or --config FILE");
  return volumes;
}

Outcome<target::ServerConfig> from_options(const ServeArguments& arguments, const std::string& host,
                                           const Environment& environment) {
  auto volumes = make_volumes(arguments);
  if (!volumes) return std::unexpected(volumes.error());
  auto authentication = read_authentication(arguments, environment);
  if (!authentication) return std::unexpected(authentication.error());

  target::TargetConfig one;
  one.name = arguments.target.empty() ? default_target_name(host) : arguments.target;
  one.portal_groups = {kPortalGroupTag};
  one.initiators = arguments.initiators;
  one.authentication = std::move(*authentication);
  for (std::size_t lun = 0; lun < volumes->size(); ++lun) {
    one.luns.emplace(static_cast<std::uint16_t>(lun), (*volumes)[lun].name);
  }

  target::ServerConfig config;
  config.portal_groups = {{.tag = kPortalGroupTag, .listen = arguments.listen}};
  if (arguments.listen.empty()) config.portal_groups[0].listen = {"127.0.0.1:3260"};
  config.volumes = std::move(*volumes);
  config.targets.push_back(std::move(one));
  config.allow_anyone = arguments.allow_anyone;
  return config;
}

Outcome<target::ServerConfig> from_file(const std::string& path) {
  Result<admin::ConfigFile> file = admin::read_config_file(path);
  if (!file) return failed(file.error());
  if (file->faults.empty()) return std::move(file->server);
  const std::size_t others = file->faults.size() - 1;
  return wrong_call(
      fmt::format("{}{}", admin::format_fault(path, file->faults[0]),
                  others == 0 ? "" : fmt::format(" (and {} more; see lunway check-config {})", others, path)));
}

/// What is in memory is new each time, and so is its disk: there is nothing to remember.
bool serves_files(const target::ServerConfig& config) {
  return std::ranges::any_of(config.volumes, [](const target::VolumeConfig& volume) {
    return std::holds_alternative<target::FileBacking>(volume.backing);
  });
}

}  // namespace

std::string default_target_name(const std::string& host) {
  std::string label;
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    label += std::isalnum(byte) != 0 || c == '.' ? static_cast<char>(std::tolower(byte)) : '-';
  }
  return "iqn.2026-11.io.lunway:" + (label.empty() ? "host" : label);
}

std::string default_state_directory(const Environment& environment, bool is_root) {
  if (const std::string given = environment("STATE_DIRECTORY"); !given.empty()) return given;
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty()) return state + "/lunway";
  if (is_root) return "/var/lib/lunway";
  const std::string home = environment("HOME");
  return home.empty() ? home : home + "/.local/state/lunway";
}

Outcome<target::ServerConfig> make_server_config(const ServeArguments& arguments, const std::string& host,
                                                 const Environment& environment) {
  Outcome<target::ServerConfig> config =
      arguments.config_file.empty() ? from_options(arguments, host, environment) : from_file(arguments.config_file);
  if (!config) return config;
  if (arguments.shards != 0) config->shards = arguments.shards;
  if (arguments.io == "uring") config->io = target::IoKind::uring;
  if (arguments.io == "epoll") config->io = target::IoKind::epoll;
  if (!arguments.state_directory.empty()) config->state_directory = arguments.state_directory;
  if (config->state_directory.empty() && serves_files(*config)) {
    config->state_directory = default_state_directory(environment, geteuid() == 0);
  }
  if (const Result<> checked = target::check_config(*config); !checked) return wrong_call(checked.error().message);
  return config;
}

}  // namespace lunway::cli
