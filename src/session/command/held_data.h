// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Room for data that comes before it has a place: behind a gap of the CmdSN order, or before the owner has said where
// it goes. A bounded number of blocks, each large enough for all the unsolicited data of a command; they are allocated
// when they are needed first, and kept.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lunway::session {

class HeldData {
 public:
  /// At least one block, and as many as fit into `total_bytes`.
  HeldData(std::size_t block_bytes, std::size_t total_bytes)
      : block_bytes_(block_bytes), most_(total_bytes < block_bytes ? 1 : total_bytes / block_bytes) {}

  std::size_t block_bytes() const { return block_bytes_; }

  /// A block, or null when all are in use.
  std::byte* take() { return in_use() < most_ ? take_in_any_case() : nullptr; }

  /// A block even then. Whoever takes one must stop its source of data while is_over_limit().
  std::byte* take_in_any_case() {
    if (free_.empty()) {
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_bytes_));
      free_.push_back(blocks_.back().get());
    }
    std::byte* block = free_.back();
    free_.pop_back();
    return block;
  }

  void give_back(std::byte* block) { free_.push_back(block); }

  /// Gives all blocks back, when none is in use.
  void shrink() {
    if (in_use() != 0) return;
    blocks_.clear();
    free_.clear();
  }

  std::size_t in_use() const { return blocks_.size() - free_.size(); }
  bool is_over_limit() const { return in_use() > most_; }

 private:
  std::size_t block_bytes_;
  std::size_t most_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::vector<std::byte*> free_;
};

}  // namespace lunway::session
