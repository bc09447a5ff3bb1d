// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Bytes as a person writes them next to a figure of the RFC. For tests.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/header.h"

namespace lunway::wire::testing {

/// "01 e1 00" as bytes; white space between digits does not count.
inline std::vector<std::byte> bytes_from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  unsigned value = 0;
  bool half = false;
  for (const char digit : text) {
    if (digit == ' ' || digit == '\n') continue;
    value = value << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    if (half) bytes.push_back(std::byte(value & 0xff));
    half = !half;
  }
  return bytes;
}

/// The first 48 bytes of `text`; what is missing is zero.
inline Header header_from_hex(std::string_view text) {
  Header header{};
  copy_bytes(header, bytes_from_hex(text));
  return header;
}

/// `header` with one byte changed.
inline Header with_byte(Header header, std::size_t at, std::uint8_t value) {
  store_u8(&header.at(at), value);
  return header;
}

/// `header` with one 32-bit field changed.
inline Header with_word(Header header, std::size_t at, std::uint32_t value) {
  store_be32(&header.at(at), value);
  return header;
}

/// The section of the rule that a header breaks as a `Pdu`; empty when it breaks none.
template <class Pdu>
std::string_view broken_rule(const Header& header) {
  const auto pdu = Pdu::parse(header);
  return pdu ? std::string_view() : pdu.error().section;
}

}  // namespace lunway::wire::testing
