// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/token_mover.h"

#include <algorithm>
#include <utility>

#include "scsi/commands/pieces.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {

void TokenMover::begin(TokenMove move) {
  move_ = std::move(move);
  stage_ = Stage::begins;
  moved_ = 0;
}

std::optional<Step> TokenMover::next(BlockMemory& memory) {
  switch (stage_) {
    case Stage::begins:
      return next_piece(memory);
    case Stage::reads:
      if (aside_from_) copy_bytes(MutableBytes(memory).subspan(filled_, adds_), Bytes(aside_).subspan(*aside_from_));
      filled_ += adds_;
      return fill(memory);
    case Stage::writes:
      moved_ += piece_.length;
      return next_piece(memory);
    case Stage::flushes:
      break;
  }
  return std::nullopt;
}

std::optional<Step> TokenMover::next_piece(BlockMemory& memory) {
  const UnitState& destination = move_.destination->state();
  if (moved_ == move_.length) {
    if (move_.length == 0 || !destination.writes_through()) return std::nullopt;
    stage_ = Stage::flushes;
    return Access{.verb = Access::Verb::flush, .unit = move_.destination};
  }
  const bool zeroes = move_.source == nullptr && destination.options.can_zero;
  piece_ = place_in(move_.to, moved_);
  piece_.length = std::min({piece_.length, move_.length - moved_, zeroes ? kMaxWriteSameBytes : kPieceBytes});
  if (zeroes) {
    stage_ = Stage::writes;
    return Access{.verb = Access::Verb::zero,
                  .offset = piece_.offset,
                  .length = piece_.length,
                  .memory = {},
                  .unit = move_.destination};
  }
  memory.resize(static_cast<std::size_t>(piece_.length));
  filled_ = 0;
  return fill(memory);
}

/// Reads what the piece still lacks, or writes it.
Step TokenMover::fill(BlockMemory& memory) {
  const ByteRange from = move_.source == nullptr ? ByteRange{} : place_in(move_.from, move_.offset + moved_ + filled_);
  const MutableBytes rest = MutableBytes(memory).subspan(static_cast<std::size_t>(filled_));
  if (rest.empty() || from.length == 0) {
    std::ranges::fill(rest, std::byte{});
    stage_ = Stage::writes;
    return Access{.verb = Access::Verb::write,
                  .offset = piece_.offset,
                  .length = piece_.length,
                  .memory = memory,
                  .unit = move_.destination};
  }
  const std::uint64_t block = move_.source->block_size();
  const std::uint64_t into_block = from.offset % block;
  const std::uint64_t most = std::min<std::uint64_t>(from.length, rest.size());
  // Memory for an access begins with a block.
  if (into_block == 0 && most >= block && filled_ % block == 0) {
    aside_from_.reset();
    adds_ = most - most % block;
    return read(from.offset, rest.first(static_cast<std::size_t>(adds_)));
  }
  aside_from_ = static_cast<std::size_t>(into_block);
  adds_ = std::min(most, block - into_block);
  aside_.resize(static_cast<std::size_t>(block));
  return read(from.offset - into_block, aside_);
}

Step TokenMover::read(std::uint64_t offset, MutableBytes memory) {
  stage_ = Stage::reads;
  return Access{
      .verb = Access::Verb::read, .offset = offset, .length = memory.size(), .memory = memory, .unit = move_.source};
}

ByteRange TokenMover::place_in(const std::vector<ByteRange>& ranges, std::uint64_t offset) {
  for (const ByteRange& range : ranges) {
    if (offset < range.length) return {.offset = range.offset + offset, .length = range.length - offset};
    offset -= range.length;
  }
  return {};
}

}  // namespace lunway::scsi
