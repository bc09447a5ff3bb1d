// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From a captured packet to the TCP segment in it.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "capture/packet_file.h"

namespace lunway::capture {

/// One end of a TCP connection. An IPv4 address stands in the last four bytes.
struct TcpEnd {
  std::array<std::byte, 16> address{};
  bool is_ipv6 = false;
  std::uint16_t port = 0;

  friend auto operator<=>(const TcpEnd&, const TcpEnd&) = default;
};

/// 192.0.2.1:3260, [2001:db8:0:0:0:0:0:1]:3260
std::string to_string(const TcpEnd& end);

struct TcpPacket {
  TcpEnd from;
  TcpEnd to;
  std::uint32_t sequence = 0;
  /// Valid with is_ack.
  std::uint32_t acknowledged = 0;
  bool is_syn = false;
  bool is_ack = false;
  bool ends = false;  // FIN or RST
  /// Into the file.
  Bytes payload;
};

/// Nothing for what is no whole TCP segment: other protocols, fragments, what is cut too short.
std::optional<TcpPacket> tcp_of(const Packet& packet);

}  // namespace lunway::capture
