// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace lunway::runtime {

namespace {

std::uint8_t order_for(std::size_t size) {
  const std::size_t pages = (size + BufferPool::kAlignment - 1) / BufferPool::kAlignment;
  return static_cast<std::uint8_t>(std::bit_width(pages - 1));
}

constexpr std::uint32_t pages_in(std::uint8_t order) { return std::uint32_t{1} << order; }
constexpr std::size_t bytes_in(std::uint8_t order) { return BufferPool::kAlignment << order; }

}  // namespace

Result<BufferPool> BufferPool::make(const Options& options) {
  if (options.budget_bytes > kBudgetBytesMax) return failure(EINVAL, "a buffer pool holds at most 1 TiB");
  const std::size_t budget = std::bit_ceil(std::max(options.budget_bytes, kAlignment));
  void* region = ::mmap(nullptr, budget, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) return system_failure(errno, "reserving " + std::to_string(budget) + " bytes for buffers");
  return BufferPool(static_cast<std::byte*>(region), budget / kAlignment, options.keep_bytes);
}

BufferPool::BufferPool(std::byte* region, std::size_t page_count, std::size_t keep_bytes)
    : region_(region), keep_bytes_(keep_bytes), pages_(page_count) {
  const auto top = static_cast<std::uint8_t>(std::bit_width(page_count) - 1);
  free_heads_.assign(std::size_t{top} + 1, kNone);
  push_free(0, top);
}

BufferPool::BufferPool(BufferPool&& other) noexcept
    : region_(std::exchange(other.region_, nullptr)),
      keep_bytes_(other.keep_bytes_),
      pages_(std::move(other.pages_)),
      free_heads_(std::move(other.free_heads_)),
      statistics_(other.statistics_) {
  assert(statistics_.in_use_buffers == 0 && "buffers know their pool by its address");
}

BufferPool::~BufferPool() {
  if (region_ == nullptr) return;
  assert(statistics_.in_use_buffers == 0 && "a buffer must not outlive its pool");
  ::munmap(region_, budget_bytes());
}

Buffer BufferPool::acquire(std::size_t size) {
  assert(size != 0);
  if (size > budget_bytes()) {
    ++statistics_.refused;
    return {};
  }
  const std::uint8_t order = order_for(size);
  std::uint8_t found = order;
  while (found < free_heads_.size() && free_heads_[found] == kNone) ++found;
  if (found == free_heads_.size()) {
    ++statistics_.refused;
    return {};
  }

  const std::uint32_t page = free_heads_[found];
  pop_free(page);
  while (found != order) {  // the upper halves stay free
    --found;
    push_free(page + pages_in(found), found);
  }

  take_from_kept(page, order);
  statistics_.in_use_bytes += bytes_in(order);
  statistics_.in_use_buffers += 1;
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.in_use_bytes);
  return Buffer(*this, region_ + std::size_t{page} * kAlignment, size, order);
}

void BufferPool::release(std::byte* data, std::uint8_t order) {
  auto page = static_cast<std::uint32_t>(static_cast<std::size_t>(data - region_) / kAlignment);
  statistics_.in_use_bytes -= bytes_in(order);
  statistics_.in_use_buffers -= 1;
  keep_or_give_back(page, order);

  for (; order + 1U < free_heads_.size(); ++order) {
    const std::uint32_t buddy = page ^ pages_in(order);
    if (!pages_[buddy].is_free_head || pages_[buddy].order != order) break;
    pop_free(buddy);
    page = std::min(page, buddy);
  }
  push_free(page, order);
}

void BufferPool::take_from_kept(std::uint32_t page, std::uint8_t order) {
  for (Page& each : std::span(pages_).subspan(page, pages_in(order))) {
    if (each.is_warm) statistics_.kept_bytes -= kAlignment;
    each.is_warm = false;
  }
}

void BufferPool::keep_or_give_back(std::uint32_t page, std::uint8_t order) {
  if (statistics_.kept_bytes + bytes_in(order) > keep_bytes_) {
    ::madvise(region_ + std::size_t{page} * kAlignment, bytes_in(order), MADV_DONTNEED);
    return;
  }
  statistics_.kept_bytes += bytes_in(order);
  for (Page& each : std::span(pages_).subspan(page, pages_in(order))) each.is_warm = true;
}

void BufferPool::push_free(std::uint32_t page, std::uint8_t order) {
  const std::uint32_t next = free_heads_[order];
  pages_[page].order = order;
  pages_[page].is_free_head = true;
  pages_[page].previous = kNone;
  pages_[page].next = next;
  if (next != kNone) pages_[next].previous = page;
  free_heads_[order] = page;
}

void BufferPool::pop_free(std::uint32_t page) {
  Page& block = pages_[page];
  block.is_free_head = false;
  if (block.next != kNone) pages_[block.next].previous = block.previous;
  (block.previous != kNone ? pages_[block.previous].next : free_heads_[block.order]) = block.next;
}

}  // namespace lunway::runtime
