// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The command line of `lunway serve`, turned into what a server is told.

#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/outcome.h"
#include "target/server_config.h"

namespace lunway::cli {

struct ServeArguments {
  std::vector<std::string> files{};
  std::string create_size{};
  std::vector<std::string> memory_sizes{};
  std::vector<std::string> listen{};
  std::string target{};
  std::string chap_user{}, chap_secret_file{};
  std::string mutual_user{}, mutual_secret_file{};
  std::vector<std::string> initiators{};
  std::string config_file{};
  unsigned shards = 0;
  std::string io{};
  std::string state_directory{};
  std::string control{};
  bool read_only = false;
  bool direct = false;
  bool allow_anyone = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

/// Files become LUN 0, 1, ... in their order, RAM disks the LUNs behind them. `host` is the machine's name.
Outcome<target::ServerConfig> make_server_config(const ServeArguments& arguments, const std::string& host,
                                                 const Environment& environment);

/// Where state is kept when nobody says: systemd's STATE_DIRECTORY, the user's XDG_STATE_HOME, /var/lib/lunway for
/// root,
/// ~/.local/state/lunway for others; empty when there is no such place.
std::string default_state_directory(const Environment& environment, bool is_root);

/// The name of the target when none is given. What an iSCSI name cannot hold becomes '-'.
//= rfc7143#4.2.7.2
std::string default_target_name(const std::string& host);

}  // namespace lunway::cli
