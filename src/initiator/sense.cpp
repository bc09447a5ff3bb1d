// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/sense.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

constexpr std::uint8_t kFixedCurrent = 0x70, kFixedDeferred = 0x71;
constexpr std::uint8_t kDescriptorCurrent = 0x72, kDescriptorDeferred = 0x73;
constexpr std::uint8_t kInformationDescriptor = 0x00;

constexpr std::array<std::string_view, 16> kSenseKeys = {
    "NO SENSE",       "RECOVERED ERROR", "NOT READY",   "MEDIUM ERROR",    "HARDWARE ERROR", "ILLEGAL REQUEST",
    "UNIT ATTENTION", "DATA PROTECT",    "BLANK CHECK", "VENDOR SPECIFIC", "COPY ABORTED",   "ABORTED COMMAND",
    "RESERVED",       "VOLUME OVERFLOW", "MISCOMPARE",  "COMPLETED"};

struct Additional {
  std::uint8_t asc, ascq;
  std::string_view text;
};

/// The additional sense codes a disk sends, in the words of SPC-4 annex D. Others are shown as numbers.
constexpr auto kAdditional = std::to_array<Additional>({
    {0x04, 0x00, "logical unit not ready, cause not reportable"},
    {0x04, 0x01, "logical unit is in process of becoming ready"},
    {0x04, 0x02, "logical unit not ready, initializing command required"},
    {0x04, 0x0a, "logical unit not accessible, asymmetric access state transition"},
    {0x04, 0x0b, "logical unit not accessible, target port in standby state"},
    {0x04, 0x0c, "logical unit not accessible, target port in unavailable state"},
    {0x0c, 0x00, "write error"},
    {0x0c, 0x0d, "write error, not enough unsolicited data"},
    {0x11, 0x00, "unrecovered read error"},
    {0x1a, 0x00, "parameter list length error"},
    {0x1d, 0x00, "miscompare during verify operation"},
    {0x20, 0x00, "invalid command operation code"},
    {0x21, 0x00, "logical block address out of range"},
    {0x24, 0x00, "invalid field in CDB"},
    {0x25, 0x00, "logical unit not supported"},
    {0x26, 0x00, "invalid field in parameter list"},
    {0x27, 0x00, "write protected"},
    {0x27, 0x07, "space allocation failed, write protect"},
    {0x29, 0x00, "power on, reset, or bus device reset occurred"},
    {0x29, 0x01, "power on occurred"},
    {0x29, 0x02, "SCSI bus reset occurred"},
    {0x29, 0x03, "bus device reset function occurred"},
    {0x29, 0x04, "device internal reset"},
    {0x29, 0x07, "I_T nexus loss occurred"},
    {0x2a, 0x01, "mode parameters changed"},
    {0x2a, 0x03, "reservations preempted"},
    {0x2a, 0x04, "reservations released"},
    {0x2a, 0x05, "registrations preempted"},
    {0x2a, 0x06, "asymmetric access state changed"},
    {0x2a, 0x09, "capacity data has changed"},
    {0x2f, 0x00, "commands cleared by another initiator"},
    {0x31, 0x00, "medium format corrupted"},
    {0x38, 0x07, "thin provisioning soft threshold reached"},
    {0x3a, 0x00, "medium not present"},
    {0x3f, 0x03, "INQUIRY data has changed"},
    {0x3f, 0x0e, "reported LUNs data has changed"},
    {0x44, 0x00, "internal target failure"},
    {0x47, 0x05, "protocol service CRC error"},
    {0x49, 0x00, "invalid message error"},
    {0x4b, 0x00, "data phase error"},
    {0x55, 0x00, "system resource failure"},
});

std::uint8_t byte_at(Bytes data, std::size_t at) {
  return at < data.size() ? load_u8(data.data() + at) : std::uint8_t{0};
}

