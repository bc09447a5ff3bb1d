// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "capture/packet_file.h"

#include <algorithm>
#include <cerrno>

#include "base/big_endian.h"

namespace lunway::capture {
namespace {

constexpr std::uint32_t kPcapMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kPcapNanoseconds = 0xa1b23c4d;
constexpr std::size_t kPcapHeader = 24;
constexpr std::size_t kPcapRecord = 16;

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kBlockOverhead = 12;
constexpr std::uint16_t kTimeResolution = 9;

constexpr std::size_t kMostInterfaces = 4096;

std::uint32_t swapped(std::uint32_t value) { return __builtin_bswap32(value); }

constexpr std::size_t padded_to_word(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

Instant instant_of(std::uint64_t ticks, std::uint64_t per_second) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  // Beyond what a clock can hold the file is wrong anyway.
  const std::uint64_t seconds = ticks / per_second % (std::uint64_t{1} << 33);
  const auto part = static_cast<std::uint64_t>(static_cast<double>(ticks % per_second) /
                                               static_cast<double>(per_second) * double{kNanoseconds});
  return Instant(Duration(static_cast<Duration::rep>(seconds * kNanoseconds + part)));
}

}  // namespace

Result<PacketFile> PacketFile::open(Bytes file) {
  if (file.size() < kBlockHeader + 4) return failure(EINVAL, "The file is too short for a capture");
  PacketFile reader(file);
  const std::uint32_t magic = load_be32(file.data());
  if (magic == kSectionHeader) {
    reader.is_pcapng_ = true;
    return reader;
  }
  if (const Result<> opened = reader.open_pcap(magic); !opened) return std::unexpected(opened.error());
  return reader;
}

Result<> PacketFile::open_pcap(std::uint32_t magic) {
  const bool big = magic == kPcapMicroseconds || magic == kPcapNanoseconds;
  const std::uint32_t ordered = big ? magic : swapped(magic);
  if ((ordered != kPcapMicroseconds && ordered != kPcapNanoseconds) || rest_.size() < kPcapHeader) {
    return failure(EINVAL, "The file is neither pcap nor pcapng");
  }
  big_endian_ = big;
  // The upper bits say whether there is a frame check sequence.
  constexpr std::uint32_t kLinkBits = 0x0fffffff;
  interfaces_.push_back({.link = static_cast<LinkType>(load_32(&rest_[20]) & kLinkBits),
                         .ticks_per_second = ordered == kPcapNanoseconds ? 1'000'000'000U : 1'000'000U});
  rest_ = rest_.subspan(kPcapHeader);
  return {};
}

std::optional<Packet> PacketFile::next() { return is_pcapng_ ? next_of_pcapng() : next_of_pcap(); }

std::optional<Packet> PacketFile::next_of_pcap() {
  if (rest_.size() < kPcapRecord) {
    damaged_ |= !rest_.empty();
    return std::nullopt;
  }
  const std::uint64_t per_second = interfaces_[0].ticks_per_second;
  const std::uint64_t ticks = load_32(&rest_[0]) * per_second + load_32(&rest_[4]);
  const std::uint32_t captured = load_32(&rest_[8]);
  const std::uint32_t original = load_32(&rest_[12]);
  const Bytes bytes = rest_.subspan(kPcapRecord);
  if (captured > bytes.size()) {
    rest_ = damaged();
    return std::nullopt;
  }
  rest_ = bytes.subspan(captured);
  return packet_at(0, ticks, captured, original, bytes);
}

std::optional<Packet> PacketFile::next_of_pcapng() {
  while (rest_.size() >= kBlockOverhead) {
    if (load_be32(rest_.data()) == kSectionHeader) {
      big_endian_ = load_be32(&rest_[kBlockHeader]) == kByteOrderMagic;
      interfaces_.clear();
    }
    const std::uint32_t type = load_32(rest_.data());
    const std::size_t length = load_32(&rest_[4]);
    if (length < kBlockOverhead || length > rest_.size() || length % 4 != 0) {
      rest_ = damaged();
      return std::nullopt;
    }
    const Bytes body = rest_.subspan(kBlockHeader, length - kBlockOverhead);
    rest_ = rest_.subspan(length);
    if (type == kInterfaceDescription) take_interface(body);
    if (std::optional<Packet> packet = packet_of_block(type, body)) return packet;
  }
  damaged_ |= !rest_.empty();
  return std::nullopt;
}

std::optional<Packet> PacketFile::packet_of_block(std::uint32_t type, Bytes body) {
  constexpr std::size_t kEnhancedHeader = 20;
  constexpr std::size_t kSimpleHeader = 4;
  if (type == kEnhancedPacket && body.size() >= kEnhancedHeader) {
    const std::uint64_t ticks = std::uint64_t{load_32(&body[4])} << 32 | load_32(&body[8]);
    return packet_at(load_32(body.data()), ticks, load_32(&body[12]), load_32(&body[16]),
                     body.subspan(kEnhancedHeader));
  }
  if (type == kSimplePacket && body.size() >= kSimpleHeader) {
    const std::uint32_t original = load_32(body.data());
    const auto captured = static_cast<std::uint32_t>(std::min<std::size_t>(original, body.size() - kSimpleHeader));
    return packet_at(0, 0, captured, original, body.subspan(kSimpleHeader));
  }
  return std::nullopt;
}

void PacketFile::take_interface(Bytes body) {
  constexpr std::size_t kFixed = 8;
  if (body.size() < kFixed || interfaces_.size() >= kMostInterfaces) return;
  Interface interface{.link = static_cast<LinkType>(load_16(body.data()))};
  for (Bytes options = body.subspan(kFixed); options.size() >= 4;) {
    const std::uint16_t code = load_16(options.data());
    const std::size_t length = load_16(&options[2]);
    if (padded_to_word(length) + 4 > options.size()) break;
    if (code == kTimeResolution && length == 1) {
      const std::uint8_t value = load_u8(&options[4]);
      const std::uint64_t base = (value & 0x80) != 0 ? 2 : 10;
      const unsigned exponent = std::min<unsigned>(value & 0x7f, base == 2 ? 62 : 18);
      interface.ticks_per_second = 1;
      for (unsigned i = 0; i < exponent; ++i) interface.ticks_per_second *= base;
    }
    options = options.subspan(padded_to_word(length) + 4);
  }
  interfaces_.push_back(interface);
}

std::optional<Packet> PacketFile::packet_at(std::size_t interface, std::uint64_t ticks, std::uint32_t captured,
                                            std::uint32_t original, Bytes bytes) {
  ++packets_;
  // A packet that cannot be understood keeps its number.
  const bool known = interface < interfaces_.size() && captured <= bytes.size();
  Packet packet{.number = packets_, .when = {}, .bytes = {}, .is_cut = captured < original};
  if (!known) return packet;
  packet.when = instant_of(ticks, interfaces_[interface].ticks_per_second);
  packet.link = interfaces_[interface].link;
  packet.bytes = bytes.first(captured);
  return packet;
}

std::uint16_t PacketFile::load_16(const std::byte* at) const {
  const std::uint16_t value = load_be16(at);
  return big_endian_ ? value : __builtin_bswap16(value);
}

std::uint32_t PacketFile::load_32(const std::byte* at) const {
  return big_endian_ ? load_be32(at) : swapped(load_be32(at));
}

Bytes PacketFile::damaged() {
  damaged_ = true;
  return {};
}

}  // namespace lunway::capture
