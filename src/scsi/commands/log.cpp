// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// LOG SENSE and LOG SELECT (SPC-4, 6.8 and 6.7). The one page with parameters reports no exception and counts nothing,
// so there is nothing that an initiator could set, reset or save.

#include <algorithm>
#include <array>
#include <optional>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

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

constexpr std::uint8_t kSavePages = 0;
constexpr std::uint8_t kParameterCodeReset = 1;
constexpr std::size_t kPageHeader = 4;

/// PAGE CODE and SUBPAGE CODE choose what a list of length zero is about; both zero: all.
std::optional<Step> refuse_log_select(Execution& execution) {
  const Cdb& cdb = execution.cdb;
  const auto page = static_cast<std::uint8_t>(cdb.u8(2) & 0x3fU);
  if (cdb.bit(1, kSavePages)) return execution.invalid_field(1, kSavePages);
  if (cdb.be16(7) != 0) {
    if (cdb.bit(1, kParameterCodeReset)) return execution.invalid_field(1, kParameterCodeReset);
    if (page != 0) return execution.invalid_field(2, 5);
    if (cdb.u8(3) != 0) return execution.invalid_field(3);
    return std::nullopt;
  }
  if (page != 0 && page != kInformationalExceptions) return execution.invalid_field(2, 5);
  if (cdb.u8(3) != 0) return execution.invalid_field(3);
  return std::nullopt;
}

Step begin_log_select(Execution& execution) {
  if (auto refused = refuse_log_select(execution)) return *refused;
  if (execution.cdb.be16(7) == 0) return execution.good();
  return execution.receive_parameters(execution.cdb.be16(7));
}

/// A page may come without parameters. No parameter can be written.
Step resume_log_select(Execution& execution, const Outcome& outcome) {
  const std::size_t length =
      static_cast<std::size_t>(std::min<std::uint64_t>(execution.memory.size(), outcome.received));
  std::size_t at = 0;
  while (at < length) {
    if (length - at < kPageHeader) break;
    const std::byte* const page = execution.memory.data() + at;
    if (load_u8(page) != kInformationalExceptions)
      return execution.invalid_parameter(static_cast<std::uint16_t>(at), 5);
    if (load_u8(page + 1) != 0) return execution.invalid_parameter(static_cast<std::uint16_t>(at + 1));
    if (load_be16(page + 2) != 0) return execution.invalid_parameter(static_cast<std::uint16_t>(at + kPageHeader));
    at += kPageHeader;
  }
  if (at != execution.cdb.be16(7)) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  return execution.good();
}

constexpr std::array kCommands = {
    CommandDescription{.name = "LOG SENSE",
                       .opcode = 0x4d,
                       .cdb_length = 10,
                       .usage = {0, 0, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff},
                       .begin = begin_log_sense,
                       .reach = Reach::standby,
                       .works_during_sanitize = true},
    CommandDescription{.name = "LOG SELECT",
                       .opcode = 0x4c,
                       .cdb_length = 10,
                       .usage = {0, 0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_log_select,
                       .resume = resume_log_select,
                       .reach = Reach::standby},
};

}  // namespace

std::span<const CommandDescription> log_commands() { return kCommands; }

}  // namespace lunway::scsi
