// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Copies `length` bytes from one side to the other, both from offset zero. What is zero is not sent.

#pragma once

#include <cstdint>
#include <vector>

#include "cli/progress.h"
#include "cli/transfer/lanes.h"
#include "cli/transfer/side.h"

namespace lunway::cli {

/// Bytes a lane reads and writes at a time.
inline constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

class Copier {
 public:
  Copier(Side& from, Side& to, std::uint64_t length, unsigned depth, Progress& progress);

  Outcome<> run();

  /// How much of the length was made zero instead of being sent.
  std::uint64_t zero_bytes() const { return zero_bytes_; }

 private:
  bool start(std::size_t lane);
  void move_data(std::size_t lane, std::uint64_t offset, std::uint64_t count);
  void make_zero(std::size_t lane, std::uint64_t offset, std::uint64_t count);
  void end(std::size_t lane, std::uint64_t count, Outcome<> outcome);
  Outcome<> copy_tail();

  Side& from_;
  Side& to_;
  std::uint64_t length_;
  std::uint64_t whole_;  // the part of the length that is whole blocks on both sides
  Progress& progress_;
  Lanes lanes_;
  std::vector<std::vector<std::byte>> buffers_;  // one a lane
  std::uint64_t next_ = 0;
  std::uint64_t data_begin_ = 0, data_end_ = 0;  // the source's range of data that `next_` is in or in front of
  std::uint64_t zero_bytes_ = 0;
};

/// Reads both sides and compares. The failure names the first offset that differs of those that were looked at.
Outcome<> verify(Side& from, Side& to, std::uint64_t length, unsigned depth, Progress& progress);

}  // namespace lunway::cli
