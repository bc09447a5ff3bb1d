// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The sub-commands of `lunway conform`.

#pragma once

#include "cli/command.h"

namespace lunway::cli {

void add_conform_target(CLI::App& conform, Chosen& chosen);
void add_conform_coverage(CLI::App& conform, Chosen& chosen);
void add_conform_initiator(CLI::App& conform, Chosen& chosen);
void add_conform_list(CLI::App& conform, Chosen& chosen);
void add_conform_explain(CLI::App& conform, Chosen& chosen);
void add_conform_matrix(CLI::App& conform, Chosen& chosen);
void add_conform_pcap(CLI::App& conform, Chosen& chosen);

}  // namespace lunway::cli
