// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/conform/report_files.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "capture/conversation.h"
#include "cli/conform/text_file.h"
#include "cli/terminal.h"
#include "conformance/report/capture.h"
#include "conformance/report/console.h"
#include "conformance/report/html_report.h"
#include "conformance/report/json_result.h"
#include "conformance/report/junit.h"
#include "conformance/report/tap.h"
#include "conformance/suite_coverage.h"

namespace lunway::cli {
namespace {

Result<> write_captures(const conformance::RunResult& run, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure(error.value(), fmt::format("cannot make {}: {}", folder, error.message()));
  for (const conformance::Outcome& outcome : run.outcomes) {
    if (outcome.events.empty()) continue;
    const std::filesystem::path path = std::filesystem::path(folder) / conformance::capture_name(outcome.test->id);
    const auto written = capture::write_file(conformance::capture_of(outcome.events), path.string());
    if (!written) return written;
  }
  return {};
}

/// Nothing when no file was asked for.
Result<> write_unless_empty(const std::string& path, std::string (*report)(const conformance::RunResult&),
                            const conformance::RunResult& run) {
  if (path.empty()) return {};
  return write_text_file(path, report(run));
}

}  // namespace

void add_report_options(CLI::App& command, ReportArguments& arguments) {
  command.add_flag("--brief", arguments.brief, "print only the tests that somebody must look at");
  command.add_option("--label", arguments.label, "what the implementation is called, with its version, for reports")
      ->type_name("NAME");
  command.add_option("--junit", arguments.junit, "write the results as JUnit XML")->type_name("FILE");
  command.add_option("--tap", arguments.tap, "write them as TAP 13")->type_name("FILE");
  command.add_option("--json", arguments.json, "write them as JSON, for tools and for lunway conform matrix")
      ->type_name("FILE");
  command.add_option("--html", arguments.html, "write them as one page, with the exchange of each test")
      ->type_name("FILE");
  command.add_option("--pcap", arguments.pcap, "write a capture of each test, for Wireshark")->type_name("FOLDER");
}

Outcome<> write_reports(const conformance::RunResult& run, const ReportArguments& arguments) {
  fmt::print("{}", conformance::console_report(run, {.painted = wants_colour(stdout), .brief = arguments.brief}));
  const auto json = [](const conformance::RunResult& result) {
    return conformance::write_json(conformance::record_of(result));
  };
  const auto html = [](const conformance::RunResult& result) {
    return conformance::html_report(result, conformance::coverage_of_the_suite());
  };
  for (const Result<>& written :
       {write_unless_empty(arguments.junit, conformance::junit_report, run),
        write_unless_empty(arguments.tap, conformance::tap_report, run), write_unless_empty(arguments.json, json, run),
        write_unless_empty(arguments.html, html, run),
        arguments.pcap.empty() ? Result<>() : write_captures(run, arguments.pcap)}) {
    if (!written) return failed(written.error());
  }
  return {};
}

}  // namespace lunway::cli
