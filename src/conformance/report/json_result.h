// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run as JSON, for tools and for the matrix over several implementations. docs/conformance/reports.md has the schema.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conformance/report/run_result.h"

namespace lunway::conformance {

/// What is kept of a test: all but the exchange.
struct TestRecord {
  std::string id;
  std::string section;
  std::string title;
  /// As the RFC writes it: the strictest of its rows. Empty for a test without rows.
  std::string level;
  std::vector<std::string> rows;
  Verdict verdict = Verdict::inconclusive;
  std::string reason;
  double took_ms = 0;
  std::vector<Finding> findings;
};

/// What is kept of a run.
struct RunRecord {
  Judged judged = Judged::target;
  std::string subject;
  std::string label;
  std::string date;
  std::string suite;
  std::uint64_t seed = 0;
  double took_ms = 0;
  std::vector<std::string> remarks;
  std::vector<TestRecord> tests;
};

RunRecord record_of(const RunResult& run);

/// One object; ends with a newline.
std::string write_json(const RunRecord& record);

/// Reads what write_json() has written. Members that are not known are ignored.
Result<RunRecord> parse_json(std::string_view text);

}  // namespace lunway::conformance
