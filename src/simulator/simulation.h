// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One run from one seed: initiators, a target and a network, from the first login to the last logout.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulator/verdict.h"

namespace lunway::capture {
class PcapngFile;
}

namespace lunway::simulator {

struct RunResult {
  /// Unset when all is well.
  std::optional<std::string> complaint;
  Marks marks;
  std::uint64_t events = 0;
  std::uint32_t connections = 0;
};

/// `trace`: where every byte of the run is written to; null: nowhere.
RunResult run(std::uint64_t seed, capture::PcapngFile* trace = nullptr);

}  // namespace lunway::simulator
