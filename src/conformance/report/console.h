// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run on a terminal: a line for each test, by section of the RFC, and what was found below it.

#pragma once

#include <cstdint>
#include <string>

#include "conformance/report/run_result.h"

namespace lunway::conformance {

struct ConsoleStyle {
  bool painted = false;
  /// Tests that passed and those that do not apply are only counted.
  bool brief = false;
};

/// The whole report; each line ends with a newline.
std::string console_report(const RunResult& run, const ConsoleStyle& style);

/// One test: its line, and lines for its reason and its findings.
std::string console_lines(const Outcome& outcome, const ConsoleStyle& style);

}  // namespace lunway::conformance
