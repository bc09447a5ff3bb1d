// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/run.h"

// The last line of defence: the standard library or CLI11 may throw where memory or a stream fails.
int main(int argc, char** argv) {
  try {
    return static_cast<int>(lunway::cli::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lunway: %s\n", error.what());
    return static_cast<int>(lunway::cli::ExitCode::failed);
  }
}
