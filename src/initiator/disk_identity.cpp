// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/disk_identity.h"

#include <algorithm>

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

constexpr std::size_t kPageHeaderBytes = 4;
constexpr std::size_t kDesignatorHeaderBytes = 4;
constexpr std::uint8_t kOfLogicalUnit = 0;

/// What the page has after its header: as much as it says, and as much as came.
Bytes page_body(Bytes page) {
  if (page.size() < kPageHeaderBytes) return {};
  const std::size_t length = load_be16(page.data() + 2);
  return page.subspan(kPageHeaderBytes, std::min(length, page.size() - kPageHeaderBytes));
}

}  // namespace

std::string parse_serial(Bytes page) {
  const std::string_view text = text_of(page_body(page));
  const std::size_t first = text.find_first_not_of(std::string_view(" \0", 2));
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(std::string_view(" \0", 2)) + 1 - first));
}

std::vector<std::vector<std::byte>> parse_designators(Bytes page) {
  std::vector<std::vector<std::byte>> designators;
  Bytes rest = page_body(page);
  while (rest.size() >= kDesignatorHeaderBytes) {
    const std::size_t size = kDesignatorHeaderBytes + load_u8(rest.data() + 3);
    if (size > rest.size()) break;
    const std::uint8_t association = load_u8(rest.data() + 1) >> 4 & 0x3U;
    if (association == kOfLogicalUnit) designators.emplace_back(rest.begin(), rest.begin() + static_cast<long>(size));
    rest = rest.subspan(size);
  }
  return designators;
}

std::string difference(const DiskIdentity& before, const DiskIdentity& now) {
  if (before.serial.empty() && before.designators.empty()) return "it has no serial number and no designator";
  if (before.serial != now.serial) return "its serial number was " + before.serial + ", now it is " + now.serial;
  if (before.designators != now.designators) return "its designators (VPD page 83h) are others than before";
  if (before.capacity.has_value() != now.capacity.has_value()) return "its capacity cannot be compared";
  if (!before.capacity) return {};
  if (before.capacity->block_size != now.capacity->block_size)
    return "its blocks had " + std::to_string(before.capacity->block_size) + " bytes, now they have " +
           std::to_string(now.capacity->block_size);
  if (now.capacity->blocks < before.capacity->blocks)
    return "it had " + std::to_string(before.capacity->blocks) + " blocks, now it has " +
           std::to_string(now.capacity->blocks);
  return {};
}

}  // namespace lunway::initiator
