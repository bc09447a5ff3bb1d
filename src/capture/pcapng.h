// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A packet capture file as Wireshark reads it: the few blocks of pcapng that are needed for raw IP packets.

#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"

namespace lunway::capture {

class PcapngFile {
 public:
  PcapngFile();

  /// Adds a packet that begins with its IP header. `comment` stands beside the packet in Wireshark.
  void add_packet(Instant when, Bytes packet, std::string_view comment = {});

  Bytes bytes() const { return file_; }

  /// Takes out what was added since the last call: for a file that is written while it grows.
  std::vector<std::byte> take() { return std::exchange(file_, {}); }

 private:
  std::vector<std::byte> file_;
};

}  // namespace lunway::capture
