// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/device/virtual_disk.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lunway::simulator {
namespace {

IoOp::Kind kind_of(volume::VolumeRequest::Verb verb) {
  using Verb = volume::VolumeRequest::Verb;
  assert(verb == Verb::read || verb == Verb::write || verb == Verb::flush);
  if (verb == Verb::read) return IoOp::Kind::read;
  return verb == Verb::write ? IoOp::Kind::write : IoOp::Kind::sync_data;
}

}  // namespace

VirtualDisk::VirtualDisk(EventQueue& events, Random random, std::uint64_t blocks, std::uint32_t block_size,
                         bool volatile_cache, Duration slowest)
    : events_(events),
      random_(random),
      block_size_(block_size),
      slowest_(slowest),
      blocks_(blocks, Block{Content(block_size), {}}) {
  traits_.has_volatile_cache = volatile_cache;
}

volume::Started VirtualDisk::start(const volume::VolumeRequest& request) {
  assert(contains(request.offset, request.length));
  const IoOp op{
      .kind = kind_of(request.verb), .offset = request.offset, .length = request.length, .memory = request.buffer};
  if (!random_.one_in(3)) return op;
  Operation at_once{op, std::vector<bool>(request.length / block_size_), {}};
  touch_rest(at_once);
  if (op.kind == IoOp::Kind::sync_data) flush();
  return Result<void>{};
}

void VirtualDisk::execute(const IoOp& op, Done done) {
  auto operation =
      std::make_shared<Operation>(Operation{op, std::vector<bool>(op.length / block_size_), std::move(done)});
  under_way_.push_back(operation);
  const auto most = static_cast<std::uint64_t>(slowest_.count());
  const Duration half(static_cast<std::int64_t>(random_.below(most) / 2));
  const std::weak_ptr<Operation> weak = operation;
  const bool early = random_.flip();
  if (early && op.kind == IoOp::Kind::sync_data) flush();
  events_.after(half, [this, weak] {
    const auto alive = weak.lock();
    if (alive == nullptr) return;
    for (std::size_t i = 0; i < alive->touched.size(); ++i) {
      if (random_.flip()) touch(*alive, i);
    }
  });
  events_.after(2 * half, [this, weak, early] {
    const auto alive = weak.lock();
    if (alive == nullptr) return;
    touch_rest(*alive);
    if (!early && alive->op.kind == IoOp::Kind::sync_data) flush();
    std::erase(under_way_, alive);
    alive->done();
  });
}

void VirtualDisk::touch_rest(Operation& operation) {
  for (std::size_t i = 0; i < operation.touched.size(); ++i) touch(operation, i);
}

void VirtualDisk::touch(Operation& operation, std::size_t block) {
  if (operation.touched[block]) return;
  operation.touched[block] = true;
  Block& place = blocks_[operation.op.offset / block_size_ + block];
  const MutableBytes memory = operation.op.memory.subspan(block * block_size_, block_size_);
  if (operation.op.kind == IoOp::Kind::read) {
    copy_bytes(memory, place.current());
  } else {
    place.unflushed.emplace_back(memory.begin(), memory.end());
  }
}

void VirtualDisk::flush() {
  for (Block& block : blocks_) {
    if (block.unflushed.empty()) continue;
    block.durable = std::move(block.unflushed.back());
    block.unflushed.clear();
  }
}

void VirtualDisk::stop(bool power_lost) {
  for (const auto& operation : std::exchange(under_way_, {})) {
    if (operation->op.kind != IoOp::Kind::write) continue;
    for (std::size_t i = 0; i < operation->touched.size(); ++i) {
      if (random_.flip()) touch(*operation, i);
    }
  }
  if (!power_lost || !traits_.has_volatile_cache) return flush();
  for (Block& block : blocks_) {
    const std::size_t kept = random_.below(block.unflushed.size() + 1);
    if (kept != 0) block.durable = std::move(block.unflushed[kept - 1]);
    block.unflushed.clear();
  }
}

}  // namespace lunway::simulator
