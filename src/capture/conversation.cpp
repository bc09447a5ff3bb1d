// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "capture/conversation.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/big_endian.h"

namespace lunway::capture {
namespace {

constexpr std::uint16_t kIscsiPort = 3260;
// Addresses that RFC 5737 keeps for documentation: 192.0.2.1 and 192.0.2.2.
constexpr std::uint32_t kInitiatorAddress = 0xc0000201;
constexpr std::uint32_t kTargetAddress = 0xc0000202;

constexpr std::size_t kIpSize = 20;
constexpr std::size_t kTcpSize = 20;
// An IP packet has at most 65535 bytes; a round number below.
constexpr std::size_t kMaxPayload = 60000;

constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kPush = 0x08;
constexpr std::uint8_t kAck = 0x10;

// The checksum of IP and TCP: the ones' complement sum of 16-bit words.
std::uint16_t checksum(Bytes bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint32_t byte = load_u8(&bytes[i]);
    sum += i % 2 == 0 ? byte << 8 : byte;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

Conversation::Conversation(PcapngFile& file, Instant begin, std::uint16_t initiator_port)
    : file_(file),
      now_(begin),
      initiator_{.address = kInitiatorAddress, .port = initiator_port, .next_sequence = 1000},
      target_{.address = kTargetAddress, .port = kIscsiPort, .next_sequence = 2000} {
  packet(initiator_, target_, kSyn, {}, {});
  ++initiator_.next_sequence;
  packet(target_, initiator_, kSyn | kAck, {}, {});
  ++target_.next_sequence;
  packet(initiator_, target_, kAck, {}, {});
}

void Conversation::say(End& from, End& to, Bytes bytes, std::string_view comment) {
  while (!bytes.empty()) {
    const Bytes payload = bytes.first(std::min(bytes.size(), kMaxPayload));
    packet(from, to, kAck | kPush, payload, comment);
    from.next_sequence += static_cast<std::uint32_t>(payload.size());
    bytes = bytes.subspan(payload.size());
  }
}

void Conversation::packet(End& from, const End& to, std::uint8_t flags, Bytes payload, std::string_view comment) {
  std::vector<std::byte> bytes(kIpSize + kTcpSize + payload.size());
  std::byte* const ip = bytes.data();
  store_u8(ip, 0x45);  // version 4, five words
  store_be16(ip + 2, static_cast<std::uint16_t>(bytes.size()));
  store_u8(ip + 8, 64);  // time to live
  store_u8(ip + 9, 6);   // TCP
  store_be32(ip + 12, from.address);
  store_be32(ip + 16, to.address);
  store_be16(ip + 10, checksum(Bytes(bytes).first(kIpSize), 0));

  std::byte* const tcp = ip + kIpSize;
  store_be16(tcp, from.port);
  store_be16(tcp + 2, to.port);
  store_be32(tcp + 4, from.next_sequence);
  if ((flags & kAck) != 0) store_be32(tcp + 8, to.next_sequence);
  store_u8(tcp + 12, 0x50);  // five words
  store_u8(tcp + 13, flags);
  store_be16(tcp + 14, 0xffff);  // window
  copy_bytes(MutableBytes(bytes).subspan(kIpSize + kTcpSize), payload);

  std::array<std::byte, 12> pseudo_header{};
  store_be32(pseudo_header.data(), from.address);
  store_be32(pseudo_header.data() + 4, to.address);
  store_be16(pseudo_header.data() + 8, 6);
  store_be16(pseudo_header.data() + 10, static_cast<std::uint16_t>(kTcpSize + payload.size()));
  const auto pseudo_sum = static_cast<std::uint16_t>(~checksum(pseudo_header, 0));
  store_be16(tcp + 16, checksum(Bytes(bytes).subspan(kIpSize), pseudo_sum));

  file_.add_packet(now_, bytes, comment);
  now_ += std::chrono::microseconds(100);
}

Result<> write_file(const PcapngFile& file, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const Bytes bytes = file.bytes();
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return system_failure(errno, "writing " + path);
  return {};
}

}  // namespace lunway::capture
