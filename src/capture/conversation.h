// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What two iSCSI nodes said on one TCP connection, as a capture file: so that a failing test opens in Wireshark.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/result.h"
#include "capture/pcapng.h"

namespace lunway::capture {

/// Makes up the TCP/IP packets around the bytes. Several conversations with ports of their own may share a file.
class Conversation {
 public:
  /// Begins with the handshake of TCP, at the time `begin`. `file` outlives the conversation.
  explicit Conversation(PcapngFile& file, Instant begin = Instant(), std::uint16_t initiator_port = 49152);

  /// Bytes as one side has sent them, cut anywhere. They become one packet, or more when they do not fit.
  void from_initiator(Bytes bytes, std::string_view comment = {}) { say(initiator_, target_, bytes, comment); }
  void from_target(Bytes bytes, std::string_view comment = {}) { say(target_, initiator_, bytes, comment); }

  /// What comes next happens at `now`. Without a call, each packet comes a little after the one before.
  void set_time(Instant now) { now_ = now; }

 private:
  struct End {
    std::uint32_t address;
    std::uint16_t port;
    std::uint32_t next_sequence;
  };

  void say(End& from, End& to, Bytes bytes, std::string_view comment);
  void packet(End& from, const End& to, std::uint8_t flags, Bytes payload, std::string_view comment);

  PcapngFile& file_;
  Instant now_;
  End initiator_;
  End target_;
};

/// Writes the capture where somebody finds it.
Result<> write_file(const PcapngFile& file, const std::string& path);

}  // namespace lunway::capture
