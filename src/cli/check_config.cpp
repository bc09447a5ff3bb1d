// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include "admin/config_file.h"
#include "cli/command.h"
#include "cli/json.h"

namespace lunway::cli {
namespace {

struct CheckConfigArguments {
  std::string path;
  bool json = false;
};

void print_faults_json(const admin::ConfigFile& file) {
  Json faults = Json::array();
  for (const admin::ConfigFault& fault : file.faults) {
    faults.push_back({{"line", fault.line}, {"column", fault.column}, {"message", fault.message}});
  }
  print_json({{"good", file.faults.empty()}, {"faults", std::move(faults)}});
}

Outcome<> check_config(const CheckConfigArguments& arguments) {
  const Result<admin::ConfigFile> file = admin::read_config_file(arguments.path);
  if (!file) return failed(file.error());
  if (arguments.json) {
    print_faults_json(*file);
  } else if (file->faults.empty()) {
    fmt::print("{} is good: {} target(s), {} volume(s), {} portal group(s)\n", arguments.path,
               file->server.targets.size(), file->server.volumes.size(), file->server.portal_groups.size());
  } else {
    for (const admin::ConfigFault& fault : file->faults) {
      fmt::print(stderr, "{}\n", admin::format_fault(arguments.path, fault));
    }
  }
  if (!file->faults.empty()) return std::unexpected(Failure{ExitCode::failed, ""});
  return {};
}

}  // namespace

void add_check_config(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<CheckConfigArguments>();
  CLI::App& command = add_command(program, "check-config", "Say every error of a configuration file with its line",
                                  "lunway check-config /etc/lunway/lunway.toml");
  command.add_option("FILE", arguments->path, "the TOML file")->required()->type_name("");
  command.add_flag("--json", arguments->json, "the errors as JSON");
  choose(command, chosen, arguments, check_config);
}

}  // namespace lunway::cli
