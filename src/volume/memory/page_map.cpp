// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/memory/page_map.h"

#include <algorithm>

namespace lunway::volume {
namespace {

/// Ones from bit `first` up to, but not including, bit `end`.
std::uint64_t bits_between(std::uint64_t first, std::uint64_t end) {
  const std::uint64_t upper = end >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << end) - 1;
  return upper & ~((std::uint64_t{1} << first) - 1);
}

}  // namespace

void PageMap::mark(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const std::uint64_t end = (offset + length - 1) / kPage + 1;
  for (std::uint64_t page = offset / kPage; page < end; page = (page / kBits + 1) * kBits) {
    const std::uint64_t bits = bits_between(page % kBits, std::min(end - page / kBits * kBits, kBits));
    Word& word = words_[page / kBits];
    // Mostly they are set: then the cache line stays shared.
    if ((word.load(std::memory_order_relaxed) & bits) != bits) word.fetch_or(bits);
  }
}

void PageMap::clear(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = (offset + length) / kPage;
  for (std::uint64_t page = (offset + kPage - 1) / kPage; page < end; page = (page / kBits + 1) * kBits) {
    words_[page / kBits].fetch_and(~bits_between(page % kBits, std::min(end - page / kBits * kBits, kBits)));
  }
}

/// The first page after `page` that differs from it, or `end`.
std::uint64_t PageMap::end_of_run(std::uint64_t page, std::uint64_t end) const {
  const bool marked = is_marked(page);
  const std::uint64_t uniform = marked ? ~std::uint64_t{0} : 0;
  while (page < end && is_marked(page) == marked) {
    const bool skips = page % kBits == 0 && words_[page / kBits].load() == uniform;
    page += skips ? kBits : 1;
  }
  return std::min(page, end);
}

void PageMap::fill(std::uint64_t offset, std::uint64_t length, std::span<Extent> extents) const {
  const std::uint64_t end = offset + length;
  for (Extent& extent : extents) {
    if (offset == end) return;
    const std::uint64_t run = end_of_run(offset / kPage, (end - 1) / kPage + 1);
    const std::uint64_t stop = std::min(run * kPage, end);
    extent = {.offset = offset, .length = stop - offset, .has_space = is_marked(offset / kPage)};
    offset = stop;
  }
}

}  // namespace lunway::volume
