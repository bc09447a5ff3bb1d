// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/pcap/pdu_cutter.h"

#include <algorithm>

#include "base/crc32c.h"
#include "wire/header.h"

namespace lunway::conformance {
namespace {

bool digest_matches(Bytes covered, Bytes digest) {
  Crc32c crc;
  crc.update(covered);
  return wire::matches(crc, digest);
}

}  // namespace

std::optional<Pdu> PduCutter::next(wire::Digests digests) {
  const Bytes bytes = held();
  if (lost_ || bytes.size() < wire::kHeaderSize) return std::nullopt;
  const wire::BasicHeader header(wire::HeaderView(bytes.data(), wire::kHeaderSize));
  const std::size_t head = wire::kHeaderSize + header.total_ahs_length();
  const std::size_t length = header.data_segment_length();
  const std::size_t data_at = head + (digests.header ? wire::kDigestSize : 0);
  const std::size_t data_end = data_at + wire::padded(length);
  const bool has_data_digest = digests.data && length != 0;
  const std::size_t size = data_end + (has_data_digest ? wire::kDigestSize : 0);
  lost_ = size > kMaxPduSize;
  if (lost_ || bytes.size() < size) return std::nullopt;

  Pdu pdu;
  copy_bytes(pdu.header, bytes);
  const Bytes ahs = bytes.subspan(wire::kHeaderSize, head - wire::kHeaderSize);
  pdu.ahs.assign(ahs.begin(), ahs.end());
  if (digests.header) pdu.header_digest_ok = digest_matches(bytes.first(head), bytes.subspan(head, wire::kDigestSize));
  pdu.with_data(bytes.subspan(data_at, length));
  const Bytes padding = bytes.subspan(data_at + length, data_end - data_at - length);
  pdu.padding_is_zero = std::ranges::all_of(padding, [](std::byte byte) { return byte == std::byte{0}; });
  if (has_data_digest) {
    pdu.data_digest_ok =
        digest_matches(bytes.subspan(data_at, wire::padded(length)), bytes.subspan(data_end, wire::kDigestSize));
  }
  at_ += size;
  drop_what_was_read();
  return pdu;
}

/// Now and then, for moving the rest costs time.
void PduCutter::drop_what_was_read() {
  constexpr std::size_t kWorthMoving = std::size_t{64} << 10;
  if (at_ < kWorthMoving && at_ != buffer_.size()) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
}

}  // namespace lunway::conformance
