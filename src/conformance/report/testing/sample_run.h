// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run with one test for each verdict, and a peer that writes markup into everything it says.

#pragma once

#include "conformance/report/run_result.h"

namespace lunway::conformance {

/// What a hostile peer says: markup of HTML, XML and terminals, and bytes that are no UTF-8.
inline constexpr std::string_view kHostile = "<script>alert('1')</script>&\"]]>\x1b[2J\x01\xff\xc0\xaf|`";

RunResult sample_run();

/// The outcome of that verdict in `run`.
const Outcome& outcome_with(const RunResult& run, Verdict verdict);

}  // namespace lunway::conformance
