// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands with little to say about a medium without defects: SEND and RECEIVE DIAGNOSTIC (SPC-4, 6.42 and 6.30), READ
// DEFECT DATA (SBC-3, 5.14 and 5.15).

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

/// A self-test finds everything well. There are no diagnostic pages to be sent.
Step begin_send_diagnostic(Execution& execution) {
  constexpr std::uint8_t kSelfTest = 2;
  const auto self_test_code = static_cast<std::uint8_t>(execution.cdb.u8(1) >> 5);
  if (execution.cdb.be16(3) != 0) return execution.invalid_field(3);
  // SELF-TEST CODE: background and foreground tests, short and extended, and the end of one; 3 and 7 are reserved.
  if (self_test_code == 3 || self_test_code == 7) return execution.invalid_field(1, 7);
  if (self_test_code != 0 && execution.cdb.bit(1, kSelfTest)) return execution.invalid_field(1, 7);
  return execution.good();
}

/// Page 00h, the only one, lists the pages.
Step begin_receive_diagnostic(Execution& execution) {
  constexpr std::uint8_t kPageCodeValid = 0;
  if (!execution.cdb.bit(1, kPageCodeValid)) return execution.invalid_field(1, kPageCodeValid);
  if (execution.cdb.u8(2) != 0) return execution.invalid_field(2, 7);
  const MutableBytes data = execution.zeroed_memory(5);
  store_be16(data.data() + 2, 1);
  return execution.good_with_data(data.size(), execution.cdb.be16(3));
}

// REQ_PLIST, REQ_GLIST and the format are echoed; the lists themselves are empty.
constexpr std::uint8_t kRequestedLists = 0x1f;

Step begin_read_defect_data_10(Execution& execution) {
  const MutableBytes data = execution.zeroed_memory(4);
  store_u8(data.data() + 1, execution.cdb.u8(2) & kRequestedLists);
  return execution.good_with_data(data.size(), execution.cdb.be16(7));
}

Step begin_read_defect_data_12(Execution& execution) {
  const MutableBytes data = execution.zeroed_memory(8);
  store_u8(data.data() + 1, execution.cdb.u8(1) & kRequestedLists);
  return execution.good_with_data(data.size(), execution.cdb.be32(6));
}

constexpr std::array kCommands = {
    CommandDescription{.name = "SEND DIAGNOSTIC",
                       .opcode = 0x1d,
                       .usage = {0, 0xf7, 0, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_send_diagnostic,
                       .reach = Reach::standby},
    CommandDescription{.name = "RECEIVE DIAGNOSTIC RESULTS",
                       .opcode = 0x1c,
                       .usage = {0, 0x01, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_receive_diagnostic,
                       .reach = Reach::standby},
    CommandDescription{.name = "READ DEFECT DATA(10)",
                       .opcode = 0x37,
                       .cdb_length = 10,
                       .usage = {0, 0, 0x1f, 0, 0, 0, 0, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_read_defect_data_10,
                       .needs_medium = true},
    CommandDescription{.name = "READ DEFECT DATA(12)",
                       .opcode = 0xb7,
                       .cdb_length = 12,
                       .usage = {0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_read_defect_data_12,
                       .needs_medium = true},
};

}  // namespace

std::span<const CommandDescription> diagnostic_commands() { return kCommands; }

}  // namespace lunway::scsi
