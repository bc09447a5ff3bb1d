// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a running server answers on its control socket: to a line of words, one JSON object. {"error": "..."} where it
// could not be done.

#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/json.h"
#include "target/server_status.h"

namespace lunway::cli {

/// The server, as far as the commands need it.
struct ControlledServer {
  using Lines = std::vector<std::string>;

  std::function<std::vector<target::SessionStatus>()> sessions;
  std::function<std::vector<target::TargetStatus>()> targets;
  std::function<std::vector<target::LunStatus>()> luns;
  std::function<std::vector<std::string>()> portals;
  std::function<bool(std::uint16_t tsih)> drop;
  std::function<Result<>(const std::string& volume, std::uint64_t size_bytes)> resize;
  std::function<std::expected<Lines, Lines>()> reload;
  /// Begins an orderly end, as SIGTERM does.
  std::function<void()> drain;
};

/// "status", "sessions", "luns", "targets", "reload", "drop TSIH", "resize VOLUME SIZE", "drain".
Json answer_control(const std::string& request, const ControlledServer& server);

}  // namespace lunway::cli
