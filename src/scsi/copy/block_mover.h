// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Moves a range of blocks from one logical unit to another, or within one, piece by piece: each piece is read and
// written by an access of its own, which holds its blocks while it lasts and no longer. So no copy ever waits for
// blocks while it holds others, and copies in opposite directions cannot lock each other out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/block_memory.h"
#include "scsi/step.h"

namespace lunway::scsi {

class LogicalUnit;

struct BlockMove {
  const LogicalUnit* source = nullptr;
  const LogicalUnit* destination = nullptr;
  std::uint64_t source_offset = 0;
  std::uint64_t destination_offset = 0;
  /// In bytes, whole blocks of both.
  std::uint64_t length = 0;
};

class BlockMover {
 public:
  /// A range that meets itself is moved from its end where that is needed, as if all of it were read first.
  void begin(const BlockMove& move);

  /// What comes next, the step before having succeeded; nothing when all is there, and durable where the destination
  /// promises that.
  std::optional<Step> next(BlockMemory& memory);

  std::uint64_t moved() const { return moved_; }
  std::uint64_t left() const { return move_.length - moved_; }
  /// The step under way is the destination's.
  bool is_at_destination() const { return stage_ != Stage::reads; }

 private:
  enum class Stage : std::uint8_t { begins, reads, writes, flushes };

  Step write(BlockMemory& memory);
  std::optional<Step> next_piece(BlockMemory& memory);
  std::uint64_t place() const { return is_backwards_ ? move_.length - moved_ - piece_ : moved_; }

  BlockMove move_;
  bool is_backwards_ = false;
  Stage stage_ = Stage::begins;
  std::uint64_t moved_ = 0;
  std::uint64_t piece_ = 0;
};

}  // namespace lunway::scsi
