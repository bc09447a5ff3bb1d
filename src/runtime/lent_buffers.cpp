// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/lent_buffers.h"

#include <sys/mman.h>

#include <cerrno>

namespace lunway::runtime {

namespace {

constexpr std::size_t kRingBytes = LentBuffers::kCount * sizeof(io_uring_buf);
constexpr std::size_t kMemoryBytes = std::size_t{LentBuffers::kCount} * LentBuffers::kSize;

void* map_pages(std::size_t size) {
  void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

}  // namespace

LentBuffers::~LentBuffers() {
  if (ring_ != nullptr) ::munmap(ring_, kRingBytes);
  if (memory_ != nullptr) ::munmap(memory_, kMemoryBytes);
}

Result<> LentBuffers::register_with(io_uring& ring) {
  ring_ = static_cast<io_uring_buf_ring*>(map_pages(kRingBytes));
  memory_ = static_cast<std::byte*>(map_pages(kMemoryBytes));
  if (ring_ == nullptr || memory_ == nullptr) return system_failure(ENOMEM, "reserving receive buffers");

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
  registration.ring_entries = kCount;
  registration.bgid = kGroup;
  if (const int answer = ::io_uring_register_buf_ring(&ring, &registration, 0); answer < 0) {
    return system_failure(-answer, "io_uring lacks provided buffer rings, which came with Linux 5.19");
  }
  ::io_uring_buf_ring_init(ring_);
  for (unsigned short id = 0; id < kCount; ++id) give_back(id);
  return {};
}

void LentBuffers::give_back(unsigned short id) {
  ::io_uring_buf_ring_add(ring_, memory_ + std::size_t{id} * kSize, kSize, id, ::io_uring_buf_ring_mask(kCount), 0);
  ::io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace lunway::runtime
