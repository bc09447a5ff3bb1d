// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/command.h"
#include "cli/help_formatter.h"

namespace lunway::cli {
namespace {

/// One line whatever a message holds: it may quote what a peer or a file said.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

ExitCode complain(std::string_view command, const Failure& failure) {
  if (!failure.message.empty()) {
    fmt::print(stderr, "lunway{}{}: {}\n", command.empty() ? "" : " ", command, one_line(failure.message));
  }
  return failure.code;
}

std::string chosen_name(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? std::string() : commands.front()->get_name();
}

}  // namespace

ExitCode run(std::vector<std::string> words) {
  CLI::App program("iSCSI in user space: a target and an initiator in one program", "lunway");
  program.footer("A command's own help: lunway COMMAND --help. To see everything work: lunway demo");
  program.formatter(std::make_shared<HelpFormatter>());
  program.get_formatter()->label("SUBCOMMAND", "COMMAND");
  Chosen chosen;
  add_all(program, chosen);
  program.allow_extras();       // after the sub-commands, which keep refusing theirs: an unknown command is named below
  std::ranges::reverse(words);  // CLI11 takes them off the end
  try {
    program.parse(std::move(words));
  } catch (const CLI::Success& help) {
    return program.exit(help) == 0 ? ExitCode::done : ExitCode::wrong_call;
  } catch (const CLI::ParseError& error) {
    const std::string name = chosen_name(program);
    const std::string where = name.empty() ? "lunway --help" : fmt::format("lunway {} --help", name);
    return complain(name, {ExitCode::wrong_call, fmt::format("{}; see {}", error.what(), where)});
  }
  if (!chosen.run) {
    const std::vector<std::string> rest = program.remaining();
    const std::string what =
        rest.empty() ? "a command is missing" : fmt::format("\"{}\" is not a command", rest.front());
    return complain("", {ExitCode::wrong_call, what + "; see lunway --help"});
  }
  const Outcome<> outcome = chosen.run();
  return outcome ? ExitCode::done : complain(chosen.command, outcome.error());
}

}  // namespace lunway::cli
