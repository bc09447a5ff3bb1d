// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run as JUnit XML, which continuous integration reads. A suite for each section; failures and surprises are
// failures, what could not be judged is an error, what does not apply or is known is skipped, warnings pass and speak.

#pragma once

#include <string>

#include "conformance/report/run_result.h"

namespace lunway::conformance {

std::string junit_report(const RunResult& run);

}  // namespace lunway::conformance
