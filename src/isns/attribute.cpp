// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/attribute.h"

#include <algorithm>
#include <cassert>

#include "base/big_endian.h"
#include "isns/limits.h"

namespace lunway::isns {
namespace {

constexpr std::size_t kTagAndLength = 8;

//= rfc4171#5.3.1
constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

std::optional<std::uint32_t> Attribute::number() const {
  if (value.size() != 4) return std::nullopt;
  return load_be32(value.data());
}

std::optional<IpAddress> Attribute::ip_address() const {
  IpAddress address;
  if (value.size() != address.size()) return std::nullopt;
  copy_bytes(address, value);
  return address;
}

std::optional<std::string_view> Attribute::text() const {
  if (value.size() < 4 || value.size() > kMaxTextBytes + 1) return std::nullopt;
  const std::string_view all = text_of(value);
  const std::size_t length = all.find('\0');
  if (length == std::string_view::npos || padded(length + 1) != all.size()) return std::nullopt;
  if (all.find_first_not_of('\0', length) != std::string_view::npos) return std::nullopt;
  return all.substr(0, length);
}

std::optional<Attribute> AttributeReader::next() {
  if (rest_.empty() || violation_) return std::nullopt;
  if (rest_.size() < kTagAndLength) {
    violation_ = Violation::attribute;
    return std::nullopt;
  }
  const auto tag = static_cast<Tag>(load_be32(rest_.data()));
  const std::uint32_t length = load_be32(rest_.data() + 4);
  // The length is compared with what is left, never added to anything: it may be near 2^32.
  if (length % 4 != 0 || length > rest_.size() - kTagAndLength) {
    violation_ = Violation::attribute;
    return std::nullopt;
  }
  const Attribute attribute{.tag = tag, .value = rest_.subspan(kTagAndLength, length)};
  rest_ = rest_.subspan(kTagAndLength + length);
  return attribute;
}

AttributeWriter& AttributeWriter::number(Tag tag, std::uint32_t value) {
  store_be32(extend(tag, sizeof value), value);
  return *this;
}

AttributeWriter& AttributeWriter::ip_address(Tag tag, const IpAddress& value) {
  std::ranges::copy(value, extend(tag, value.size()));
  return *this;
}

AttributeWriter& AttributeWriter::text(Tag tag, std::string_view value) {
  assert(value.size() <= kMaxTextBytes && !value.contains('\0'));
  std::ranges::copy(bytes_of(value), extend(tag, padded(value.size() + 1)));
  return *this;
}

AttributeWriter& AttributeWriter::blank(Tag tag) {
  extend(tag, 0);
  return *this;
}

AttributeWriter& AttributeWriter::append(const AttributeWriter& other) {
  bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
  return *this;
}

/// Where the value goes; it is all zeros.
std::byte* AttributeWriter::extend(Tag tag, std::size_t length) {
  const std::size_t begin = bytes_.size();
  bytes_.resize(begin + kTagAndLength + length);
  store_be32(bytes_.data() + begin, static_cast<std::uint32_t>(tag));
  store_be32(bytes_.data() + begin + 4, static_cast<std::uint32_t>(length));
  return bytes_.data() + begin + kTagAndLength;
}

}  // namespace lunway::isns
