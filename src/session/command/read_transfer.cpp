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
  while (piece_offset_ == pieces_.front().size()) {
    pieces_ = pieces_.subspan(1);
    piece_offset_ = 0;
    assert(!pieces_.empty());
  }
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

}  // namespace lunway::session