void parse_fixed(Bytes data, Sense& sense) {
  sense.key = byte_at(data, 2) & 0x0f;
  sense.asc = byte_at(data, 12);
  sense.ascq = byte_at(data, 13);
  const bool valid = (byte_at(data, 0) & 0x80) != 0;
  if (valid && data.size() >= 7) sense.information = load_be32(data.data() + 3);
}

void parse_descriptors(Bytes data, Sense& sense) {
  sense.key = byte_at(data, 1) & 0x0f;
  sense.asc = byte_at(data, 2);
  sense.ascq = byte_at(data, 3);
  const std::size_t end = std::min<std::size_t>(data.size(), 8U + byte_at(data, 7));
  for (std::size_t at = 8; at + 2 <= end; at += 2U + byte_at(data, at + 1)) {
    const bool is_information = byte_at(data, at) == kInformationDescriptor && byte_at(data, at + 1) >= 0x0a;
    if (is_information && at + 12 <= end) sense.information = load_be64(data.data() + at + 4);
  }
}

std::string hex_byte(std::uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[value >> 4], kDigits[value & 0xf], 'h'};
}

}  // namespace

std::optional<Sense> parse_sense(Bytes data) {
  if (data.empty()) return std::nullopt;
  const std::uint8_t form = byte_at(data, 0) & 0x7f;
  Sense sense;
  sense.raw.assign(data.begin(), data.end());
  sense.deferred = form == kFixedDeferred || form == kDescriptorDeferred;
  if (form == kFixedCurrent || form == kFixedDeferred)
    parse_fixed(data, sense);
  else if (form == kDescriptorCurrent || form == kDescriptorDeferred)
    parse_descriptors(data, sense);
  else
    return std::nullopt;
  return sense;
}

std::string Sense::to_string() const {
  std::string text(kSenseKeys[key & 0x0f]);
  for (const Additional& row : kAdditional)
    if (row.asc == asc && row.ascq == ascq) text += ", " + std::string(row.text);
  text += " (" + hex_byte(key) + " " + hex_byte(asc) + "/" + hex_byte(ascq) + ")";
  if (deferred) text += ", deferred: it is about an earlier command";
  return text;
}

std::string status_name(std::uint8_t status) {
  switch (status) {
    case kStatusGood:
      return "GOOD";
    case kStatusCheckCondition:
      return "CHECK CONDITION";
    case 0x04:
      return "CONDITION MET";
    case kStatusBusy:
      return "BUSY";
    case kStatusReservationConflict:
      return "RESERVATION CONFLICT";
    case kStatusTaskSetFull:
      return "TASK SET FULL";
    case 0x30:
      return "ACA ACTIVE";
    case 0x40:
      return "TASK ABORTED";
    default:
      return "status " + hex_byte(status);
  }
}

std::string ScsiResult::to_string() const {
  return sense ? status_name(status) + ": " + sense->to_string() : status_name(status);
}

Advice advise(std::uint8_t status, const std::optional<Sense>& sense) {
  if (status == kStatusBusy || status == kStatusTaskSetFull) return Advice::repeat_later;
  if (status != kStatusCheckCondition || !sense) return Advice::report;
  // A unit attention is reported instead of running the command, and a deferred error does not run it either (SAM-5,
  // 5.14; SPC-4, 4.5.5): the unit attention is good to repeat, the deferred error is news about lost data and is told.
  if (sense->key == kSenseKeyUnitAttention && !sense->deferred) return Advice::repeat_at_once;
  constexpr std::uint8_t kNotReady = 0x02;
  if (sense->key == kNotReady && sense->asc == 0x04 && (sense->ascq == 0x01 || sense->ascq == 0x0a))
    return Advice::repeat_later;
  return Advice::report;
}

bool changes_what_we_know(const Sense& sense) {
  if (sense.key != kSenseKeyUnitAttention) return false;
  return sense.asc == 0x29 || (sense.asc == 0x2a && (sense.ascq == 0x09 || sense.ascq == 0x01)) || sense.asc == 0x3f;
}

}  // namespace lunway::initiator
