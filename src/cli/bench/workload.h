// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What `lunway bench` does to a logical unit, and where in it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace lunway::cli {

/// The words of --rw, as fio has them.
struct Pattern {
  bool random = true;
  unsigned reads_percent = 100;

  bool writes() const { return reads_percent < 100; }

  static std::optional<Pattern> parse(std::string_view word);
  static std::vector<std::string> words();
};

/// What every session of a run does.
struct Workload {
  Pattern pattern;
  std::uint32_t blocks_in_slot = 1;  // a slot is what one command moves
  std::uint32_t block_bytes = 512;
  unsigned depth = 32;
  Duration time{};
  /// Stamp what is written, judge what is read, and read everything again at the end.
  bool verify = false;
  /// Of 1000 commands so many are aborted while they run.
  unsigned aborts_per_mille = 0;
  /// After so many commands the session resets the logical unit; zero: never.
  std::uint64_t commands_between_resets = 0;

  std::size_t slot_bytes() const { return std::size_t{blocks_in_slot} * block_bytes; }
};

/// The part of the unit that one session uses.
struct Region {
  std::uint64_t first_lba = 0;
  std::uint64_t slots = 0;
};

/// `slots` from the start of the unit for `sessions`: each its own when writes are to be judged, else all for each.
std::vector<Region> divide(std::uint64_t slots, unsigned sessions, const Workload& workload);

}  // namespace lunway::cli
