// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Work on a long range piece by piece, through memory of a bounded size.

#pragma once

#include <algorithm>
#include <cstdint>

#include "scsi/execution.h"

namespace lunway::scsi {

/// The most memory that a command takes for one access of its own. A multiple of every block size.
inline constexpr std::uint64_t kPieceBytes = 256U << 10;

struct Piece {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The piece after Execution::progress bytes of the command's range; of length 0 at the end.
inline Piece next_piece(const Execution& execution) {
  return {.offset = execution.offset + execution.progress,
          .length = std::min(kPieceBytes, execution.length - execution.progress)};
}

inline Access read_piece(const Piece& piece, MutableBytes memory) {
  return {.verb = Access::Verb::read, .offset = piece.offset, .length = piece.length, .memory = memory};
}

inline Access write_piece(const Piece& piece, MutableBytes memory) {
  return {.verb = Access::Verb::write, .offset = piece.offset, .length = piece.length, .memory = memory};
}

/// Flushes everything; what the command wrote is durable afterwards.
inline Access flush_range(const Execution& execution) {
  return {.verb = Access::Verb::flush, .offset = execution.offset, .length = execution.length, .memory = {}};
}

}  // namespace lunway::scsi
