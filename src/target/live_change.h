// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From one configuration to the next while a server runs: what cannot change, and what has.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "target/server_config.h"

namespace lunway::target {

/// The first thing in `next` that only a restart can bring, as a sentence. Both have passed check_config().
Result<> check_change(const ServerConfig& now, const ServerConfig& next);

/// A line for each target and LUN that came or went, and for each target that lets other initiators in.
std::vector<std::string> describe_change(const ServerConfig& now, const ServerConfig& next);

}  // namespace lunway::target
