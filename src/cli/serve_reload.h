// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What SIGHUP asks for: a running server takes over its configuration file as it is now, or none of it.

#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/serve_config.h"
#include "target/server.h"

namespace lunway::cli {

/// A line for each change; or, when nothing has changed because of it, a line for each fault, with its place in the
/// file.
std::expected<std::vector<std::string>, std::vector<std::string>> reload(const ServeArguments& arguments,
                                                                         const std::string& host,
                                                                         const Environment& environment,
                                                                         target::Server& server);

}  // namespace lunway::cli
