// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/copy_list.h"

#include <optional>

#include "base/big_endian.h"
#include "scsi/copy/copy_limits.h"

namespace lunway::scsi {
namespace {

using Refusal = std::unexpected<Sense>;

Refusal refuse(SenseCode code) { return Refusal(Sense{.key = SenseKey::illegal_request, .code = code}); }

Refusal refuse_field(SenseCode code, std::size_t byte, std::optional<std::uint8_t> bit = std::nullopt) {
  return Refusal(Sense{.key = SenseKey::illegal_request,
                       .code = code,
                       .field = FieldPointer{.in_cdb = false, .byte = static_cast<std::uint16_t>(byte), .bit = bit}});
}

Refusal invalid_field(std::size_t byte, std::optional<std::uint8_t> bit = std::nullopt) {
  return refuse_field(SenseCode::invalid_field_in_parameter_list, byte, bit);
}

struct Lengths {
  std::size_t cscds = 0;
  std::size_t segments = 0;
};

std::expected<Lengths, Sense> parse_lengths(Bytes list) {
  const std::size_t cscds = load_be16(list.data() + 2);
  const std::size_t segments = load_be32(list.data() + 8);
  const std::size_t inline_data = load_be32(list.data() + 12);
  if (cscds + segments > kMostDescriptorBytes) return refuse(SenseCode::parameter_list_length_error);
  // The count goes before the length, which may end inside of a descriptor.
  if (cscds > kMostCscds * kCscdBytes) return refuse_field(SenseCode::too_many_target_descriptors, 2);
  if (segments > kMostSegments * kBlockSegmentBytes) return refuse_field(SenseCode::too_many_segment_descriptors, 8);
  if (inline_data != 0) return refuse_field(SenseCode::inline_data_length_exceeded, 12);
  if (kCopyListHeader + cscds + segments > list.size()) return refuse(SenseCode::parameter_list_length_error);
  if (cscds % kCscdBytes != 0) return invalid_field(2);
  return Lengths{.cscds = cscds, .segments = segments};
}

std::expected<Cscd, Sense> parse_cscd(Bytes list, std::size_t at) {
  constexpr std::uint8_t kNullDevice = 0x20;
  constexpr std::size_t kMostDesignatorBytes = 20;
  const std::byte* const cscd = list.data() + at;
  if (load_u8(cscd) != kIdentificationCscd) {
    return refuse_field(SenseCode::unsupported_target_descriptor_type_code, at);
  }
  // LU ID TYPE is left alone: it is about an LU IDENTIFIER field, which this descriptor does not have.
  const std::uint8_t flags = load_u8(cscd + 1);
  const std::size_t length = load_u8(cscd + 7);
  if (length > kMostDesignatorBytes) return invalid_field(at + 7);
  const Bytes designator = list.subspan(at + 8, length);
  return Cscd{.designator = {.code_set = static_cast<CodeSet>(load_u8(cscd + 4) & 0x0fU),
                             .type = static_cast<DesignatorType>(load_u8(cscd + 5) & 0x0fU),
                             .bytes = {designator.begin(), designator.end()}},
              .names_unit = (load_u8(cscd + 5) & 0x30U) == 0,
              .is_null_device = (flags & kNullDevice) != 0,
              .peripheral_type = static_cast<std::uint8_t>(flags & 0x1fU),
              .block_size = load_be24(cscd + 29)};
}

std::expected<CopySegment, Sense> parse_segment(Bytes rest, std::size_t at) {
  constexpr std::uint8_t kCountsDestination = 0x02;
  const std::byte* const segment = rest.data();
  if (load_u8(segment) != kBlockToBlock) {
    return refuse_field(SenseCode::unsupported_segment_descriptor_type_code, at);
  }
  if (rest.size() < kBlockSegmentBytes) return refuse(SenseCode::parameter_list_length_error);
  if (load_be16(segment + 2) != kBlockSegmentBytes - 4) return invalid_field(at + 2);
  return CopySegment{.source = load_be16(segment + 4),
                     .destination = load_be16(segment + 6),
                     .counts_destination = (load_u8(segment + 1) & kCountsDestination) != 0,
                     .blocks = load_be16(segment + 10),
                     .source_lba = load_be64(segment + 12),
                     .destination_lba = load_be64(segment + 20)};
}

}  // namespace

std::uint16_t cscd_offset(std::size_t index) {
  return static_cast<std::uint16_t>(kCopyListHeader + index * kCscdBytes);
}

std::expected<CopyList, Sense> parse_copy_list(Bytes list) {
  enum ListIdUsage : std::uint8_t { kReserved = 1, kNotUsed = 3 };
  if (list.size() < kCopyListHeader) return refuse(SenseCode::parameter_list_length_error);
  const auto usage = static_cast<std::uint8_t>((load_u8(list.data() + 1) >> 3) & 0x3U);
  if (usage == kReserved) return invalid_field(1, 4);
  CopyList parsed{
      .list_identifier = load_u8(list.data()), .is_identified = usage != kNotUsed, .cscds = {}, .segments = {}};
  if (usage == kNotUsed && parsed.list_identifier != 0) return invalid_field(0);
  const auto lengths = parse_lengths(list);
  if (!lengths) return Refusal(lengths.error());

  const std::size_t segments_at = kCopyListHeader + lengths->cscds;
  for (std::size_t at = kCopyListHeader; at < segments_at; at += kCscdBytes) {
    const auto cscd = parse_cscd(list, at);
    if (!cscd) return Refusal(cscd.error());
    parsed.cscds.push_back(*cscd);
  }
  const std::size_t end = segments_at + lengths->segments;
  for (std::size_t at = segments_at; at < end; at += kBlockSegmentBytes) {
    const auto segment = parse_segment(list.subspan(at, end - at), at);
    if (!segment) return Refusal(segment.error());
    parsed.segments.push_back(*segment);
  }
  return parsed;
}

}  // namespace lunway::scsi
