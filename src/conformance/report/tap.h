// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run as TAP 13, the Test Anything Protocol: a line for each test, and a block of YAML below one with findings.

#pragma once

#include <string>

#include "conformance/report/run_result.h"

namespace lunway::conformance {

std::string tap_report(const RunResult& run);

}  // namespace lunway::conformance
