// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/visible_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace lunway::conformance {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::uint8_t at(std::string_view text, std::size_t place) { return static_cast<std::uint8_t>(text[place]); }

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // 0: no well-formed character begins here
};

/// Neither overlong forms, nor surrogates, nor what is beyond Unicode.
Character decode(std::string_view text) {
  const std::uint8_t first = at(text, 0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
  char32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(text, i) & 0xc0) != 0x80) return {};
    code = code << 6 | (at(text, i) & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size};
}

/// Control characters, what changes the direction or has no width, separators of lines, and what is no character.
bool is_hidden(char32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e)) return true;
  if ((code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0x061c) return true;
  return (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

void append_hex(std::string& to, std::uint8_t byte) {
  to += kHexDigits[byte >> 4];
  to += kHexDigits[byte & 0xf];
}

std::string replace_each(std::string_view text, std::string_view (*replacement)(char)) {
  std::string out;
  out.reserve(text.size());
  for (const char character : text) {
    const std::string_view other = replacement(character);
    if (other.empty()) {
      out += character;
    } else {
      out += other;
    }
  }
  return out;
}

std::string_view entity_of(char character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string_view markdown_of(char character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '|':
      return "\\|";
    case '*':
      return "\\*";
    case '_':
      return "\\_";
    case '`':
      return "\\`";
    case '[':
      return "\\[";
    case ']':
      return "\\]";
    case '\\':
      return "\\\\";
    default:
      return {};
  }
}

}  // namespace

std::string visible(std::string_view text, std::size_t most) {
  std::string out;
  out.reserve(std::min(text.size(), most));
  while (!text.empty()) {
    if (out.size() >= most) return out + "...";
    const Character character = decode(text);
    const std::size_t size = character.size == 0 ? 1 : character.size;
    if (character.size == 0 || is_hidden(character.code)) {
      for (std::size_t i = 0; i < size; ++i) {
        out += "\\x";
        append_hex(out, at(text, i));
      }
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string escaped(std::string_view text, std::size_t most) { return replace_each(visible(text, most), entity_of); }

std::string markdown_escaped(std::string_view text, std::size_t most) {
  return replace_each(visible(text, most), markdown_of);
}

std::string duration_text(Duration duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  char text[32];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%.1f ms", ms);
  } else {
    std::snprintf(text, sizeof text, "%.1f s", ms / 1000);
  }
  return text;
}

std::string seconds_text(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(duration).count());
  return text;
}

std::string hex_bytes(Bytes bytes, std::size_t most) {
  std::string out;
  const Bytes shown = bytes.first(std::min(bytes.size(), most));
  for (const std::byte byte : shown) {
    if (!out.empty()) out += ' ';
    append_hex(out, std::to_integer<std::uint8_t>(byte));
  }
  return shown.size() < bytes.size() ? out + " ..." : out;
}

std::string base64(Bytes bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t place = 0; place < bytes.size(); place += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - place);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[place + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[group >> (18 - 6 * i) & 0x3f] : '=';
  }
  return out;
}

}  // namespace lunway::conformance
