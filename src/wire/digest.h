// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Header and data digests on the wire.
//= rfc7143#11.2.3

#pragma once

#include "base/bytes.h"
#include "base/crc32c.h"

namespace lunway::wire {

inline constexpr std::size_t kDigestSize = 4;

/// Which digests a connection carries: CRC32C or none, negotiated apart.
struct Digests {
  bool header = false;
  bool data = false;

  friend bool operator==(Digests, Digests) = default;
};

/// True when `digest`, the four bytes as received, belongs to what `crc` has seen.
inline bool matches(const Crc32c& crc, Bytes digest) {
  const auto expected = crc.wire_bytes();
  return digest.size() == kDigestSize && std::memcmp(expected.data(), digest.data(), kDigestSize) == 0;
}

}  // namespace lunway::wire
