// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A list of pieces on its way out: where it stands after a short send.

#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

namespace lunway::runtime {

/// Walks over an array of iovecs that the caller owns and keeps alive. The array is changed: a piece that went out in
/// part begins later and is shorter afterwards.
class Gather {
 public:
  Gather() = default;
  explicit Gather(std::span<iovec> pieces) : rest_(pieces) { drop_empty_pieces(); }

  bool is_empty() const { return rest_.empty(); }

  /// As many of the remaining pieces as one system call takes.
  std::span<iovec> window() const { return rest_.first(rest_.size() < kPiecesMax ? rest_.size() : kPiecesMax); }

  /// The first `count` bytes of the rest are out. `count` is at most what window() holds.
  void advance(std::size_t count);

 private:
  /// What Linux takes in one call (IOV_MAX).
  static constexpr std::size_t kPiecesMax = 1024;

  void drop_empty_pieces();

  std::span<iovec> rest_;
};

}  // namespace lunway::runtime
