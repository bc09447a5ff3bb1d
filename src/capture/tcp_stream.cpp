// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "capture/tcp_stream.h"

namespace lunway::capture {

void TcpStream::take(const TcpPacket& packet, std::vector<std::byte>& out) {
  if (broken_) return;
  ended_ |= packet.ends;
  if (packet.is_syn) {
    if (!next_) {
      next_ = packet.sequence + 1;
      has_beginning_ = true;
    }
    return;
  }
  if (packet.payload.empty()) return;
  if (!next_) next_ = packet.sequence;
  append(packet.sequence, packet.payload, out);
}

void TcpStream::acknowledge(std::uint32_t sequence) {
  if (!next_) return;
  // The end of a stream takes a number too.
  const std::uint32_t seen = *next_ + (ended_ ? 1 : 0);
  if (static_cast<std::int32_t>(sequence - seen) > 0) broken_ = true;
}

void TcpStream::append(std::uint32_t sequence, Bytes payload, std::vector<std::byte>& out) {
  const auto ahead = static_cast<std::int32_t>(sequence - *next_);
  if (ahead > 0) {
    const std::uint64_t at = delivered_ + static_cast<std::uint32_t>(ahead);
    const auto [place, is_new] = waiting_.try_emplace(at);
    if (place->second.size() >= payload.size()) return;
    waiting_bytes_ += payload.size() - place->second.size();
    place->second.assign(payload.begin(), payload.end());
    broken_ = waiting_bytes_ > kMostWaiting || waiting_.size() > kMostSegments;
    return;
  }
  const std::size_t seen = static_cast<std::uint32_t>(*next_ - sequence);
  if (seen >= payload.size()) return;
  const Bytes fresh = payload.subspan(seen);
  out.insert(out.end(), fresh.begin(), fresh.end());
  *next_ += static_cast<std::uint32_t>(fresh.size());
  delivered_ += fresh.size();
  drain(out);
}

void TcpStream::drain(std::vector<std::byte>& out) {
  while (!waiting_.empty() && waiting_.begin()->first <= delivered_) {
    const auto first = waiting_.begin();
    const std::uint64_t seen = delivered_ - first->first;
    waiting_bytes_ -= first->second.size();
    if (seen < first->second.size()) {
      const Bytes fresh = Bytes(first->second).subspan(seen);
      out.insert(out.end(), fresh.begin(), fresh.end());
      *next_ += static_cast<std::uint32_t>(fresh.size());
      delivered_ += fresh.size();
    }
    waiting_.erase(first);
  }
}

}  // namespace lunway::capture
