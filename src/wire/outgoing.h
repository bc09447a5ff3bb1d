// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A PDU on its way out: what is needed to hand it to a socket without copying its data.
//= rfc7143#11.2

#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "wire/digest.h"
#include "wire/header.h"

namespace lunway::wire {

/// A list of the pieces of one PDU in the order of the wire; none is empty.
class PieceList {
 public:
  /// Header with digest, data, more data, tail; or with an AHS: header, AHS, digest, data, more data, tail.
  static constexpr std::size_t kMaxPieces = 6;

  const Bytes* begin() const { return pieces_.data(); }
  const Bytes* end() const { return pieces_.data() + count_; }
  std::size_t size() const { return count_; }
  const Bytes& operator[](std::size_t index) const { return pieces_[index]; }

  void add(Bytes piece) {
    if (!piece.empty()) pieces_[count_++] = piece;
  }

 private:
  std::array<Bytes, kMaxPieces> pieces_;
  std::size_t count_ = 0;
};

/// Owns the header, the digests and the padding of a PDU; looks at its AHS and data, which stay with their owner and do
/// not change until the PDU has been sent. Allocates nothing and may be copied.
class EncodedPdu {
 public:
  /// Sets TotalAHSLength and DataSegmentLength in `header`, and computes the digests that are on. The data segment is
  /// `data` followed by `more_data`, at most kMaxDataSegmentLength bytes. `ahs` has a multiple of 4 bytes, at most
  /// 1020.
  EncodedPdu(const Header& header, Bytes ahs, Bytes data, Bytes more_data, Digests digests);
  EncodedPdu(const Header& header, Bytes data, Digests digests) : EncodedPdu(header, {}, data, {}, digests) {}

  HeaderView header() const { return HeaderView(head_.data(), kHeaderSize); }

  /// The bytes to send. They point into this object: it stays where it is until they are sent.
  PieceList pieces() const;

  /// The sum of all pieces.
  std::size_t size() const;

 private:
  static constexpr std::size_t kMaxPadding = kWordSize - 1;

  // The header and, in the last four bytes, its digest. Without AHS they leave as one piece.
  std::array<std::byte, kHeaderSize + kDigestSize> head_{};
  // Padding and data digest.
  std::array<std::byte, kMaxPadding + kDigestSize> tail_{};
  std::uint8_t tail_size_ = 0;
  bool has_header_digest_;
  Bytes ahs_;
  Bytes data_;
  Bytes more_data_;
};

}  // namespace lunway::wire
