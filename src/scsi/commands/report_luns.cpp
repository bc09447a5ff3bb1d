// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// REPORT LUNS and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4, 6.33 and 6.36).

#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

// SELECT REPORT.
constexpr std::uint8_t kWithoutWellKnown = 0x00;
constexpr std::uint8_t kOnlyWellKnown = 0x01;
constexpr std::uint8_t kAll = 0x02;

/// There are no well-known logical units. Works on every logical unit number.
Step begin_report_luns(Execution& execution) {
  const std::uint8_t select = execution.cdb.u8(2);
  if (select != kWithoutWellKnown && select != kOnlyWellKnown && select != kAll) return execution.invalid_field(2, 7);
  const auto luns = select == kOnlyWellKnown ? std::span<const std::uint64_t>() : execution.luns;
  const MutableBytes data = execution.zeroed_memory(8 + luns.size() * 8);
  store_be32(data.data(), static_cast<std::uint32_t>(luns.size() * 8));
  std::byte* at = data.data() + 8;
  for (const std::uint64_t lun : luns) {
    store_be64(at, lun);
    at += 8;
  }
  if (execution.nexus != nullptr) execution.nexus->clear(UnitAttention::reported_luns_changed);
  return execution.good_with_data(data.size(), execution.cdb.be32(6));
}

Step begin_report_task_management(Execution& execution) {
  const bool extended = execution.cdb.bit(2, 7);
  const MutableBytes data = execution.zeroed_memory(extended ? 16 : 4);
  store_be16(data.data(), execution.unit->options.task_management);
  if (extended) store_u8(data.data() + 3, static_cast<std::uint8_t>(data.size() - 4));
  return execution.good_with_data(data.size(), execution.cdb.be32(6));
}

constexpr std::array kCommands = {
    CommandDescription{.name = "REPORT LUNS",
                       .opcode = 0xa0,
                       .cdb_length = 12,
                       .usage = {0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .begin = begin_report_luns,
                       .ignores_attention = true,
                       .reach = Reach::always,
                       .works_during_sanitize = true},
    CommandDescription{.name = "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS",
                       .opcode = 0xa3,
                       .service_action = 0x0d,
                       .cdb_length = 12,
                       .usage = {0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_report_task_management,
                       .reach = Reach::standby},
};

}  // namespace

std::span<const CommandDescription> report_commands() { return kCommands; }

}  // namespace lunway::scsi
