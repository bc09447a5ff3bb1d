// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/target_address.h"

#include <algorithm>

#include "text/value.h"

namespace lunway::text {
namespace {

// The longest domain name in text form.
constexpr std::size_t kMaxHost = 253;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_ipv4(std::string_view text) {
  for (int place = 0; place < 4; ++place) {
    const std::string_view number = text.substr(0, place < 3 ? text.find('.') : text.size());
    const auto value = std::ranges::all_of(number, is_digit) ? parse_number(number) : std::nullopt;
    if (!value || *value > 255) return false;
    text.remove_prefix(std::min(text.size(), number.size() + 1));
  }
  return true;
}

/// 16-bit groups between single colons; a dotted IPv4 address at the very end counts as two.
std::optional<int> count_groups(std::string_view text, bool at_end) {
  int groups = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && at_end && group.contains('.')) {
      return is_ipv4(group) ? std::optional(groups + 2) : std::nullopt;
    }
    if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex)) return std::nullopt;
    ++groups;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

/// IPv6address of RFC 3986: eight groups, or fewer with one "::" for the rest.
bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const auto before = count_groups(text.substr(0, gap), false);
  const auto after = count_groups(text.substr(gap + 2), true);
  return before && after && *before + *after < 8;
}

bool is_host_name(std::string_view host) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !host.empty() && host.size() <= kMaxHost && std::ranges::all_of(host, allowed);
}

/// Takes the host from the front of `rest`.
std::optional<std::string> take_host(std::string_view& rest) {
  const bool bracketed = rest.starts_with('[');
  const std::size_t end = bracketed ? rest.find(']') : std::min(rest.find_first_of(":,"), rest.size());
  if (end == std::string_view::npos) return std::nullopt;
  std::string host(bracketed ? rest.substr(1, end - 1) : rest.substr(0, end));
  rest.remove_prefix(bracketed ? end + 1 : end);
  const bool valid = bracketed ? is_ipv6(host) : is_host_name(host);
  return valid ? std::optional(std::move(host)) : std::nullopt;
}

}  // namespace

std::optional<TargetAddress> parse_target_address(std::string_view text) {
  auto host = take_host(text);
  if (!host) return std::nullopt;
  TargetAddress address{.host = std::move(*host), .portal_group_tag = {}};
  if (text.starts_with(':')) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto port = parse_portal_group_tag(text.substr(1, end - 1));
    if (!port || *port == 0) return std::nullopt;
    address.port = *port;
    text.remove_prefix(end);
  }
  if (text.starts_with(',')) {
    address.portal_group_tag = parse_portal_group_tag(text.substr(1));
    if (!address.portal_group_tag) return std::nullopt;
    text = {};
  }
  return text.empty() ? std::optional(std::move(address)) : std::nullopt;
}

std::string to_string(const TargetAddress& address) {
  const bool bracketed = address.host.contains(':');
  std::string text = bracketed ? "[" + address.host + "]" : address.host;
  text.append(":").append(std::to_string(address.port));
  if (address.portal_group_tag) text.append(",").append(std::to_string(*address.portal_group_tag));
  return text;
}

std::optional<std::uint16_t> parse_portal_group_tag(std::string_view text) {
  const auto number = parse_small_binary(text, sizeof(std::uint16_t));
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

}  // namespace lunway::text
