// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A file operation as a value: what a volume asks of whoever owns a ring. A volume thus knows no ring, and the
// simulator can stand in for any disk.

#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/extent.h"

namespace lunway {

struct IoOp {
  enum class Kind : std::uint8_t {
    read,       // all of `memory` from `offset`
    write,      // all of `memory` to `offset`
    sync_data,  // what was written before is durable afterwards (fdatasync)
    punch,      // `length` bytes from `offset` give their space back and read as zero
    zero,       // `length` bytes from `offset` read as zero
    map,        // says of `length` bytes from `offset` which have space, in `extents`
  };

  Kind kind = Kind::read;
  int descriptor = -1;
  std::uint64_t offset = 0;
  /// Bytes affected: for read and write equal to memory.size(); unused by sync_data.
  std::uint64_t length = 0;
  /// Where read puts and write takes its bytes. It stays valid until the operation has ended.
  MutableBytes memory;
  /// For map, all of length 0 before: filled from the front, without gaps, as far as they reach. It stays valid as long
  /// as memory.
  std::span<Extent> extents = {};
};

}  // namespace lunway
