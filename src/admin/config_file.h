// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The configuration file: TOML in, a ServerConfig out, and every mistake with its line.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "target/server_config.h"

namespace lunway::admin {

struct ConfigFault {
  /// Both count from 1; zero when the fault belongs to no one place.
  unsigned line = 0;
  unsigned column = 0;
  std::string message;

  friend bool operator==(const ConfigFault&, const ConfigFault&) = default;
};

/// `server` is worth using only when there are no faults.
struct ConfigFile {
  target::ServerConfig server;
  std::vector<ConfigFault> faults;
};

/// Reads the text of a file. Secrets are read from the files that it names. Faults come in the order of their lines.
ConfigFile parse_config(std::string_view text);

/// The error is only for a file that cannot be read; what is wrong inside it is in `faults`.
Result<ConfigFile> read_config_file(const std::string& path);

/// "lunway.toml:12:5: message", as compilers write it.
std::string format_fault(std::string_view path, const ConfigFault& fault);

}  // namespace lunway::admin
