// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run as one self-contained page of HTML: summary, findings, coverage of the ledger, and each test with its exchange.

#pragma once

#include <string>

#include "conformance/ledger/coverage.h"
#include "conformance/report/run_result.h"

namespace lunway::conformance {

/// `coverage` is that of the whole suite, whatever was chosen to run.
std::string html_report(const RunResult& run, const Coverage& coverage);

}  // namespace lunway::conformance
