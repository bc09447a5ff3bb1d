// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Writes what a token stands for: ranges of one logical unit, one after the other, to ranges of another, piece by
// piece. Each access holds its blocks while it lasts and no longer, as those of BlockMover. The two may have blocks of
// different sizes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/block_memory.h"
#include "scsi/copy/rod_tokens.h"
#include "scsi/step.h"

namespace lunway::scsi {

class LogicalUnit;

struct TokenMove {
  /// Null: zeros, whatever `from` says.
  const LogicalUnit* source = nullptr;
  std::vector<ByteRange> from = {};
  /// Where in `from` it begins, in bytes; a multiple of the destination's blocks.
  std::uint64_t offset = 0;
  const LogicalUnit* destination = nullptr;
  /// Whole blocks of the destination.
  std::vector<ByteRange> to = {};
  /// How much of `to` is written. What `from` has not enough for is zeros.
  std::uint64_t length = 0;
};

class TokenMover {
 public:
  void begin(TokenMove move);

  /// What comes next, the step before having succeeded; nothing when all is there, and durable where the destination
  /// promises that.
  std::optional<Step> next(BlockMemory& memory);

  std::uint64_t moved() const { return moved_; }
  /// The step under way is a read of the source.
  bool is_at_source() const { return stage_ == Stage::reads; }

 private:
  enum class Stage : std::uint8_t { begins, reads, writes, flushes };

  /// Where a byte of a list of ranges is, and how many follow it there.
  static ByteRange place_in(const std::vector<ByteRange>& ranges, std::uint64_t offset);

  std::optional<Step> next_piece(BlockMemory& memory);
  Step fill(BlockMemory& memory);
  Step read(std::uint64_t offset, MutableBytes memory);

  TokenMove move_;
  Stage stage_ = Stage::begins;
  std::uint64_t moved_ = 0;
  /// Where the piece under way goes, and how much of it is in memory.
  ByteRange piece_;
  std::uint64_t filled_ = 0;
  /// What the read under way adds to the piece. Where that is not whole blocks of the source, one block is read aside.
  std::uint64_t adds_ = 0;
  std::optional<std::size_t> aside_from_;
  BlockMemory aside_;
};

}  // namespace lunway::scsi
