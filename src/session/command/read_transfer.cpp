// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/read_transfer.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

void ReadTransfer::begin(std::span<const Bytes> pieces, std::uint32_t length) {
  *this = ReadTransfer();
  pieces_ = pieces;
  length_ = length;
}

ReadTransfer::DataIn ReadTransfer::next(std::uint32_t max_data, std::uint32_t max_burst) {
  assert(!done());
  leave_finished_pieces();
  const std::uint32_t limit = std::min({max_data, length_ - offset_, max_burst - burst_});
  const Bytes left = pieces_.front().subspan(piece_offset_);
  const Bytes data = left.first(std::min<std::size_t>(left.size(), limit));
  const auto size = static_cast<std::uint32_t>(data.size());

  DataIn pdu{.buffer_offset = offset_, .data = data, .final = false, .last = false};
  piece_offset_ += data.size();
  offset_ += size;
  burst_ += size;
  pdu.last = offset_ == length_;
  pdu.final = pdu.last || burst_ == max_burst;
  if (pdu.final) burst_ = 0;
  return pdu;
}

void ReadTransfer::skip(std::uint32_t count, std::uint32_t max_data, std::uint32_t max_burst) {
  const std::uint32_t pdus_of_burst = max_burst / max_data + (max_burst % max_data != 0 ? 1 : 0);
  while (count > 0 && !done()) {
    leave_finished_pieces();
    const std::size_t left = pieces_.front().size() - piece_offset_;
    const auto room = static_cast<std::uint32_t>(std::min<std::size_t>(left, length_ - offset_));
    const std::uint32_t bursts = burst_ == 0 ? std::min(room / max_burst, count / pdus_of_burst) : 0;
    const std::uint32_t pdus = std::min(count, std::min(room, max_burst - burst_) / max_data);
    if (bursts > 0) {
      move(bursts * max_burst, max_burst);
      count -= bursts * pdus_of_burst;
    } else if (pdus > 0) {
      move(pdus * max_data, max_burst);
      count -= pdus;
    } else {
      next(max_data, max_burst);
      --count;
    }
  }
}

void ReadTransfer::leave_finished_pieces() {
  while (piece_offset_ == pieces_.front().size()) {
    pieces_ = pieces_.subspan(1);
    piece_offset_ = 0;
    assert(!pieces_.empty());
  }
}

/// Over whole PDUs in one piece.
void ReadTransfer::move(std::uint32_t bytes, std::uint32_t max_burst) {
  piece_offset_ += bytes;
  offset_ += bytes;
  burst_ = done() ? 0 : (burst_ + bytes) % max_burst;
}

}  // namespace lunway::session
