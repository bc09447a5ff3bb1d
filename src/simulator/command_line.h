// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The program lunway-sim.

#pragma once

#include <span>

namespace lunway::simulator {

/// Returns the exit code: 0 all is well, 1 a run failed, 2 the call was wrong.
int run_command(std::span<char* const> arguments);

}  // namespace lunway::simulator
