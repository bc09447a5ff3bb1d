// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "scsi/sense.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/big_endian.h"

namespace lunway::scsi {
namespace {

// SPC-4, 4.5.2 and 4.5.3.
constexpr std::uint8_t kResponseFixed = 0x70;
constexpr std::uint8_t kResponseDescriptor = 0x72;
constexpr std::uint8_t kInformationValid = 0x80;
constexpr std::size_t kFixedLength = 18;
constexpr std::uint8_t kInformationDescriptor = 0x00;
constexpr std::uint8_t kCommandSpecificDescriptor = 0x01;
constexpr std::uint8_t kSenseKeySpecificDescriptor = 0x02;
constexpr std::uint8_t kForwardedDescriptor = 0x0c;

/// SENSE KEY SPECIFIC, three bytes: SKSV and a field pointer or a progress indication.
void write_key_specific(const Sense& sense, std::byte* at) {
  constexpr std::uint8_t kValid = 0x80;
  constexpr std::uint8_t kInCdb = 0x40;
  constexpr std::uint8_t kInSegment = 0x20;
  constexpr std::uint8_t kBitPointerValid = 0x08;
  std::uint8_t flags = kValid;
  if (sense.field) {
    if (sense.field->in_cdb) flags |= kInCdb;
    if (sense.field->in_segment) flags |= kInSegment;
    if (sense.field->bit) flags = static_cast<std::uint8_t>(flags | kBitPointerValid | (*sense.field->bit & 0x07U));
    store_be16(at + 1, sense.field->byte);
  } else {
    store_be16(at + 1, sense.progress.value_or(0));
  }
  store_u8(at, flags);
}

bool has_key_specific(const Sense& sense) { return sense.field || sense.progress; }

/// Fixed format sense data of the unit that answered, with its key and code only. Returns its length.
std::size_t write_forwarded(const ForwardedAnswer& answer, std::byte* at) {
  if (answer.status != Status::check_condition) return 0;
  store_u8(at, kResponseFixed);
  store_u8(at + 2, static_cast<std::uint8_t>(answer.key));
  store_u8(at + 7, kFixedLength - 8);
  store_be16(at + 12, static_cast<std::uint16_t>(answer.code));
  return kFixedLength;
}

/// COMMAND-SPECIFIC INFORMATION of a copy: where in the sense data the answer of the source is, where that of the
/// destination, and the segment.
std::size_t write_copy_details(const Sense& sense, std::byte* at) {
  store_be16(at + 10, sense.segment.value_or(0));
  if (!sense.forwarded) return 0;
  store_u8(at + (sense.forwarded->from_destination ? 9 : 8), kFixedLength);
  store_u8(at + kFixedLength, static_cast<std::uint8_t>(sense.forwarded->status));
  return 1 + write_forwarded(*sense.forwarded, at + kFixedLength + 1);
}

std::size_t write_fixed(const Sense& sense, std::byte* at) {
  std::uint8_t response = kResponseFixed;
  // An LBA that does not fit leaves INFORMATION invalid rather than wrong.
  if (sense.information && *sense.information <= std::numeric_limits<std::uint32_t>::max()) {
    response |= kInformationValid;
    store_be32(at + 3, static_cast<std::uint32_t>(*sense.information));
  }
  store_u8(at, response);
  store_u8(at + 2, static_cast<std::uint8_t>(sense.key));
  const std::size_t length = kFixedLength + write_copy_details(sense, at);
  store_u8(at + 7, static_cast<std::uint8_t>(length - 8));
  store_be16(at + 12, static_cast<std::uint16_t>(sense.code));
  if (has_key_specific(sense)) write_key_specific(sense, at + 15);
  return length;
}

std::size_t write_forwarded_descriptor(const ForwardedAnswer& answer, std::byte* at) {
  constexpr std::uint8_t kCopySource = 1;
  constexpr std::uint8_t kCopyDestination = 2;
  const std::size_t length = 4 + write_forwarded(answer, at + 4);
  store_u8(at, kForwardedDescriptor);
  store_u8(at + 1, static_cast<std::uint8_t>(length - 2));
  store_u8(at + 2, answer.from_destination ? kCopyDestination : kCopySource);
  store_u8(at + 3, static_cast<std::uint8_t>(answer.status));
  return length;
}

std::size_t write_descriptors(const Sense& sense, std::byte* at) {
  store_u8(at, kResponseDescriptor);
  store_u8(at + 1, static_cast<std::uint8_t>(sense.key));
  store_be16(at + 2, static_cast<std::uint16_t>(sense.code));
  std::size_t length = 8;
  if (sense.information) {
    store_u8(at + length, kInformationDescriptor);
    store_u8(at + length + 1, 0x0a);
    store_u8(at + length + 2, kInformationValid);
    store_be64(at + length + 4, *sense.information);
    length += 12;
  }
  if (sense.segment) {
    store_u8(at + length, kCommandSpecificDescriptor);
    store_u8(at + length + 1, 0x0a);
    store_be64(at + length + 4, *sense.segment);
    length += 12;
  }
  if (has_key_specific(sense)) {
    store_u8(at + length, kSenseKeySpecificDescriptor);
    store_u8(at + length + 1, 0x06);
    write_key_specific(sense, at + length + 4);
    length += 8;
  }
  if (sense.forwarded) length += write_forwarded_descriptor(*sense.forwarded, at + length);
  store_u8(at + 7, static_cast<std::uint8_t>(length - 8));
  return length;
}

}  // namespace

std::size_t write_sense(const Sense& sense, SenseFormat format, MutableBytes to) {
  assert(to.size() >= kMaxSenseBytes);
  std::ranges::fill(to.first(kMaxSenseBytes), std::byte{});
  return format == SenseFormat::fixed ? write_fixed(sense, to.data()) : write_descriptors(sense, to.data());
}

}  // namespace lunway::scsi
