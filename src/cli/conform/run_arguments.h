// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What runs of the suite have in common, whichever role they judge.

#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/conform/report_files.h"
#include "cli/outcome.h"
#include "conformance/report/run_result.h"
#include "conformance/run/expectations.h"
#include "conformance/run/options.h"
#include "conformance/run/selection.h"

namespace lunway::cli {

struct RunArguments {
  std::vector<std::string> sections{};
  std::vector<std::string> only{};
  bool quick = false;
  bool strict = false;
  unsigned jobs = 8;
  std::uint64_t seed = 1;
  double patience_s = 2;
  std::string expectations{};
  std::string write_expectations{};
  ReportArguments reports{};
};

/// --section, --only, --quick, --strict, --jobs, --seed, --patience, --expect, --write-expect, and those of the
/// reports.
void add_run_options(CLI::App& command, RunArguments& arguments);

conformance::RunOptions run_options(const RunArguments& arguments);

/// The tests that judge `judged` and are chosen.
Outcome<std::vector<const conformance::Test*>> chosen_tests(conformance::Judged judged, const RunArguments& arguments);

/// None without --expect. A line for a test that does not exist is an error.
Outcome<conformance::Expectations> read_expectations(conformance::Judged judged, const RunArguments& arguments);

/// Applies the expectations, prints what came, writes what was asked for. Fails when there is news. `run` has the
/// outcomes, what was judged and how it went; the rest is filled in.
Outcome<> finish_run(conformance::RunResult run, const conformance::Expectations& expectations,
                     const RunArguments& arguments);

}  // namespace lunway::cli
