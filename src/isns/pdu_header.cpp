// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/pdu_header.h"

#include "base/big_endian.h"

namespace lunway::isns {

std::expected<PduHeader, Violation> PduHeader::parse(std::span<const std::byte, kHeaderBytes> bytes) {
  const std::byte* at = bytes.data();
  if (load_be16(at) != kProtocolVersion) return std::unexpected(Violation::version);
  const PduHeader header{.function = load_be16(at + 2),
                         .length = load_be16(at + 4),
                         .flags = load_be16(at + 6),
                         .transaction_id = load_be16(at + 8),
                         .sequence_id = load_be16(at + 10)};
  //= rfc4171#5.1.3
  if (header.length % 4 != 0) return std::unexpected(Violation::length);
  // The block stands behind the PDU and is not counted in its length; it is for multicast only.
  //= rfc4171#5.5
  if ((header.flags & flag::kAuthenticationBlock) != 0) return std::unexpected(Violation::authentication);
  return header;
}

std::array<std::byte, kHeaderBytes> PduHeader::encode() const {
  std::array<std::byte, kHeaderBytes> bytes;
  store_be16(bytes.data(), kProtocolVersion);
  store_be16(bytes.data() + 2, function);
  store_be16(bytes.data() + 4, length);
  store_be16(bytes.data() + 6, flags);
  store_be16(bytes.data() + 8, transaction_id);
  store_be16(bytes.data() + 10, sequence_id);
  return bytes;
}

}  // namespace lunway::isns
