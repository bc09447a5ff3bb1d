// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Puts the segments of one direction of a TCP connection in order again.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "capture/tcp_packet.h"

namespace lunway::capture {

class TcpStream {
 public:
  /// So much may wait for what is missing; more, and it is taken for lost.
  static constexpr std::size_t kMostWaiting = std::size_t{16} << 20;
  static constexpr std::size_t kMostSegments = 8192;

  /// Appends to `out` what is in order now. What was seen before is left out.
  void take(const TcpPacket& packet, std::vector<std::byte>& out);

  /// The receiver has got all up to `sequence`: what is missing before it was not captured, and will not come.
  void acknowledge(std::uint32_t sequence);
  /// Something waits for what is missing.
  bool has_hole() const { return !waiting_.empty(); }
  /// Something is missing that will not come.
  bool is_broken() const { return broken_; }
  /// The capture shows the beginning of the connection.
  bool has_beginning() const { return has_beginning_; }

 private:
  void drain(std::vector<std::byte>& out);
  void append(std::uint32_t sequence, Bytes payload, std::vector<std::byte>& out);

  std::optional<std::uint32_t> next_;
  bool has_beginning_ = false;
  bool broken_ = false;
  bool ended_ = false;
  /// By the distance from the first sequence number that was seen.
  std::map<std::uint64_t, std::vector<std::byte>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace lunway::capture
