// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform coverage: which requirements of the RFCs the suite proves.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/conform/commands.h"
#include "conformance/ledger/coverage_report.h"
#include "conformance/suite_coverage.h"

namespace lunway::cli {
namespace {

struct ConformCoverageArguments {
  bool markdown = false;
  bool open = false;
  bool exceptions = false;
};

Outcome<> conform_coverage(const ConformCoverageArguments& arguments) {
  const auto markup = arguments.markdown ? conformance::Markup::markdown : conformance::Markup::text;
  const conformance::Coverage coverage = conformance::coverage_of_the_suite();
  fmt::print("{}", conformance::coverage_table(coverage, markup));
  if (arguments.open) fmt::print("\n{}", conformance::open_rows(coverage, markup));
  if (arguments.exceptions) fmt::print("\n{}", conformance::exception_list(markup));
  return {};
}

}  // namespace

void add_conform_coverage(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformCoverageArguments>();
  CLI::App& command = add_command(conform, "coverage", "Count the requirements of the RFCs that the tests prove",
                                  "lunway conform coverage --open");
  command.add_flag("--open", arguments->open, "list the requirements that nothing proves");
  command.add_flag("--exceptions", arguments->exceptions, "list those that no test can judge, with the reasons");
  command.add_flag("--markdown", arguments->markdown, "print Markdown");
  choose(command, chosen, arguments, conform_coverage);
}

}  // namespace lunway::cli
