// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/network/wire_pdu.h"

#include <algorithm>

#include "base/crc32c.h"

namespace lunway::simulator {
namespace {

bool matches(Bytes covered, Bytes digest) {
  Crc32c crc;
  crc.update(covered);
  return std::ranges::equal(crc.wire_bytes(), digest);
}

}  // namespace

bool WirePdu::digests_match() const {
  const Bytes all(bytes);
  if (digests.header && !matches(all.first(head_size()), all.subspan(head_size(), wire::kWordSize))) return false;
  if (!digests.data || data_length() == 0) return true;
  const std::size_t covered = wire::padded(data_length());
  return matches(all.subspan(data_at(), covered), all.subspan(data_at() + covered, wire::kWordSize));
}

std::optional<WirePdu> PduCutter::next() {
  if (held_.size() < wire::kHeaderSize) return std::nullopt;
  const std::uint32_t data_length = load_be24(&held_[5]);
  std::size_t size = wire::kHeaderSize + std::size_t{load_u8(&held_[4])} * wire::kWordSize + wire::padded(data_length);
  if (digests_.header) size += wire::kWordSize;
  if (digests_.data && data_length != 0) size += wire::kWordSize;
  if (held_.size() < size) return std::nullopt;
  const auto end = held_.begin() + static_cast<std::ptrdiff_t>(size);
  WirePdu pdu{.bytes = {held_.begin(), end}, .digests = digests_};
  held_.erase(held_.begin(), end);
  return pdu;
}

}  // namespace lunway::simulator
