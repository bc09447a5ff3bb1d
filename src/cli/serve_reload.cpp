// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/serve_reload.h"

#include "admin/config_file.h"

namespace lunway::cli {
namespace {

using Lines = std::vector<std::string>;

/// All that is wrong inside the file: who mends it wants to do so once.
Lines faults_of(const std::string& path) {
  const Result<admin::ConfigFile> file = admin::read_config_file(path);
  if (!file) return {file.error().message};
  Lines faults;
  for (const admin::ConfigFault& fault : file->faults) faults.push_back(admin::format_fault(path, fault));
  return faults;
}

}  // namespace

Reloaded reload(const ServeArguments& arguments, const std::string& host, const Environment& environment,
                target::Server& server) {
  if (arguments.config_file.empty()) {
    return std::unexpected(Lines{"there is no configuration file to read again: the server was started without one"});
  }
  if (Lines faults = faults_of(arguments.config_file); !faults.empty()) return std::unexpected(std::move(faults));
  const auto config = make_server_config(arguments, host, environment);
  if (!config) return std::unexpected(Lines{config.error().message});
  auto changes = server.reload(*config);
  if (!changes) return std::unexpected(Lines{arguments.config_file + ": " + changes.error().message});
  return std::move(*changes);
}

}  // namespace lunway::cli
