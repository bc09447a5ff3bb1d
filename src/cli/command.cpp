// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/command.h"

namespace lunway::cli {

CLI::App& add_command(CLI::App& program, const std::string& name, const std::string& description,
                      const std::string& example) {
  CLI::App& command = *program.add_subcommand(name, description);
  command.group("Commands");
  command.footer("Example:\n  " + example);
  return command;
}

void add_all(CLI::App& program, Chosen& chosen) {
  add_demo(program, chosen);
  add_serve(program, chosen);
  add_discover(program, chosen);
  add_info(program, chosen);
  add_ping(program, chosen);
  add_manage(program, chosen);
  add_bench(program, chosen);
  add_read(program, chosen);
  add_write(program, chosen);
  add_copy(program, chosen);
  add_ctl(program, chosen);
  add_proxy(program, chosen);
  add_conform(program, chosen);
  add_check_config(program, chosen);
  add_version(program, chosen);
}

}  // namespace lunway::cli
