// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What `lunway demo` serves: a target of its own on loopback, with secrets that nobody else will ever know.

#pragma once

#include <cstdint>
#include <string>

#include "cli/outcome.h"
#include "target/server_config.h"

namespace lunway::cli {

/// Random bytes of the system, in hexadecimal. 128 bits.
Outcome<std::string> random_secret();

/// A RAM disk behind mutual CHAP on a free port.
target::ServerConfig demo_config(std::uint64_t disk_bytes, const std::string& secret, const std::string& target_secret);

inline constexpr const char* kDemoTarget = "iqn.2026-11.io.lunway:demo";
inline constexpr const char* kDemoUser = "initiator";
inline constexpr const char* kDemoTargetUser = "target";

}  // namespace lunway::cli
