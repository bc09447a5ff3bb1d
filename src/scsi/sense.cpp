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
constexpr std::uint8_t kSenseKeySpecificDescriptor = 0x02;

/// SENSE KEY SPECIFIC, three bytes: SKSV and a field pointer or a progress indication.
void write_key_specific(const Sense& sense, std::byte* at) {
  constexpr std::uint8_t kValid = 0x80;
  constexpr std::uint8_t kInCdb = 0x40;
  constexpr std::uint8_t kBitPointerValid = 0x08;
  std::uint8_t flags = kValid;
  if (sense.field) {
    if (sense.field->in_cdb) flags |= kInCdb;
    if (sense.field->bit) flags = static_cast<std::uint8_t>(flags | kBitPointerValid | (*sense.field->bit & 0x07U));
    store_be16(at + 1, sense.field->byte);
  } else {
    store_be16(at + 1, sense.progress.value_or(0));
  }
  store_u8(at, flags);
}

bool has_key_specific(const Sense& sense) { return sense.field || sense.progress; }

std::size_t write_fixed(const Sense& sense, std::byte* at) {
  std::uint8_t response = kResponseFixed;
  // An LBA that does not fit leaves INFORMATION invalid rather than wrong.
  if (sense.information && *sense.information <= std::numeric_limits<std::uint32_t>::max()) {
    response |= kInformationValid;
    store_be32(at + 3, static_cast<std::uint32_t>(*sense.information));
  }
  store_u8(at, response);
  store_u8(at + 2, static_cast<std::uint8_t>(sense.key));
  store_u8(at + 7, kFixedLength - 8);
  store_be16(at + 12, static_cast<std::uint16_t>(sense.code));
  if (has_key_specific(sense)) write_key_specific(sense, at + 15);
  return kFixedLength;
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
  if (has_key_specific(sense)) {
    store_u8(at + length, kSenseKeySpecificDescriptor);
    store_u8(at + length + 1, 0x06);
    write_key_specific(sense, at + length + 4);
    length += 8;
  }
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
