// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/conform/run_arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>

#include "cli/conform/text_file.h"
#include "conformance/catalogue.h"

namespace lunway::cli {
namespace {

using conformance::Verdict;

void print_outcome(const conformance::Outcome& outcome) {
  fmt::print("{:<15} {}  {}\n", conformance::to_string(outcome.verdict), outcome.test->id, outcome.test->title);
  if (!outcome.reason.empty()) fmt::print("                because: {}\n", outcome.reason);
  for (const conformance::Finding& finding : outcome.findings) {
    fmt::print("                expected: {}\n", finding.expected);
    if (!finding.got.empty()) fmt::print("                got:      {}\n", finding.got);
  }
}

void print_summary(const std::vector<conformance::Outcome>& outcomes) {
  std::array<unsigned, conformance::kVerdictCount> counts{};
  for (const conformance::Outcome& outcome : outcomes) ++counts[static_cast<std::size_t>(outcome.verdict)];
  std::string line = fmt::format("{} tests", outcomes.size());
  for (std::size_t index = 0; index < counts.size(); ++index) {
    if (counts[index] == 0) continue;
    line += fmt::format(", {} {}", counts[index], conformance::to_string(static_cast<Verdict>(index)));
  }
  fmt::print("{}\n", line);
}

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

Outcome<> finish_run(std::vector<conformance::Outcome> outcomes, const conformance::Expectations& expectations,
                     const RunArguments& arguments) {
  for (conformance::Outcome& outcome : outcomes) {
    expectations.apply(outcome);
    print_outcome(outcome);
  }
  print_summary(outcomes);
  if (!arguments.write_expectations.empty()) {
    const auto written = write_text_file(arguments.write_expectations, conformance::write_expectations(outcomes));
    if (!written) return failed(written.error());
  }
  if (conformance::has_news(outcomes)) return failed("");
  return {};
}

}  // namespace lunway::cli
