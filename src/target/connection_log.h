// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the log says of a connection: who logged in, who was refused and why, who left, who was lost. Nothing in it is
// secret; names are as the peer sent them.

#pragma once

#include <string>

#include "session/session_request.h"
#include "session/target_connection_output.h"
#include "target/server_config.h"
#include "wire/numbers.h"

namespace lunway::target {

struct LogLine {
  LogLevel level = LogLevel::event;
  std::string text;
};

LogLine log_of_login(const session::SessionRequest& request, const session::Portal& portal, wire::Tsih tsih);

/// `request` is null when the connection never logged in.
LogLine log_of_close(const session::Close& close, const session::Portal& portal,
                     const session::SessionRequest* request);

}  // namespace lunway::target
