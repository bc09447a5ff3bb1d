// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The table of MODE SENSE and MODE SELECT.

#include <array>

#include "scsi/command_table.h"
#include "scsi/commands/mode_parameters.h"

namespace lunway::scsi {
namespace {

constexpr std::array kCommands = {
    CommandDescription{.name = "MODE SENSE(6)",
                       .opcode = 0x1a,
                       .usage = {0, 0x08, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_mode_sense,
                       .reach = Reach::standby},
    CommandDescription{.name = "MODE SENSE(10)",
                       .opcode = 0x5a,
                       .cdb_length = 10,
                       .usage = {0, 0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_mode_sense,
                       .reach = Reach::standby},
    CommandDescription{.name = "MODE SELECT(6)",
                       .opcode = 0x15,
                       .usage = {0, 0x11, 0, 0, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_mode_select,
                       .resume = resume_mode_select,
                       .reach = Reach::standby},
    CommandDescription{.name = "MODE SELECT(10)",
                       .opcode = 0x55,
                       .cdb_length = 10,
                       .usage = {0, 0x11, 0, 0, 0, 0, 0, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_mode_select,
                       .resume = resume_mode_select,
                       .reach = Reach::standby},
};

}  // namespace

std::span<const CommandDescription> mode_commands() { return kCommands; }

}  // namespace lunway::scsi
