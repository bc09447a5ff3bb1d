// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/name.h"

#include <stringprep.h>

#include <algorithm>
#include <array>
#include <optional>

#include "text/value.h"

namespace lunway::text {
namespace {

constexpr std::string_view kIqn = "iqn.";
constexpr std::string_view kEui = "eui.";
constexpr std::string_view kNaa = "naa.";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool is_printable_ascii(char c) { return c > ' ' && c < '\x7f'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The profile of RFC 3722. Code points that Unicode 3.2 does not know are refused: nobody could normalise them.
std::expected<std::string, NameFault> prepare(std::string_view text) {
  if (text.contains('\0')) return std::unexpected(NameFault::prohibited);
  if (!is_utf8(text)) return std::unexpected(NameFault::not_utf8);
  std::array<char, kMaxNameLength + 1> buffer{};
  text.copy(buffer.data(), kMaxNameLength);
  const int outcome = stringprep(buffer.data(), buffer.size(), STRINGPREP_NO_UNASSIGNED, ::stringprep_iscsi);
  if (outcome == STRINGPREP_TOO_SMALL_BUFFER) return std::unexpected(NameFault::too_long);
  if (outcome != STRINGPREP_OK) return std::unexpected(NameFault::prohibited);
  return std::string(buffer.data());
}

std::expected<std::string, NameFault> normalise(std::string_view text, NameRules rules) {
  if (text.size() > kMaxNameLength) return std::unexpected(NameFault::too_long);
  auto prepared = prepare(text);
  if (prepared || rules == NameRules::rfc || !std::ranges::all_of(text, is_printable_ascii)) return prepared;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), to_lower);
  return lower;
}

/// yyyy-mm and a dot, taken from the front.
//= rfc7143#4.2.7.4
bool take_date(std::string_view& rest) {
  constexpr std::size_t kLength = 8;
  if (rest.size() < kLength || rest[4] != '-' || rest[7] != '.') return false;
  const auto digits = [rest](std::size_t from, std::size_t count) {
    return std::ranges::all_of(rest.substr(from, count), is_digit);
  };
  if (!digits(0, 4) || !digits(5, 2)) return false;
  const int month = (rest[5] - '0') * 10 + (rest[6] - '0');
  rest.remove_prefix(kLength);
  return month >= 1 && month <= 12;
}

/// A reversed domain name: labels of letters, digits and dashes between single dots.
bool is_authority(std::string_view authority) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.'; };
  return !authority.empty() && !authority.starts_with('.') && !authority.ends_with('.') && !authority.contains("..") &&
         std::ranges::all_of(authority, allowed);
}

//= rfc7143#4.2.7.5
//= rfc7143#4.2.7.6
bool is_identifier(std::string_view digits, bool may_be_128_bits) {
  const bool sized = digits.size() == 16 || (may_be_128_bits && digits.size() == 32);
  return sized && std::ranges::all_of(digits, is_lower_hex);
}

std::optional<NameFault> structure_fault(std::string_view name) {
  if (name.starts_with(kEui) || name.starts_with(kNaa)) {
    const bool valid = is_identifier(name.substr(kEui.size()), name.starts_with(kNaa));
    return valid ? std::nullopt : std::optional(NameFault::bad_identifier);
  }
  if (!name.starts_with(kIqn)) return NameFault::unknown_type;
  name.remove_prefix(kIqn.size());
  if (!take_date(name)) return NameFault::bad_date;
  return is_authority(name.substr(0, name.find(':'))) ? std::nullopt : std::optional(NameFault::bad_authority);
}

}  // namespace

std::string_view describe(NameFault fault) {
  switch (fault) {
    case NameFault::empty:
      return "an iSCSI name cannot be empty";
    case NameFault::too_long:
      return "an iSCSI name has at most 223 bytes";
    case NameFault::not_utf8:
      return "an iSCSI name is UTF-8 text";
    case NameFault::prohibited:
      return "a character that iSCSI names cannot have (RFC 3722)";
    case NameFault::unknown_type:
      return "an iSCSI name starts with iqn., eui. or naa.";
    case NameFault::bad_date:
      return "after iqn. comes a date as in iqn.2001-04.com.example";
    case NameFault::bad_authority:
      return "after the date comes a reversed domain name as in iqn.2001-04.com.example";
    case NameFault::bad_identifier:
      return "eui. has 16 hexadecimal digits, naa. 16 or 32";
  }
  return "";
}

std::expected<IscsiName, NameFault> IscsiName::parse(std::string_view text, NameRules rules) {
  if (text.empty()) return std::unexpected(NameFault::empty);
  auto name = normalise(text, rules);
  if (!name) return std::unexpected(name.error());
  if (const auto fault = structure_fault(*name)) return std::unexpected(*fault);
  return IscsiName(std::move(*name));
}

IscsiName::Type IscsiName::type() const {
  if (text_.starts_with(kIqn)) return Type::iqn;
  return text_.starts_with(kEui) ? Type::eui : Type::naa;
}

std::expected<NamePattern, NameFault> NamePattern::parse(std::string_view text, NameRules rules) {
  if (!text.contains('*')) {
    const auto name = IscsiName::parse(text, rules);
    if (!name) return std::unexpected(name.error());
    return NamePattern(name->text());
  }
  std::string pattern;
  while (true) {
    const std::size_t star = text.find('*');
    const auto part = normalise(text.substr(0, star), rules);
    if (!part) return std::unexpected(part.error());
    pattern.append(*part);
    if (star == std::string_view::npos) break;
    pattern.push_back('*');
    text.remove_prefix(star + 1);
  }
  if (pattern.size() > kMaxNameLength) return std::unexpected(NameFault::too_long);
  return NamePattern(std::move(pattern));
}

/// Only the last star met is ever taken back, so the time is at most the product of the two lengths.
bool NamePattern::matches(const IscsiName& name) const {
  const std::string_view text = name.text();
  const std::string_view pattern = text_;
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      resume = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace lunway::text
