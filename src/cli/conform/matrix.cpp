// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform matrix: the results of several implementations on one page.

#include "conformance/report/matrix.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/conform/commands.h"
#include "cli/conform/text_file.h"

namespace lunway::cli {
namespace {

struct ConformMatrixArguments {
  std::vector<std::string> files{};
  std::string html{};
};

Outcome<> conform_matrix(const ConformMatrixArguments& arguments) {
  std::vector<conformance::RunRecord> runs;
  for (const std::string& file : arguments.files) {
    const auto text = read_text_file(file);
    if (!text) return failed(text.error());
    auto run = conformance::parse_json(*text);
    if (!run) return failed(fmt::format("{}: {}", file, run.error().message));
    runs.push_back(std::move(*run));
  }
  if (arguments.html.empty()) {
    fmt::print("{}", conformance::matrix_markdown(runs));
    return {};
  }
  const auto written = write_text_file(arguments.html, conformance::matrix_html(runs));
  if (!written) return failed(written.error());
  return {};
}

}  // namespace

void add_conform_matrix(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformMatrixArguments>();
  CLI::App& command = add_command(conform, "matrix", "Put the results of several implementations side by side",
                                  "lunway conform matrix lunway.json tgt.json > matrix.md");
  command.add_option("FILE", arguments->files, "what lunway conform --json has written")->required()->type_name("...");
  command.add_option("--html", arguments->html, "write a page of HTML instead of printing Markdown")->type_name("FILE");
  choose(command, chosen, arguments, conform_matrix);
}

}  // namespace lunway::cli
