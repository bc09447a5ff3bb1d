// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reads capture files: pcap of either byte order and resolution, and pcapng. The file may be hostile: what does not fit
// ends the reading or is passed over, and nothing is read outside of it.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/result.h"

namespace lunway::capture {

/// LINKTYPE_ values, as the two formats share them.
enum class LinkType : std::uint32_t {
  null_loopback = 0,
  ethernet = 1,
  raw_ip_bsd = 12,
  raw_ip_openbsd = 14,
  raw_ip = 101,
  loop = 108,
  linux_cooked = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_cooked_v2 = 276,
};

struct Packet {
  /// Counts from 1, as Wireshark shows it.
  std::uint64_t number = 0;
  /// Since the epoch of the file.
  Instant when;
  LinkType link = LinkType::ethernet;
  /// Into the file.
  Bytes bytes;
  /// Less was captured than was on the wire.
  bool is_cut = false;
};

class PacketFile {
 public:
  /// `file` outlives the reader and its packets.
  static Result<PacketFile> open(Bytes file);

  /// Nothing at the end, and where the file is damaged.
  std::optional<Packet> next();
  /// The reading ended before the file did.
  bool is_damaged() const { return damaged_; }

 private:
  struct Interface {
    LinkType link = LinkType::ethernet;
    std::uint64_t ticks_per_second = 1'000'000;
  };

  explicit PacketFile(Bytes file) : rest_(file) {}

  Result<> open_pcap(std::uint32_t magic);
  std::optional<Packet> next_of_pcap();
  std::optional<Packet> next_of_pcapng();
  std::optional<Packet> packet_of_block(std::uint32_t type, Bytes body);
  void take_interface(Bytes body);
  std::optional<Packet> packet_at(std::size_t interface, std::uint64_t ticks, std::uint32_t captured,
                                  std::uint32_t original, Bytes bytes);

  std::uint16_t load_16(const std::byte* at) const;
  std::uint32_t load_32(const std::byte* at) const;
  Bytes damaged();

  Bytes rest_;
  bool is_pcapng_ = false;
  bool big_endian_ = false;
  bool damaged_ = false;
  std::vector<Interface> interfaces_;
  std::uint64_t packets_ = 0;
};

}  // namespace lunway::capture
