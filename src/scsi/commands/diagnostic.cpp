// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands with little to say about a medium without defects: SEND and RECEIVE DIAGNOSTIC, LOG SENSE (SPC-4, 6.42, 6.30
// and 6.8), READ DEFECT DATA (SBC-3, 5.14 and 5.15).

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

// Log pages: the list of pages, and Informational Exceptions, which reports nothing.
constexpr std::uint8_t kSupportedPages = 0x00;
constexpr std::uint8_t kInformationalExceptions = 0x2f;
constexpr std::uint8_t kAllSubpages = 0xff;
constexpr std::uint8_t kSubpageFormat = 0x40;

void write_supported_pages(Execution& execution, bool with_subpages) {
  constexpr std::array<std::uint8_t, 6> kPairs = {kSupportedPages,          0, kSupportedPages, kAllSubpages,
                                                  kInformationalExceptions, 0};
  constexpr std::array<std::uint8_t, 2> kCodes = {kSupportedPages, kInformationalExceptions};
  const std::span<const std::uint8_t> list =
      with_subpages ? std::span<const std::uint8_t>(kPairs) : std::span<const std::uint8_t>(kCodes);
  const MutableBytes page = execution.zeroed_memory(4 + list.size());
  if (with_subpages) {
    store_u8(page.data(), kSubpageFormat);
    store_u8(page.data() + 1, kAllSubpages);
  }
  store_be16(page.data() + 2, static_cast<std::uint16_t>(list.size()));
  std::ranges::copy(std::as_bytes(list), page.begin() + 4);
}

/// One parameter, 0000h: no exception, and no temperature known.
void write_informational_exceptions(Execution& execution) {
  constexpr std::uint8_t kBinaryList = 0x03;
  constexpr std::uint8_t kUnknownTemperature = 0xff;
  const MutableBytes page = execution.zeroed_memory(12);
  store_u8(page.data(), kInformationalExceptions);
  store_be16(page.data() + 2, 8);
  store_u8(page.data() + 6, kBinaryList);
  store_u8(page.data() + 7, 4);
  store_u8(page.data() + 10, kUnknownTemperature);
}

Step begin_log_sense(Execution& execution) {
  const auto control = static_cast<std::uint8_t>(execution.cdb.u8(2) >> 6);
  const auto page = static_cast<std::uint8_t>(execution.cdb.u8(2) & 0x3fU);
  const std::uint8_t subpage = execution.cdb.u8(3);
  constexpr std::uint8_t kCumulative = 1;
  if (control != kCumulative && page != kSupportedPages) return execution.invalid_field(2, 7);
  if (execution.cdb.be16(5) != 0) return execution.invalid_field(5);
  if (page == kSupportedPages && (subpage == 0 || subpage == kAllSubpages)) {
    write_supported_pages(execution, subpage == kAllSubpages);
  } else if (page == kInformationalExceptions && subpage == 0) {
    write_informational_exceptions(execution);
  } else {
    return execution.invalid_field(2, 5);
  }
  return execution.good_with_data(execution.memory.size(), execution.cdb.be16(7));
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
                       .begin = begin_send_diagnostic},
    CommandDescription{.name = "RECEIVE DIAGNOSTIC RESULTS",
                       .opcode = 0x1c,
                       .usage = {0, 0x01, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_receive_diagnostic},
    CommandDescription{.name = "LOG SENSE",
                       .opcode = 0x4d,
                       .cdb_length = 10,
                       .usage = {0, 0, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_log_sense},
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
