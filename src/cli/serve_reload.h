// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What SIGHUP asks for: a running server takes over its configuration file as it is now, or none of it.

#pragma once

#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cli/environment.h"
#include "cli/serve_config.h"
#include "target/server.h"

namespace lunway::cli {

/// A line for each change; or, when nothing has changed because of it, a line for each fault, with its place in the
/// file.
using Reloaded = std::expected<std::vector<std::string>, std::vector<std::string>>;

Reloaded reload(const ServeArguments& arguments, const std::string& host, const Environment& environment,
                target::Server& server);

/// Requests to reload come from a signal and from the control socket. One reads the file and has it taken over before
/// the next one reads: so the last one reads what is in force when all have ended.
class Reloads {
 public:
  explicit Reloads(std::function<Reloaded()> reload) : reload_(std::move(reload)) {}

  /// From any thread.
  Reloaded run() {
    const std::lock_guard one_at_a_time(mutex_);
    return reload_();
  }

 private:
  const std::function<Reloaded()> reload_;
  std::mutex mutex_;
};

}  // namespace lunway::cli
