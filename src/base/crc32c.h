// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CRC32C, the checksum of header and data digests.
//= rfc7143#13.1

#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace lunway {

/// A CRC32C over bytes that arrive in pieces. Copyable; cheap.
class Crc32c {
 public:
  void update(Bytes piece);

  /// The checksum of all pieces so far.
  std::uint32_t value() const { return ~state_; }

  /// The checksum as the four bytes that go on the wire after the data (RFC 7143, figure of section 11.2.3: the
  /// remainder's most significant bit first within reflected bytes, which is little-endian order of value()).
  std::array<std::byte, 4> wire_bytes() const;

 private:
  std::uint32_t state_ = 0xffffffffU;
};

inline std::uint32_t crc32c(Bytes data) {
  Crc32c crc;
  crc.update(data);
  return crc.value();
}

}  // namespace lunway
