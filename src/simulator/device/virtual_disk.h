// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A disk whose operations take virtual time and overlap, and which forgets what was not flushed when its power is cut:
// of each block one version stays, the last flushed one or any later one.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "simulator/event_queue.h"
#include "simulator/random.h"
#include "volume/volume.h"

namespace lunway::simulator {

class VirtualDisk final : public volume::Volume {
 public:
  using Done = std::function<void()>;

  /// `slowest` is the longest that one operation takes.
  VirtualDisk(EventQueue& events, Random random, std::uint64_t blocks, std::uint32_t block_size, bool volatile_cache,
              Duration slowest);

  std::uint64_t size_bytes() const override { return blocks_.size() * block_size_; }
  const volume::VolumeTraits& traits() const override { return traits_; }
  /// Ends at once, or is to be given to execute().
  volume::Started start(const volume::VolumeRequest& request) override;

  /// A block is read or written as a whole, at any moment until the operation has ended.
  void execute(const IoOp& op, Done done);

  /// The target is gone: no operation that is under way will end. Some of its blocks may be written all the same.
  /// Without `power_lost` nothing that was written is forgotten.
  void stop(bool power_lost);

 private:
  using Content = std::vector<std::byte>;
  struct Block {
    Content durable;
    std::vector<Content> unflushed;  // the oldest first

    const Content& current() const { return unflushed.empty() ? durable : unflushed.back(); }
  };
  struct Operation {
    IoOp op;
    std::vector<bool> touched;  // by block
    Done done;
  };

  void touch(Operation& operation, std::size_t block);
  void touch_rest(Operation& operation);
  void flush();

  EventQueue& events_;
  Random random_;
  const std::uint32_t block_size_;
  const Duration slowest_;
  volume::VolumeTraits traits_;
  std::vector<Block> blocks_;
  std::vector<std::shared_ptr<Operation>> under_way_;
};

}  // namespace lunway::simulator
