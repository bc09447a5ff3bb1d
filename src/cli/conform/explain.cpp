// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform list and lunway conform explain: what the tests say of themselves.

#include "conformance/report/explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/conform/commands.h"
#include "cli/conform/text_file.h"
#include "conformance/catalogue.h"
#include "conformance/run/selection.h"

namespace lunway::cli {
namespace {

using conformance::Judged;

struct ConformListArguments {
  std::string role = "target";
  std::vector<std::string> sections{};
};

Outcome<> conform_list(const ConformListArguments& arguments) {
  const Judged judged = arguments.role == "target" ? Judged::target : Judged::initiator;
  const auto tests = conformance::select(conformance::all_tests(judged), {.sections = arguments.sections, .only = {}});
  if (!tests) return wrong_call(tests.error().message);
  fmt::print("{}", conformance::test_list(*tests));
  return {};
}

struct ConformExplainArguments {
  std::string id{};
  std::string pages{};
  bool markdown = false;
};

Outcome<> write_pages(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failed(fmt::format("cannot make {}: {}", folder, error.message()));
  for (const conformance::DocumentPage& page :
       conformance::test_pages(conformance::all_tests(Judged::target), conformance::all_tests(Judged::initiator))) {
    const auto written = write_text_file((std::filesystem::path(folder) / page.name).string(), page.text);
    if (!written) return failed(written.error());
  }
  return {};
}

Outcome<> conform_explain(const ConformExplainArguments& arguments) {
  if (!arguments.pages.empty()) return write_pages(arguments.pages);
  if (arguments.id.empty()) return wrong_call("say which test; lunway conform list names them");
  std::string text;
  for (const Judged judged : {Judged::target, Judged::initiator}) {
    const conformance::Test* test = conformance::find_test(judged, arguments.id);
    if (test == nullptr) continue;
    const auto markup = arguments.markdown ? conformance::Markup::markdown : conformance::Markup::text;
    text += (text.empty() ? "" : "\n") + conformance::explain(*test, markup);
  }
  if (text.empty()) return wrong_call(fmt::format("there is no test {}; lunway conform list names them", arguments.id));
  fmt::print("{}", text);
  return {};
}

}  // namespace

void add_conform_list(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformListArguments>();
  CLI::App& command = add_command(conform, "list", "Name the tests", "lunway conform list target --section 6.3");
  command.add_option("ROLE", arguments->role, "whom they judge: target or initiator")
      ->type_name("")
      ->check(CLI::IsMember({"target", "initiator"}).description(""))
      ->capture_default_str();
  command.add_option("--section", arguments->sections, "only the tests of this section of the RFC; may repeat")
      ->type_name("SECTION");
  choose(command, chosen, arguments, conform_list);
}

void add_conform_explain(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformExplainArguments>();
  CLI::App& command = add_command(conform, "explain", "Say what a test does, and which requirements it proves",
                                  "lunway conform explain 6.3.1/portal-group-tag-in-first-response");
  CLI::Option* id = command.add_option("ID", arguments->id, "the test")->type_name("");
  command.add_flag("--markdown", arguments->markdown, "print Markdown");
  CLI::Option* pages = command.add_option("--pages", arguments->pages, "write a page for each section, with all tests")
                           ->type_name("FOLDER");
  pages->excludes(id);
  choose(command, chosen, arguments, conform_explain);
}

}  // namespace lunway::cli
