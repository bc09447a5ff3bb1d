// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/conform/run_arguments.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>

#include "cli/conform/text_file.h"
#include "conformance/catalogue.h"

namespace lunway::cli {
namespace {

std::string today() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace

void add_run_options(CLI::App& command, RunArguments& arguments) {
  command.add_option("--section", arguments.sections, "only the tests of this section of the RFC; may repeat")
      ->type_name("SECTION");
  command.add_option("--only", arguments.only, "only this test, or those that begin so: 6.3/*; may repeat")
      ->type_name("ID");
  command.add_flag("--quick", arguments.quick, "leave out the tests that wait for clocks of the protocol");
  command.add_flag("--strict", arguments.strict, "what is only recommended counts as a failure too");
  command.add_option("-j,--jobs", arguments.jobs, "tests at the same time")
      ->type_name("N")
      ->check(CLI::Range(1U, 256U).description(""))
      ->capture_default_str();
  command.add_option("--seed", arguments.seed, "makes names, tags and data")->type_name("N")->capture_default_str();
  command.add_option("--patience", arguments.patience_s, "seconds to wait for an answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 60.0).description(""))
      ->capture_default_str();
  command
      .add_option("--expect", arguments.expectations, "a file of failures that are known, a test and a reason a line")
      ->type_name("FILE");
  command.add_option("--write-expect", arguments.write_expectations, "write such a file from this run")
      ->type_name("FILE");
  add_report_options(command, arguments.reports);
}

conformance::RunOptions run_options(const RunArguments& arguments) {
  conformance::RunOptions options;
  options.jobs = arguments.jobs;
  options.seed = arguments.seed;
  options.strict = arguments.strict;
  options.patience.answer = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(arguments.patience_s));
  return options;
}

Outcome<std::vector<const conformance::Test*>> chosen_tests(conformance::Judged judged, const RunArguments& arguments) {
  auto tests =
      conformance::select(conformance::all_tests(judged),
                          {.sections = arguments.sections, .only = arguments.only, .without_slow = arguments.quick});
  if (!tests) return wrong_call(tests.error().message);
  return std::move(*tests);
}

Outcome<conformance::Expectations> read_expectations(conformance::Judged judged, const RunArguments& arguments) {
  if (arguments.expectations.empty()) return conformance::Expectations();
  auto text = read_text_file(arguments.expectations);
  if (!text) return failed(text.error());
  auto expectations = conformance::Expectations::parse(*text);
  if (!expectations) return wrong_call(fmt::format("{}: {}", arguments.expectations, expectations.error().message));
  for (const auto& [id, reason] : expectations->reasons()) {
    if (conformance::find_test(judged, id) == nullptr) {
      return wrong_call(fmt::format("{}: there is no test {}", arguments.expectations, id));
    }
  }
  return std::move(*expectations);
}

Outcome<> finish_run(conformance::RunResult run, const conformance::Expectations& expectations,
                     const RunArguments& arguments) {
  for (conformance::Outcome& outcome : run.outcomes) expectations.apply(outcome);
  run.label = arguments.reports.label;
  run.date = today();
  run.suite = LUNWAY_VERSION;
  run.seed = arguments.seed;
  const auto reported = write_reports(run, arguments.reports);
  if (!reported) return reported;
  if (!arguments.write_expectations.empty()) {
    const auto written = write_text_file(arguments.write_expectations, conformance::write_expectations(run.outcomes));
    if (!written) return failed(written.error());
  }
  if (conformance::has_news(run.outcomes)) return failed("");
  return {};
}

}  // namespace lunway::cli
