// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a run of `lunway bench` found, for a person and for a machine.

#pragma once

#include <string>

#include "cli/bench/load.h"
#include "cli/json.h"

namespace lunway::cli {

struct Report {
  LoadResult result{};
  Duration elapsed{};
  Duration processor{};  // time on processors, of all threads of this program
  bool verified = false;
};

std::string to_text(const Report& report);
Json to_json(const Report& report);

/// "12 us", "3.4 ms": three digits and the unit that suits.
std::string format_latency(Duration latency);

}  // namespace lunway::cli
