// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The sub-commands. Each add_...() gives `program` its sub-command and, when that is what the user chose, sets
// `chosen`.

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/outcome.h"

namespace lunway::cli {

struct Chosen {
  std::string command;
  std::function<Outcome<>()> run;
};

/// A sub-command whose --help ends with `example`, a line to type.
CLI::App& add_command(CLI::App& program, const std::string& name, const std::string& description,
                      const std::string& example);

/// Runs `run` on `arguments` once everything is parsed. The arguments live as long as the program.
template <class Arguments>
void choose(CLI::App& command, Chosen& chosen, std::shared_ptr<Arguments> arguments,
            Outcome<> (*run)(const Arguments&)) {
  command.callback([&command, &chosen, arguments = std::move(arguments), run] {
    chosen = {command.get_name(), [arguments, run] { return run(*arguments); }};
  });
}

void add_serve(CLI::App& program, Chosen& chosen);
void add_discover(CLI::App& program, Chosen& chosen);
void add_info(CLI::App& program, Chosen& chosen);
void add_ping(CLI::App& program, Chosen& chosen);
void add_manage(CLI::App& program, Chosen& chosen);
void add_bench(CLI::App& program, Chosen& chosen);
void add_read(CLI::App& program, Chosen& chosen);
void add_write(CLI::App& program, Chosen& chosen);
void add_copy(CLI::App& program, Chosen& chosen);
void add_demo(CLI::App& program, Chosen& chosen);
void add_ctl(CLI::App& program, Chosen& chosen);
void add_proxy(CLI::App& program, Chosen& chosen);
void add_conform(CLI::App& program, Chosen& chosen);
void add_check_config(CLI::App& program, Chosen& chosen);
void add_version(CLI::App& program, Chosen& chosen);

/// All of them, in the order of --help.
void add_all(CLI::App& program, Chosen& chosen);

}  // namespace lunway::cli
