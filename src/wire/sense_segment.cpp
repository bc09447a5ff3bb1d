// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/sense_segment.h"

#include <cassert>

#include "base/big_endian.h"

namespace lunway::wire {
namespace {

constexpr std::size_t kLengthSize = 2;

}  // namespace

Parsed<SenseSegment> SenseSegment::parse(Bytes data_segment) {
  using Kind = FormatError::Kind;
  if (data_segment.empty()) return SenseSegment{};
  if (data_segment.size() < kLengthSize) {
    return std::unexpected(FormatError{Kind::inconsistent, "11.4.7", "the data segment ends within SenseLength"});
  }
  const std::size_t sense_length = load_be16(data_segment.data());
  const Bytes after = data_segment.subspan(kLengthSize);
  if (sense_length > after.size()) {
    return std::unexpected(FormatError{Kind::inconsistent, "11.4.7.1", "SenseLength exceeds the data segment"});
  }
  return SenseSegment{.sense = after.first(sense_length), .rest = after.subspan(sense_length)};
}

std::size_t SenseSegment::size() const {
  return sense.empty() && rest.empty() ? 0 : kLengthSize + sense.size() + rest.size();
}

MutableBytes SenseSegment::write(MutableBytes to) const {
  assert(sense.size() <= 0xffff && to.size() >= size());
  if (size() == 0) return to.first(0);
  store_be16(to.data(), static_cast<std::uint16_t>(sense.size()));
  copy_bytes(to.subspan(kLengthSize), sense);
  copy_bytes(to.subspan(kLengthSize + sense.size()), rest);
  return to.first(size());
}

}  // namespace lunway::wire
