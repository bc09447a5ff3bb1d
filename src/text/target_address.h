// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The value of TargetAddress: domainname[:port][,portal-group-tag]
//= rfc7143#13.8

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lunway::text {

inline constexpr std::uint16_t kDefaultPort = 3260;

struct TargetAddress {
  /// A DNS name, a dotted IPv4 address, or an IPv6 address without its brackets.
  std::string host;
  std::uint16_t port = kDefaultPort;
  /// Absent in a redirection, present in a list of targets.
  std::optional<std::uint16_t> portal_group_tag;

  friend bool operator==(const TargetAddress&, const TargetAddress&) = default;
};

/// Nothing when the text is no TargetAddress. The host is checked for its characters, not looked up.
std::optional<TargetAddress> parse_target_address(std::string_view text);

/// The port is always written: readers that forget the default are around.
std::string to_string(const TargetAddress& address);

/// 0 to 65535 as a decimal, hexadecimal or base64 constant: TargetPortalGroupTag and the numbers of a TargetAddress.
//= rfc7143#13.9
std::optional<std::uint16_t> parse_portal_group_tag(std::string_view text);

}  // namespace lunway::text
