// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/block_mover.h"

#include <algorithm>

#include "scsi/commands/pieces.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {

void BlockMover::begin(const BlockMove& move) {
  move_ = move;
  stage_ = Stage::begins;
  moved_ = 0;
  piece_ = 0;
  is_backwards_ = move.source == move.destination && move.source_offset < move.destination_offset;
}

std::optional<Step> BlockMover::next(BlockMemory& memory) {
  switch (stage_) {
    case Stage::begins:
      return next_piece(memory);
    case Stage::reads:
      return write(memory);
    case Stage::writes:
      moved_ += piece_;
      return next_piece(memory);
    case Stage::flushes:
      break;
  }
  return std::nullopt;
}

std::optional<Step> BlockMover::next_piece(BlockMemory& memory) {
  const UnitState& destination = move_.destination->state();
  if (left() == 0) {
    if (move_.length == 0 || !destination.writes_through()) return std::nullopt;
    stage_ = Stage::flushes;
    return Access{.verb = Access::Verb::flush, .unit = move_.destination};
  }
  piece_ = std::min(left(), kPieceBytes);
  memory.resize(static_cast<std::size_t>(piece_));
  stage_ = Stage::reads;
  return Access{.verb = Access::Verb::read,
                .offset = move_.source_offset + place(),
                .length = piece_,
                .memory = memory,
                .unit = move_.source};
}

Step BlockMover::write(BlockMemory& memory) {
  stage_ = Stage::writes;
  return Access{.verb = Access::Verb::write,
                .offset = move_.destination_offset + place(),
                .length = piece_,
                .memory = memory,
                .unit = move_.destination};
}

}  // namespace lunway::scsi
