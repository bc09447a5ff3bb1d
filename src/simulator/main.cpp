// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/command_line.h"

int main(int argc, char** argv) { return lunway::simulator::run_command({argv, static_cast<std::size_t>(argc)}); }
