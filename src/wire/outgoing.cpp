// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/outgoing.h"

#include <cassert>

namespace lunway::wire {

EncodedPdu::EncodedPdu(const Header& header, Bytes ahs, Bytes data, Bytes more_data, Digests digests)
    : has_header_digest_(digests.header), ahs_(ahs), data_(data), more_data_(more_data) {
  const std::size_t data_length = data.size() + more_data.size();
  assert(ahs.size() % kWordSize == 0 && ahs.size() <= 0xff * kWordSize && data_length <= kMaxDataSegmentLength);

  Header complete = header;
  set_total_ahs_length_words(complete, static_cast<std::uint8_t>(ahs.size() / kWordSize));
  set_data_segment_length(complete, static_cast<std::uint32_t>(data_length));
  copy_bytes(head_, complete);
  if (digests.header) {
    Crc32c crc;
    crc.update(complete);
    crc.update(ahs);
    copy_bytes(MutableBytes(head_).subspan(kHeaderSize), crc.wire_bytes());
  }

  const std::size_t padding = padded(data_length) - data_length;
  tail_size_ = static_cast<std::uint8_t>(padding);
  // "A zero-length Data Segment also implies a zero-length Data-Digest."
  if (digests.data && data_length != 0) {
    Crc32c crc;
    crc.update(data);
    crc.update(more_data);
    crc.update(Bytes(tail_).first(padding));
    copy_bytes(MutableBytes(tail_).subspan(padding), crc.wire_bytes());
    tail_size_ = static_cast<std::uint8_t>(padding + kDigestSize);
  }
}

PieceList EncodedPdu::pieces() const {
  PieceList list;
  const Bytes head(head_);
  const Bytes digest = head.subspan(kHeaderSize, has_header_digest_ ? kDigestSize : 0);
  if (ahs_.empty()) {
    list.add(head.first(kHeaderSize + digest.size()));
  } else {
    list.add(head.first(kHeaderSize));
    list.add(ahs_);
    list.add(digest);
  }
  list.add(data_);
  list.add(more_data_);
  list.add(Bytes(tail_).first(tail_size_));
  return list;
}

std::size_t EncodedPdu::size() const {
  const std::size_t digest = has_header_digest_ ? kDigestSize : 0;
  return kHeaderSize + ahs_.size() + digest + data_.size() + more_data_.size() + tail_size_;
}

}  // namespace lunway::wire
