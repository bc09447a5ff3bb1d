// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which pages of a memory volume hold something: one bit a page. The kernel's own account will not do, for a page that
// was swapped out, or only read, looks there as if it were something else.

#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "base/extent.h"

namespace lunway::volume {

/// Threads: any. Whoever marks and clears the same page at the same time gets one of the two.
class PageMap {
 public:
  static constexpr std::uint64_t kPage = 4096;
  using Word = std::atomic<std::uint64_t>;

  /// The words that a map of so many bytes of volume needs.
  static constexpr std::uint64_t words_for(std::uint64_t size_bytes) {
    return (size_bytes / kPage + (size_bytes % kPage != 0 ? 1 : 0) + kBits - 1) / kBits;
  }

  /// `words` are zero: nothing holds anything.
  explicit PageMap(std::span<Word> words) : words_(words) {}

  /// Every page that the range touches holds something.
  void mark(std::uint64_t offset, std::uint64_t length);
  /// Every page that lies wholly inside the range holds nothing.
  void clear(std::uint64_t offset, std::uint64_t length);
  /// The runs of the range, as VolumeRequest::extents wants them.
  void fill(std::uint64_t offset, std::uint64_t length, std::span<Extent> extents) const;

 private:
  static constexpr std::uint64_t kBits = 64;

  bool is_marked(std::uint64_t page) const { return (words_[page / kBits].load() >> (page % kBits) & 1U) != 0; }
  std::uint64_t end_of_run(std::uint64_t page, std::uint64_t end) const;

  std::span<Word> words_;
};

}  // namespace lunway::volume
