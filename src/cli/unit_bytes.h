// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A logical unit as bytes: reads and writes at any offset and of any length, on top of whole blocks.

#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "cli/peer.h"

namespace lunway::cli {

/// Both check against the capacity first: beyond it nothing is read or written. Blocking.
Outcome<> read_bytes(Unit& unit, std::uint64_t offset, MutableBytes into);

/// A block that is only written in part is read first; nobody else may write to it meanwhile.
Outcome<> write_bytes(Unit& unit, std::uint64_t offset, Bytes from);

/// Says that `length` bytes from `offset` do not fit, in terms of the unit's size.
Outcome<> check_range(const Unit& unit, std::uint64_t offset, std::uint64_t length);

}  // namespace lunway::cli
