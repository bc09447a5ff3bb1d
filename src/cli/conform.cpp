// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/command.h"
#include "cli/conform/commands.h"

namespace lunway::cli {

void add_conform(CLI::App& program, Chosen& chosen) {
  CLI::App& command = add_command(program, "conform", "Judge an iSCSI implementation by the requirements of the RFCs",
                                  "lunway conform target iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  command.require_subcommand(1);
  add_conform_target(command, chosen);
  add_conform_coverage(command, chosen);
  add_conform_initiator(command, chosen);
  add_conform_list(command, chosen);
  add_conform_explain(command, chosen);
  add_conform_matrix(command, chosen);
  add_conform_pcap(command, chosen);
}

}  // namespace lunway::cli
