// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Many runs, in several processes: a run that ends in an assertion or a sanitizer's report takes only its own process
// with it, and says its seed before it goes.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lunway::simulator {

struct Campaign {
  std::vector<std::uint64_t> seeds;
  /// Then runs from this seed on, until so many minutes are over.
  std::uint64_t minutes = 0;
  std::uint64_t endless_seed = 0;
  std::uint64_t jobs = 1;
  /// A process gives up after so many: there is enough to look at.
  std::uint64_t most_failures = 5;
  bool prints_marks = false;
  /// Not empty: of the one seed.
  std::string trace_path;
};

/// Prints each failure with the line that repeats it, and a line at the end. The exit code of the program.
int conduct(const Campaign& campaign);

}  // namespace lunway::simulator
