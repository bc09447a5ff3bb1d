// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "capture/tcp_packet.h"

#include <algorithm>
#include <cstdio>

#include "base/big_endian.h"

namespace lunway::capture {
namespace {

constexpr std::uint16_t kIpv4Type = 0x0800;
constexpr std::uint16_t kIpv6Type = 0x86dd;
constexpr std::uint8_t kTcp = 6;

/// Everything from `count` on; empty when there is less.
Bytes after(Bytes bytes, std::size_t count) { return count <= bytes.size() ? bytes.subspan(count) : Bytes(); }

Bytes ip_of_ethernet(Bytes bytes) {
  constexpr std::size_t kAddresses = 12;
  Bytes rest = after(bytes, kAddresses);
  // VLAN tags, at most a few of them.
  for (int tags = 0; tags < 4 && rest.size() >= 2; ++tags) {
    const std::uint16_t type = load_be16(rest.data());
    if (type == kIpv4Type || type == kIpv6Type) return rest.subspan(2);
    if (type != 0x8100 && type != 0x88a8) return {};
    rest = after(rest, 4);
  }
  return {};
}

Bytes ip_of(const Packet& packet) {
  switch (packet.link) {
    case LinkType::null_loopback:
    case LinkType::loop:
      return after(packet.bytes, 4);
    case LinkType::ethernet:
      return ip_of_ethernet(packet.bytes);
    case LinkType::linux_cooked:
      return after(packet.bytes, 16);
    case LinkType::linux_cooked_v2:
      return after(packet.bytes, 20);
    case LinkType::raw_ip:
    case LinkType::raw_ip_bsd:
    case LinkType::raw_ip_openbsd:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return packet.bytes;
  }
  return {};
}

std::optional<TcpPacket> tcp_in(Bytes segment, TcpPacket packet) {
  constexpr std::size_t kShortest = 20;
  if (segment.size() < kShortest) return std::nullopt;
  packet.from.port = load_be16(segment.data());
  packet.to.port = load_be16(&segment[2]);
  packet.sequence = load_be32(&segment[4]);
  packet.acknowledged = load_be32(&segment[8]);
  const std::size_t header = std::size_t{load_u8(&segment[12])} / 16 * 4;
  if (header < kShortest || header > segment.size()) return std::nullopt;
  const std::uint8_t flags = load_u8(&segment[13]);
  packet.is_syn = (flags & 0x02) != 0;
  packet.is_ack = (flags & 0x10) != 0;
  packet.ends = (flags & 0x05) != 0;
  packet.payload = segment.subspan(header);
  return packet;
}

std::optional<TcpPacket> tcp_in_ipv4(Bytes ip) {
  constexpr std::size_t kShortest = 20;
  if (ip.size() < kShortest) return std::nullopt;
  const std::size_t header = std::size_t{load_u8(ip.data())} % 16 * 4;
  const std::uint16_t fragment = load_be16(&ip[6]);
  constexpr std::uint16_t kOffsetAndMore = 0x3fff;
  if (header < kShortest || header > ip.size() || (fragment & kOffsetAndMore) != 0) return std::nullopt;
  if (load_u8(&ip[9]) != kTcp) return std::nullopt;
  // The length is 0 where the network card cuts the packets; Ethernet pads short ones.
  const std::size_t length = load_be16(&ip[2]);
  if (length >= header && length < ip.size()) ip = ip.first(length);
  TcpPacket packet;
  copy_bytes(MutableBytes(packet.from.address).subspan(12), ip.subspan(12, 4));
  copy_bytes(MutableBytes(packet.to.address).subspan(12), ip.subspan(16, 4));
  return tcp_in(ip.subspan(header), packet);
}

std::optional<TcpPacket> tcp_in_ipv6(Bytes ip) {
  constexpr std::size_t kHeader = 40;
  if (ip.size() < kHeader) return std::nullopt;
  const std::size_t length = load_be16(&ip[4]);
  if (length != 0 && kHeader + length < ip.size()) ip = ip.first(kHeader + length);
  TcpPacket packet;
  packet.from.is_ipv6 = packet.to.is_ipv6 = true;
  copy_bytes(packet.from.address, ip.subspan(8, 16));
  copy_bytes(packet.to.address, ip.subspan(24, 16));
  std::uint8_t next = load_u8(&ip[6]);
  Bytes rest = ip.subspan(kHeader);
  // Hop-by-hop options, routing, destination options.
  while ((next == 0 || next == 43 || next == 60) && rest.size() >= 8) {
    next = load_u8(rest.data());
    rest = after(rest, (std::size_t{load_u8(&rest[1])} + 1) * 8);
  }
  return next == kTcp ? tcp_in(rest, packet) : std::nullopt;
}

}  // namespace

std::string to_string(const TcpEnd& end) {
  char text[64];
  const auto& a = end.address;
  if (!end.is_ipv6) {
    std::snprintf(text, sizeof text, "%u.%u.%u.%u:%u", load_u8(&a[12]), load_u8(&a[13]), load_u8(&a[14]),
                  load_u8(&a[15]), end.port);
    return text;
  }
  std::string address = "[";
  for (std::size_t at = 0; at < a.size(); at += 2) {
    std::snprintf(text, sizeof text, at == 0 ? "%x" : ":%x", load_be16(&a[at]));
    address += text;
  }
  return address + "]:" + std::to_string(end.port);
}

std::optional<TcpPacket> tcp_of(const Packet& packet) {
  const Bytes ip = ip_of(packet);
  if (ip.empty()) return std::nullopt;
  const std::uint8_t version = load_u8(ip.data()) / 16;
  if (version == 4) return tcp_in_ipv4(ip);
  if (version == 6) return tcp_in_ipv6(ip);
  return std::nullopt;
}

}  // namespace lunway::capture
