// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/connection/initiator_batch.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

const wire::EncodedPdu& InitiatorBatch::add(const wire::Header& header, Bytes ahs, Bytes data, wire::Digests digests) {
  assert(pdus_.size() < capacity_);
  const wire::EncodedPdu& pdu = pdus_.emplace_back(header, ahs, data, Bytes{}, digests);
  for (const Bytes& piece : pdu.pieces()) pieces_.push_back(piece);
  bytes_ += pdu.size();
  return pdu;
}

bool InitiatorBatch::consume(std::size_t count) {
  while (count != 0) {
    assert(first_ != pieces_.size() && "more bytes than were given");
    Bytes& piece = pieces_[first_];
    const std::size_t taken = std::min(count, piece.size());
    piece = piece.subspan(taken);
    count -= taken;
    if (piece.empty()) ++first_;
  }
  return first_ == pieces_.size();
}

void InitiatorBatch::clear() {
  pdus_.clear();
  pieces_.clear();
  first_ = 0;
  bytes_ = 0;
  kept_.clear();
  viewed_.clear();
}

}  // namespace lunway::session
