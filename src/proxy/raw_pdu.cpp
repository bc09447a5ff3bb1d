// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/raw_pdu.h"

#include <algorithm>
#include <cassert>

#include "wire/outgoing.h"

namespace lunway::proxy {

RawPdu::RawPdu(std::vector<std::byte> bytes, wire::Digests digests) : bytes_(std::move(bytes)), digests_(digests) {
  assert(bytes_.size() >= wire::kHeaderSize);
  const wire::BasicHeader basic(header());
  head_length_ = wire::kHeaderSize + basic.total_ahs_length();
  data_length_ = basic.data_segment_length();
}

RawPdu RawPdu::with_data(Bytes data) const {
  wire::Header copy;
  std::ranges::copy(header(), copy.begin());
  const Bytes ahs = Bytes(bytes_).subspan(wire::kHeaderSize, head_length_ - wire::kHeaderSize);
  const wire::EncodedPdu encoded(copy, ahs, data, {}, digests_);
  std::vector<std::byte> bytes;
  bytes.reserve(encoded.size());
  for (const Bytes piece : encoded.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  return {std::move(bytes), digests_};
}

MutableBytes RawPdu::part(Part part) {
  const auto [at, length] = place_of(part);
  return MutableBytes(bytes_).subspan(at, length);
}

std::size_t RawPdu::length_of(Part part) const { return place_of(part).second; }

std::pair<std::size_t, std::size_t> RawPdu::place_of(Part part) const {
  switch (part) {
    case Part::header:
      return {0, head_length_};
    case Part::header_digest:
      return {head_length_, digests_.header ? wire::kDigestSize : 0};
    case Part::data:
      return {data_at(), data_length_};
    case Part::data_digest:
      break;
  }
  return {data_at() + wire::padded(data_length_), digests_.data && data_length_ != 0 ? wire::kDigestSize : 0};
}

void RawPdu::repair_digests() {
  if (const MutableBytes digest = part(Part::header_digest); !digest.empty()) {
    Crc32c crc;
    crc.update(part(Part::header));
    std::ranges::copy(crc.wire_bytes(), digest.begin());
  }
  if (const MutableBytes digest = part(Part::data_digest); !digest.empty()) {
    Crc32c crc;
    crc.update(Bytes(bytes_).subspan(data_at(), wire::padded(data_length_)));
    std::ranges::copy(crc.wire_bytes(), digest.begin());
  }
}

}  // namespace lunway::proxy
