// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The read data of one command as a target sends it, cut into Data-In PDUs one by one, when there is room to send them.
//= rfc7143#11.7

#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace lunway::session {

class ReadTransfer {
 public:
  /// `pieces` are at least `length` bytes together and stay valid while the transfer is under way.
  void begin(std::span<const Bytes> pieces, std::uint32_t length);

  bool done() const { return offset_ == length_; }

  struct DataIn {
    std::uint32_t buffer_offset = 0;
    Bytes data;
    /// The F bit: the end of a sequence, which is at most MaxBurstLength long.
    bool final = false;
    /// The last PDU of the transfer.
    bool last = false;
  };

  /// The next PDU: at most `max_data` (MaxRecvDataSegmentLength of the initiator) and never across the end of a
  /// sequence or of a piece. Only when not done().
  DataIn next(std::uint32_t max_data, std::uint32_t max_burst);

  /// As `count` calls of next(), in a time that depends on the number of pieces only: a peer asks for it.
  void skip(std::uint32_t count, std::uint32_t max_data, std::uint32_t max_burst);

  std::uint32_t sent() const { return offset_; }
  std::uint32_t length() const { return length_; }

 private:
  void leave_finished_pieces();
  void move(std::uint32_t bytes, std::uint32_t max_burst);

  std::span<const Bytes> pieces_;
  std::size_t piece_offset_ = 0;  // in pieces_.front()
  std::uint32_t length_ = 0;
  std::uint32_t offset_ = 0;
  std::uint32_t burst_ = 0;  // bytes sent of the running sequence
};

}  // namespace lunway::session
