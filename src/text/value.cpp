// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "text/encoding.h"

namespace lunway::text {
namespace {

template <int Base>
std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, Base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

bool is_refusal(std::string_view value) { return value == kReject || value == kIrrelevant || value == kNotUnderstood; }

std::optional<bool> parse_boolean(std::string_view value) {
  if (value == boolean_text(true)) return true;
  if (value == boolean_text(false)) return false;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view value) {
  if (value.empty() || value.size() > kMaxSimpleValue) return std::nullopt;
  if (value.starts_with("0x") || value.starts_with("0X")) {
    value.remove_prefix(2);
    return value.empty() ? std::nullopt : parse_digits<16>(value);
  }
  if (value.front() == '0' && value.size() > 1) return std::nullopt;
  return parse_digits<10>(value);
}

std::optional<NumberRange> parse_range(std::string_view value) {
  const std::size_t tilde = value.find('~');
  if (tilde == std::string_view::npos) return std::nullopt;
  const auto low = parse_number(value.substr(0, tilde));
  const auto high = parse_number(value.substr(tilde + 1));
  if (!low || !high || *high < *low) return std::nullopt;
  return NumberRange{*low, *high};
}

std::string_view take_list_item(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view item = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return item;
}

std::optional<std::uint64_t> parse_small_binary(std::string_view value, std::size_t bytes) {
  std::optional<std::uint64_t> number;
  if (value.starts_with("0b") || value.starts_with("0B")) {
    std::array<std::byte, sizeof(std::uint64_t)> decoded;
    const auto size = decode_binary(value, MutableBytes(decoded).first(std::min(bytes, decoded.size())));
    if (!size) return std::nullopt;
    number = 0;
    for (const std::byte byte : Bytes(decoded).first(*size)) number = (*number << 8) | std::to_integer<unsigned>(byte);
  } else {
    number = parse_number(value);
  }
  const bool fits = number && (bytes >= sizeof(std::uint64_t) || *number >> (8 * bytes) == 0);
  return fits ? number : std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || size > text.size()) return false;
    const std::string_view tail = text.substr(1, size - 1);
    if (!std::ranges::all_of(tail, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; })) return false;
    if (size > 2) {
      // The second byte says what the lead byte cannot: overlong forms, surrogates, beyond U+10FFFF.
      const auto second = static_cast<unsigned char>(tail.front());
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
          (lead == 0xf4 && second > 0x8f)) {
        return false;
      }
    }
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace lunway::text
