// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One PDU as its bytes on the wire, digests and padding included, and where its parts lie among them.
//= rfc7143#11.2

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wire/digest.h"
#include "wire/header.h"

namespace lunway::proxy {

/// What can be damaged. The header includes additional header segments, the data no padding.
enum class Part : std::uint8_t { header, data, header_digest, data_digest };

class RawPdu {
 public:
  /// `bytes` are exactly one PDU, as the framer has found it under `digests`.
  RawPdu(std::vector<std::byte> bytes, wire::Digests digests);

  /// A PDU with the same header and other data; its length, padding and digests are set.
  RawPdu with_data(Bytes data) const;

  wire::HeaderView header() const { return wire::HeaderView(bytes_.data(), wire::kHeaderSize); }
  Bytes data() const { return Bytes(bytes_).subspan(data_at(), data_length()); }
  Bytes bytes() const { return bytes_; }
  wire::Digests digests() const { return digests_; }

  /// Empty when the PDU has no such part.
  MutableBytes part(Part part);
  /// The same as a number of bytes.
  std::size_t length_of(Part part) const;

  /// Makes the digests right for what the bytes are now.
  void repair_digests();

  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::pair<std::size_t, std::size_t> place_of(Part part) const;  // offset, length
  std::size_t data_at() const { return head_length_ + (digests_.header ? wire::kDigestSize : 0); }
  std::size_t data_length() const { return data_length_; }

  std::vector<std::byte> bytes_;
  wire::Digests digests_;
  // As they were framed: damage to the header does not move them.
  std::size_t head_length_;
  std::size_t data_length_;
};

}  // namespace lunway::proxy
