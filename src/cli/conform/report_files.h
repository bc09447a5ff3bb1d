// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The files that a run of the suite leaves behind.

#pragma once

#include <CLI/App.hpp>
#include <string>

#include "cli/outcome.h"
#include "conformance/report/run_result.h"

namespace lunway::cli {

struct ReportArguments {
  std::string junit{};
  std::string tap{};
  std::string json{};
  std::string html{};
  std::string pcap{};
  std::string label{};
  bool brief = false;
};

/// --junit, --tap, --json, --html, --pcap, --label, --brief.
void add_report_options(CLI::App& command, ReportArguments& arguments);

/// Prints the report and writes each file that was asked for; the first that cannot be written is the error.
Outcome<> write_reports(const conformance::RunResult& run, const ReportArguments& arguments);

}  // namespace lunway::cli
