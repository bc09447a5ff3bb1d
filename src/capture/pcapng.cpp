// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "capture/pcapng.h"

#include <cstdint>

namespace lunway::capture {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kLinkTypeRawIp = 101;
constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionComment = 1;
constexpr std::uint16_t kOptionTimeResolution = 9;
constexpr std::uint8_t kNanoseconds = 9;

// A block: type, length, body, length again. Integers are in the byte order of whoever writes.
class Block {
 public:
  explicit Block(std::uint32_t type) {
    put(type);
    put(std::uint32_t{0});
  }

  template <class Int>
  void put(Int value) {
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof value);
  }

  void put_padded(Bytes data) {
    bytes_.insert(bytes_.end(), data.begin(), data.end());
    bytes_.resize((bytes_.size() + 3) & ~std::size_t{3});
  }

  void option(std::uint16_t code, Bytes value) {
    put(code);
    put(static_cast<std::uint16_t>(value.size()));
    put_padded(value);
  }

  void append_to(std::vector<std::byte>& file) {
    const auto length = static_cast<std::uint32_t>(bytes_.size() + sizeof(std::uint32_t));
    put(length);
    std::memcpy(&bytes_[4], &length, sizeof length);
    file.insert(file.end(), bytes_.begin(), bytes_.end());
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

PcapngFile::PcapngFile() {
  Block section(kSectionHeader);
  section.put(kByteOrderMagic);
  section.put(std::uint16_t{1});  // version 1.0
  section.put(std::uint16_t{0});
  section.put(std::int64_t{-1});  // the length of the section is not known
  section.append_to(file_);

  Block interface(kInterfaceDescription);
  interface.put(kLinkTypeRawIp);
  interface.put(std::uint16_t{0});
  interface.put(std::uint32_t{0});  // packets are not cut off
  interface.option(kOptionTimeResolution, std::as_bytes(std::span(&kNanoseconds, 1)));
  interface.option(kOptionEnd, {});
  interface.append_to(file_);
}

void PcapngFile::add_packet(Instant when, Bytes packet, std::string_view comment) {
  const auto time = static_cast<std::uint64_t>(when.time_since_epoch().count());
  const auto size = static_cast<std::uint32_t>(packet.size());
  Block block(kEnhancedPacket);
  block.put(std::uint32_t{0});  // the only interface
  block.put(static_cast<std::uint32_t>(time >> 32));
  block.put(static_cast<std::uint32_t>(time));
  block.put(size);
  block.put(size);
  block.put_padded(packet);
  if (!comment.empty()) {
    block.option(kOptionComment, bytes_of(comment));
    block.option(kOptionEnd, {});
  }
  block.append_to(file_);
}

}  // namespace lunway::capture
