// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/token_lists.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "base/big_endian.h"
#include "scsi/copy/copy_limits.h"

namespace lunway::scsi {
namespace {

using Refusal = std::unexpected<Sense>;

constexpr std::size_t kPopulateHeader = 16;
constexpr std::size_t kWriteHeader = 536;
constexpr std::size_t kRangeDescriptor = 16;

Refusal refuse(SenseCode code) { return Refusal(Sense{.key = SenseKey::illegal_request, .code = code}); }

Refusal refuse_field(SenseCode code, std::size_t byte, std::optional<std::uint8_t> bit = std::nullopt) {
  return Refusal(Sense{.key = SenseKey::illegal_request,
                       .code = code,
                       .field = FieldPointer{.in_cdb = false, .byte = static_cast<std::uint16_t>(byte), .bit = bit}});
}

Refusal invalid_field(std::size_t byte) { return refuse_field(SenseCode::invalid_field_in_parameter_list, byte); }

/// An LBA may not be in two of them.
bool overlap(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::offset);
  return std::ranges::adjacent_find(ranges, [](const ByteRange& one, const ByteRange& next) {
           return one.offset + one.length > next.offset;
         }) != ranges.end();
}

/// The block device range descriptors behind a header of so many bytes, which ends with their length. One that is cut
/// off is not counted.
std::expected<std::vector<ByteRange>, Sense> parse_ranges(Bytes list, std::size_t header,
                                                          const MediumGeometry& medium) {
  const std::size_t said = load_be16(list.data() + header - 2);
  if (said < kRangeDescriptor) return invalid_field(header - 2);
  const std::size_t count = std::min(said, list.size() - header) / kRangeDescriptor;
  if (count > kMostTokenRanges) return refuse_field(SenseCode::too_many_segment_descriptors, header - 2);
  std::vector<ByteRange> ranges;
  std::uint64_t blocks = 0;
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t at = header + index * kRangeDescriptor;
    const std::uint64_t lba = load_be64(list.data() + at);
    const std::uint64_t length = load_be32(list.data() + at + 8);
    if (lba > medium.capacity_blocks || length > medium.capacity_blocks - lba) {
      return refuse_field(SenseCode::logical_block_address_out_of_range, at);
    }
    blocks += length;
    if (blocks > kMostTokenBytes / medium.block_size) return invalid_field(at + 8);
    if (length != 0) ranges.push_back({.offset = lba * medium.block_size, .length = length * medium.block_size});
  }
  if (overlap(ranges)) return invalid_field(header);
  return ranges;
}

}  // namespace

std::expected<PopulateTokenList, Sense> parse_populate_token_list(Bytes list, const MediumGeometry& medium) {
  constexpr std::uint16_t kLeastData = kPopulateHeader + kRangeDescriptor - 2;
  constexpr std::uint8_t kTypeIsValid = 0x02;
  if (list.size() < kPopulateHeader) return refuse(SenseCode::parameter_list_length_error);
  if (load_be16(list.data()) < kLeastData) return invalid_field(0);
  const std::uint32_t timeout_s = load_be32(list.data() + 4);
  if (timeout_s > kMostTokenTimeoutSeconds) return invalid_field(4);
  const auto type = static_cast<RodType>(load_be32(list.data() + 8));
  const bool has_type = (load_u8(list.data() + 2) & kTypeIsValid) != 0;
  if (has_type && type != RodType::change_vulnerable && type != RodType::any_point_in_time) return invalid_field(8);
  auto ranges = parse_ranges(list, kPopulateHeader, medium);
  if (!ranges) return Refusal(ranges.error());
  return PopulateTokenList{.timeout_s = timeout_s == 0 ? kDefaultTokenTimeoutSeconds : timeout_s,
                           .ranges = *std::move(ranges)};
}

std::expected<WriteUsingTokenList, Sense> parse_write_using_token_list(Bytes list, const MediumGeometry& medium) {
  constexpr std::uint16_t kLeastData = kWriteHeader + kRangeDescriptor - 2;
  constexpr std::uint8_t kDeletesToken = 0x02;
  constexpr std::size_t kToken = 16;
  if (list.size() < kWriteHeader) return refuse(SenseCode::parameter_list_length_error);
  if (load_be16(list.data()) < kLeastData) return invalid_field(0);
  WriteUsingTokenList parsed;
  parsed.deletes_token = (load_u8(list.data() + 2) & kDeletesToken) != 0;
  const std::uint64_t offset_blocks = load_be64(list.data() + kOffsetIntoRodByte);
  // Nothing is as long as that: the product would be another number.
  if (offset_blocks > std::numeric_limits<std::uint64_t>::max() / medium.block_size) {
    return invalid_field(kOffsetIntoRodByte);
  }
  parsed.offset = offset_blocks * medium.block_size;
  copy_bytes(parsed.token, list.subspan(kToken, kRodTokenBytes));
  auto ranges = parse_ranges(list, kWriteHeader, medium);
  if (!ranges) return Refusal(ranges.error());
  parsed.ranges = *std::move(ranges);
  return parsed;
}

std::uint64_t length_of(const std::vector<ByteRange>& ranges) {
  return std::accumulate(ranges.begin(), ranges.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ByteRange& range) { return sum + range.length; });
}

}  // namespace lunway::scsi
