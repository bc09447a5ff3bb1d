// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What each block of a range may hold, so that every read can be judged: blocks are filled with bytes that only their
// seed, their address and the number of the write explain.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace lunway::cli {

/// The range is cut into slots of one command's length. One command at a time may use a slot; who calls sees to that.
///
/// A write that was answered has happened. One that was aborted has happened or not, block by block: until the next
/// answered write each block may hold what any write since the last answered one has put there. That holds because a
/// target answers an abort only when the command can no longer touch the medium (RFC 7143, 4.2.3.3).
class Stamps {
 public:
  struct Shape {
    std::uint64_t seed = 0;
    std::uint64_t first_lba = 0;
    std::uint64_t slots = 0;
    std::uint32_t blocks_in_slot = 1;
    std::uint32_t block_bytes = 512;
  };

  explicit Stamps(const Shape& shape) : shape_(shape), slots_(shape.slots) {}

  std::uint64_t slots() const { return shape_.slots; }

  /// Fills `data`, a slot's length, with what the write that begins now puts there.
  void begin_write(std::uint64_t slot, MutableBytes data);
  /// That write was answered with GOOD. Without this call it may or may not have happened.
  void wrote(std::uint64_t slot) { slots_[slot].certain = slots_[slot].latest; }

  /// Whether anything is known of the slot: some write to it was answered.
  bool is_known(std::uint64_t slot) const { return slots_[slot].certain != 0; }

  /// What is wrong with `data` that was read from the slot, in one sentence: the first block that holds what no write
  /// explains. Nothing is wrong with a slot that is not known.
  std::optional<std::string> judge(std::uint64_t slot, Bytes data) const;

 private:
  /// Writes of a slot are counted from one.
  struct Slot {
    std::uint32_t certain = 0;  // the last that was answered
    std::uint32_t latest = 0;   // the last that was begun
  };

  std::uint64_t lba(std::uint64_t slot, std::uint32_t block) const {
    return shape_.first_lba + slot * shape_.blocks_in_slot + block;
  }
  void fill(std::uint64_t lba, std::uint32_t write, MutableBytes block) const;
  bool is_filled(std::uint64_t lba, std::uint32_t write, Bytes block) const;

  Shape shape_;
  std::vector<Slot> slots_;
};

}  // namespace lunway::cli
