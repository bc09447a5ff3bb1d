// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The command line of `proxy` as proxy::Options.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/outcome.h"
#include "proxy/proxy.h"

namespace lunway::cli {

struct ProxyArguments {
  std::string target{};
  std::string listen = "127.0.0.1:3261";
  std::vector<std::string> rules{};
  std::string rules_file{};
  std::uint64_t seed = 1;
  std::string cut_every{};
  std::string addresses = "matching";
  std::string capture{};
  std::string io{};
  bool allow_anyone = false;
  bool quiet = false;
  bool json = false;
};

/// Reads the file of rules and looks the target's name up. Rules of the file come before those of the command line.
Outcome<proxy::Options> make_proxy_options(const ProxyArguments& arguments);

}  // namespace lunway::cli
