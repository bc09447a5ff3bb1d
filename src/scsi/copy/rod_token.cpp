// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/rod_token.h"

#include <algorithm>
#include <cassert>

#include "base/big_endian.h"
#include "scsi/commands/designators.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/logical_unit.h"

namespace lunway::scsi {
namespace {

// Where the fields are (SPC-4, 5.16.6.4 and 5.16.6.5; SBC-3, 4.28.5).
constexpr std::size_t kLength = 6;
constexpr std::size_t kIdentifier = 8;
constexpr std::size_t kCreator = 16;
constexpr std::size_t kBytesRepresented = 48;
constexpr std::size_t kDeviceSpecific = 96;
constexpr std::size_t kTargetDevice = 128;
constexpr std::size_t kExtended = 256;

constexpr std::uint16_t kLengthField = kRodTokenBytes - 8;
constexpr std::uint8_t kNaaBytes = 8;

/// An identification descriptor CSCD descriptor, of a direct access block device.
void write_creator(std::byte* at, const LogicalUnitOptions& unit) {
  store_u8(at, kIdentificationCscd);
  store_u8(at + 4, static_cast<std::uint8_t>(CodeSet::binary));
  store_u8(at + 5, static_cast<std::uint8_t>(DesignatorType::naa));
  store_u8(at + 7, kNaaBytes);
  store_be64(at + 8, unit.naa);
  store_u8(at + 29, static_cast<std::uint8_t>(unit.block_size >> 16));
  store_be16(at + 30, static_cast<std::uint16_t>(unit.block_size));
}

/// As bytes 8 to 15 of READ CAPACITY(16) data.
void write_device_specific(std::byte* at, const LogicalUnitOptions& unit) {
  constexpr std::uint8_t kProvisionedAndReadsZeros = 0xc0;
  store_be32(at, unit.block_size);
  store_u8(at + 5, unit.physical_block_exponent & 0x0fU);
  if (unit.can_discard) store_u8(at + 6, kProvisionedAndReadsZeros);
}

/// A designation descriptor with the SCSI name of the target device. A name that has no room is left out.
void write_target_device(MutableBytes field, std::string_view name) {
  constexpr std::uint8_t kIscsi = 0x50;
  constexpr std::uint8_t kValidOfTargetDevice = 0xa0;
  const std::size_t padded = (name.size() / 4 + 1) * 4;
  if (padded > field.size() - 4) return;
  store_u8(field.data(), kIscsi | static_cast<std::uint8_t>(CodeSet::utf8));
  store_u8(field.data() + 1, kValidOfTargetDevice | static_cast<std::uint8_t>(DesignatorType::name_string));
  store_u8(field.data() + 3, static_cast<std::uint8_t>(padded));
  copy_bytes(field.subspan(4), bytes_of(name));
}

}  // namespace

void write_rod_token(RodTokenBytes& token, const RodTokenSubject& subject) {
  std::fill_n(token.begin(), kIdentifier, std::byte{});
  std::fill(token.begin() + kCreator, token.begin() + kExtended, std::byte{});
  store_be32(token.data(), static_cast<std::uint32_t>(RodType::change_vulnerable));
  store_be16(token.data() + kLength, kLengthField);
  write_creator(token.data() + kCreator, subject.unit);
  store_be64(token.data() + kBytesRepresented + 8, subject.bytes);
  write_device_specific(token.data() + kDeviceSpecific, subject.unit);
  write_target_device(MutableBytes(token).subspan(kTargetDevice, kExtended - kTargetDevice), subject.target_device);
}

std::optional<SenseCode> parse_rod_token(Bytes token, RodTokenOrigin& origin) {
  assert(token.size() == kRodTokenBytes);
  if (load_be16(token.data() + kLength) != kLengthField) {
    return SenseCode::invalid_token_operation_invalid_token_length;
  }
  origin.type = static_cast<RodType>(load_be32(token.data()));
  if (origin.type == RodType::zero) return std::nullopt;
  if (origin.type != RodType::change_vulnerable) return SenseCode::invalid_token_operation_unsupported_token_type;
  const std::byte* const creator = token.data() + kCreator;
  if (load_u8(creator) != kIdentificationCscd || load_u8(creator + 4) != static_cast<std::uint8_t>(CodeSet::binary) ||
      load_u8(creator + 5) != static_cast<std::uint8_t>(DesignatorType::naa) || load_u8(creator + 7) != kNaaBytes) {
    return SenseCode::invalid_token_operation_token_corrupt;
  }
  origin.naa = load_be64(creator + 8);
  return std::nullopt;
}

}  // namespace lunway::scsi
