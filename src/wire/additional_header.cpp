// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/additional_header.h"

#include <algorithm>
#include <cassert>

#include "base/big_endian.h"
#include "wire/header.h"

namespace lunway::wire {
namespace {

using Kind = FormatError::Kind;

// AHSLength and AHSType, which AHSLength does not count; and the reserved byte, which it does.
constexpr std::size_t kPrefixSize = 3;
constexpr std::size_t kReservedSize = 1;
constexpr std::size_t kBidirectionalLength = 5;

std::unexpected<FormatError> error(Kind kind, std::string_view section, std::string_view rule) {
  return std::unexpected(FormatError{kind, section, rule});
}

std::size_t ahs_size(std::size_t specific_size) { return padded(kPrefixSize + specific_size); }

// Writes one AHS whose specific part is a reserved byte and `content`; returns what is left of `to`.
MutableBytes write_one(MutableBytes to, AhsType type, Bytes content) {
  const std::size_t specific_size = kReservedSize + content.size();
  const MutableBytes whole = to.first(ahs_size(specific_size));
  std::ranges::fill(whole, std::byte{0});
  store_be16(whole.data(), static_cast<std::uint16_t>(specific_size));
  store_u8(&whole[2], static_cast<std::uint8_t>(type));
  copy_bytes(whole.subspan(kPrefixSize + kReservedSize), content);
  return to.subspan(whole.size());
}

}  // namespace

Parsed<std::optional<AdditionalHeader>> AhsReader::next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < kWordSize) return error(Kind::inconsistent, "11.2.2", "an AHS takes at least one word");
  const std::size_t length = load_be16(rest_.data());
  const std::size_t size = ahs_size(length);
  if (size > rest_.size()) return error(Kind::inconsistent, "11.2.2.2", "AHSLength exceeds TotalAHSLength");
  const AdditionalHeader ahs{.type = static_cast<AhsType>(load_u8(&rest_[2]) & 0x3f),
                             .specific = rest_.subspan(kPrefixSize, length)};
  rest_ = rest_.subspan(size);
  return ahs;
}

Parsed<CommandAhs> CommandAhs::parse(Bytes ahs) {
  CommandAhs result;
  AhsReader reader(ahs);
  while (true) {
    const auto next = reader.next();
    if (!next) return std::unexpected(next.error());
    if (!next->has_value()) return result;
    const Bytes specific = (*next)->specific;
    switch ((*next)->type) {
      case AhsType::extended_cdb:
        if (!result.extended_cdb.empty()) return error(Kind::inconsistent, "11.2.2.3", "one Extended CDB is enough");
        // A length of 1 would be a CDB of 16 bytes: "MUST NOT be used if the CDBLength is less than 17".
        if (specific.size() <= kReservedSize || specific.size() > kReservedSize + kMaxCdbSize - kHeaderCdbSize) {
          return error(Kind::illegal_value, "11.2.2.3", "an Extended CDB makes a CDB of 17 to 260 bytes");
        }
        result.extended_cdb = specific.subspan(kReservedSize);
        break;
      case AhsType::bidirectional_read_length:
        if (result.bidirectional_read_length) return error(Kind::inconsistent, "11.2.2.4", "one read length is enough");
        if (specific.size() != kBidirectionalLength) {
          return error(Kind::illegal_value, "11.2.2.4", "the AHSLength of a read length is 5");
        }
        result.bidirectional_read_length = load_be32(&specific[kReservedSize]);
        break;
      default:
        return error(Kind::reserved_code, "11.2.2.1", "AHS codes 0 and 3 to 63 are reserved");
    }
  }
}

std::size_t CommandAhs::size() const {
  std::size_t size = 0;
  if (!extended_cdb.empty()) size += ahs_size(kReservedSize + extended_cdb.size());
  if (bidirectional_read_length) size += ahs_size(kBidirectionalLength);
  return size;
}

MutableBytes CommandAhs::write(MutableBytes to) const {
  assert(to.size() >= size());
  MutableBytes rest = to;
  if (!extended_cdb.empty()) rest = write_one(rest, AhsType::extended_cdb, extended_cdb);
  if (bidirectional_read_length) {
    std::array<std::byte, 4> length{};
    store_be32(length.data(), *bidirectional_read_length);
    rest = write_one(rest, AhsType::bidirectional_read_length, length);
  }
  return to.first(to.size() - rest.size());
}

}  // namespace lunway::wire
