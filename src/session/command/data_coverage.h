// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which bytes of a transfer are here. As long as they come in order this is one number; with DataPDUInOrder=No or
// DataSequenceInOrder=No islands of data form ahead of it, and are joined as the gaps between them fill.
//= rfc7143#13.18
//= rfc7143#13.19

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lunway::session {

class DataCoverage {
 public:
  /// More islands than this are not kept: who scatters the data of one transfer so widely wants our memory.
  static constexpr std::size_t kMaxIslands = 1024;

  /// All bytes before `offset` count as here, and no other. Keeps the memory of the islands for the next transfer.
  void begin(std::uint32_t offset);

  /// Whether some of these bytes are here already. The end of the range is below 2^32.
  bool overlaps(std::uint32_t offset, std::uint32_t length) const;

  /// The bytes have come, the same ones again or not. False, and nothing changes, when there would be too many islands.
  bool add(std::uint32_t offset, std::uint32_t length);

  /// Whether add() would be true.
  bool has_room_for(std::uint32_t offset, std::uint32_t length) const;

  /// All bytes before it are here.
  std::uint32_t contiguous_end() const { return contiguous_end_; }
  /// No byte at it or behind is here.
  std::uint32_t highest_end() const { return islands_.empty() ? contiguous_end_ : islands_.back().end; }
  /// How many bytes are here, those before begin() included.
  std::uint32_t count() const { return count_; }

 private:
  struct Island {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  /// The first island that ends at `offset` or behind it.
  std::vector<Island>::const_iterator first_reaching(std::uint32_t offset) const;

  std::uint32_t contiguous_end_ = 0;
  std::uint32_t count_ = 0;
  /// In order, with gaps between them and before the first.
  std::vector<Island> islands_;
};

}  // namespace lunway::session
