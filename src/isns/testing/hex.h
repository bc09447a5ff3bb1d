// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Bytes as a person writes them next to a figure of the RFC. For tests.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isns/attribute.h"

namespace lunway::isns::testing {

constexpr IpAddress ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  IpAddress address{};
  address[10] = address[11] = std::byte{0xff};
  address[12] = std::byte(a);
  address[13] = std::byte(b);
  address[14] = std::byte(c);
  address[15] = std::byte(d);
  return address;
}

/// "00000021 00000004" as bytes; blanks do not count.
inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  unsigned value = 0;
  bool half = false;
  for (const char digit : text) {
    if (digit == ' ') continue;
    value = value << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    if (half) bytes.push_back(std::byte(value & 0xff));
    half = !half;
  }
  return bytes;
}

/// The same back, a blank after each four bytes.
inline std::string hex_of(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % 4 == 0) text += ' ';
    text += kDigits[std::to_integer<unsigned>(bytes[i]) >> 4];
    text += kDigits[std::to_integer<unsigned>(bytes[i]) & 15];
  }
  return text;
}

}  // namespace lunway::isns::testing
