// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/encoding.h"

#include <array>
#include <cstdint>

namespace lunway::text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kNoDigit = 0xff;

using DigitValues = std::array<std::uint8_t, 256>;

constexpr DigitValues values_of(std::string_view digits) {
  DigitValues values;
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr DigitValues hex_values() {
  DigitValues values = values_of(kHexDigits);
  for (unsigned char c = 'A'; c <= 'F'; ++c) values[c] = static_cast<std::uint8_t>(c - 'A' + 10);
  return values;
}

constexpr DigitValues kHexValues = hex_values();
constexpr DigitValues kBase64Values = values_of(kBase64Characters);

unsigned value_in(const DigitValues& values, char c) { return values[static_cast<unsigned char>(c)]; }

/// One digit or more. The first byte of an odd number of digits is the first digit.
std::optional<std::size_t> decode_hex(std::string_view digits, MutableBytes out) {
  const std::size_t size = digits.size() / 2 + digits.size() % 2;
  if (digits.empty() || size > out.size()) return std::nullopt;
  std::size_t nibble = digits.size() % 2;  // an odd number of digits starts in the low half of the first byte
  for (std::size_t i = 0; i < size; ++i) out[i] = std::byte{0};
  for (const char digit : digits) {
    const unsigned value = value_in(kHexValues, digit);
    if (value == kNoDigit) return std::nullopt;
    out[nibble / 2] |= static_cast<std::byte>(nibble % 2 == 0 ? value << 4 : value);
    ++nibble;
  }
  return size;
}

/// RFC 4648, section 4: at least one byte, padding required, unused bits zero, no other characters.
std::optional<std::size_t> decode_base64(std::string_view characters, MutableBytes out) {
  if (characters.empty() || characters.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && characters.ends_with('=')) {
    characters.remove_suffix(1);
    ++padding;
  }
  const std::size_t size = (characters.size() + padding) / 4 * 3 - padding;
  if (size > out.size()) return std::nullopt;

  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that wait in `bits`
  std::size_t written = 0;
  for (const char character : characters) {
    const unsigned value = value_in(kBase64Values, character);
    if (value == kNoDigit) return std::nullopt;
    bits = (bits << 6) | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[written++] = static_cast<std::byte>((bits >> count) & 0xff);
    bits &= (1U << count) - 1;
  }
  return bits == 0 ? std::optional(written) : std::nullopt;
}

}  // namespace

std::optional<std::size_t> decode_binary(std::string_view value, MutableBytes out) {
  if (value.starts_with("0x") || value.starts_with("0X")) return decode_hex(value.substr(2), out);
  if (value.starts_with("0b") || value.starts_with("0B")) return decode_base64(value.substr(2), out);
  return std::nullopt;
}

bool decode_binary_exactly(std::string_view value, MutableBytes out) { return decode_binary(value, out) == out.size(); }

std::string hex_constant(Bytes bytes) {
  std::string text = "0x";
  text.reserve(2 + 2 * bytes.size());
  for (const std::byte byte : bytes) {
    text.push_back(kHexDigits[std::to_integer<unsigned>(byte >> 4)]);
    text.push_back(kHexDigits[std::to_integer<unsigned>(byte & std::byte{0x0f})]);
  }
  return text;
}

std::string base64_constant(Bytes bytes) {
  std::string text = "0b";
  text.reserve(2 + (bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8) | std::to_integer<unsigned>(byte);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text.push_back(kBase64Characters[(bits >> count) & 0x3f]);
    }
    bits &= (1U << count) - 1;
  }
  if (count != 0) text.push_back(kBase64Characters[(bits << (6 - count)) & 0x3f]);
  while ((text.size() - 2) % 4 != 0) text.push_back('=');
  return text;
}

}  // namespace lunway::text
