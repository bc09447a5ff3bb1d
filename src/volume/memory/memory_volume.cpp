// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "volume/memory/memory_volume.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <limits>
#include <string>

namespace lunway::volume {
namespace {

constexpr std::uintptr_t kPage = PageMap::kPage;

constexpr std::size_t kCacheLineBytes = 64;

/// Beyond that the processor sees by itself what comes next, and a batch would push its own first bytes out again.
constexpr std::uint64_t kMaxPrefetchedBytes = 16U << 10;

/// Whole pages go back to the system and come again as zeros; what is left at both ends is written.
void zero_and_give_back(MutableBytes range) {
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  const std::size_t head = std::min(range.size(), static_cast<std::size_t>((kPage - begin % kPage) % kPage));
  const std::size_t pages = (range.size() - head) / kPage * kPage;
  const MutableBytes middle = range.subspan(head, pages);
  std::ranges::fill(range.first(head), std::byte{});
  if (pages != 0 && madvise(middle.data(), pages, MADV_DONTNEED) != 0) std::ranges::fill(middle, std::byte{});
  std::ranges::fill(range.subspan(head + pages), std::byte{});
}

/// Zeros that cost nothing until they are written; null when there is no room.
void* reserve(std::uint64_t size_bytes) {
  void* const memory = mmap(nullptr, static_cast<std::size_t>(size_bytes), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

Result<std::unique_ptr<MemoryVolume>> MemoryVolume::create(std::uint64_t size_bytes) {
  assert(size_bytes > 0);
  if (size_bytes > std::numeric_limits<std::size_t>::max() / 2) {
    return failure(EINVAL, "a memory volume of " + std::to_string(size_bytes) + " bytes fits into no address space");
  }
  const std::size_t words = PageMap::words_for(size_bytes);
  void* const memory = reserve(size_bytes);
  void* const map = memory == nullptr ? nullptr : reserve(words * sizeof(PageMap::Word));
  if (map == nullptr) {
    const int code = errno;
    if (memory != nullptr) munmap(memory, static_cast<std::size_t>(size_bytes));
    return system_failure(code, "reserving " + std::to_string(size_bytes) + " bytes for a memory volume");
  }
  return std::unique_ptr<MemoryVolume>(
      new MemoryVolume({static_cast<std::byte*>(memory), static_cast<std::size_t>(size_bytes)},
                       {static_cast<PageMap::Word*>(map), words}));
}

MemoryVolume::~MemoryVolume() {
  munmap(memory_.data(), memory_.size());
  munmap(words_.data(), words_.size_bytes());
}

/// A request of a few pages, for random access: the processor cannot guess where it will be. All of what a batch of
/// commands asks for comes from memory at the same time, not one after the other.
bool MemoryVolume::prefetch(const VolumeRequest& request) const {
  if (request.length > kMaxPrefetchedBytes) return false;
  const std::byte* const begin = memory_.data() + request.offset;
#pragma GCC unroll 8
  for (std::uint64_t at = 0; at < request.length; at += kCacheLineBytes) __builtin_prefetch(begin + at, 0, 2);
  return true;
}

Started MemoryVolume::start(const VolumeRequest& request) {
  assert(contains(request.offset, request.length));
  const MutableBytes range = memory_.subspan(request.offset, request.length);
  switch (request.verb) {
    case VolumeRequest::Verb::read:
      assert(request.buffer.size() == request.length);
      copy_bytes(request.buffer, range);
      break;
    case VolumeRequest::Verb::write:
      assert(request.buffer.size() == request.length);
      pages_.mark(request.offset, request.length);
      copy_bytes(range, request.buffer);
      break;
    case VolumeRequest::Verb::flush:
      break;
    case VolumeRequest::Verb::discard:
    case VolumeRequest::Verb::zero:
      zero_and_give_back(range);
      pages_.clear(request.offset, request.length);
      break;
    case VolumeRequest::Verb::map:
      pages_.fill(request.offset, request.length, request.extents);
      break;
  }
  return Result<void>{};
}

}  // namespace lunway::volume
