// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A block opens with its address and the number of its write, for people who look at it; from the third word on it is
// noise of which these two and the seed are the source, so that no byte can change unseen.

#include "cli/bench/stamps.h"

#include <fmt/format.h>

#include <array>
#include <cassert>

#include "base/big_endian.h"

namespace lunway::cli {
namespace {

constexpr std::size_t kWordBytes = 8;

/// The words of a block, one after the other.
class Words {
 public:
  Words(std::uint64_t seed, std::uint64_t lba, std::uint32_t write)
      : head_{lba, write}, state_(mix(seed ^ mix(lba ^ mix(write)))) {}

  std::uint64_t next() {
    if (index_ < head_.size()) return head_[index_++];
    return mix(state_ += kOddStep);
  }

 private:
  static constexpr std::uint64_t kOddStep = 0x9e3779b97f4a7c15;

  /// A bijection under which neighbours look unrelated (the finaliser of SplitMix64).
  static std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  std::array<std::uint64_t, 2> head_;
  std::uint64_t state_;
  std::size_t index_ = 0;
};

}  // namespace

void Stamps::begin_write(std::uint64_t slot, MutableBytes data) {
  assert(data.size() == std::size_t{shape_.blocks_in_slot} * shape_.block_bytes);
  const std::uint32_t write = ++slots_[slot].latest;
  for (std::uint32_t block = 0; block < shape_.blocks_in_slot; ++block)
    fill(lba(slot, block), write, data.subspan(std::size_t{block} * shape_.block_bytes, shape_.block_bytes));
}

std::optional<std::string> Stamps::judge(std::uint64_t slot, Bytes data) const {
  if (!is_known(slot)) return {};
  const Slot& known = slots_[slot];
  for (std::uint32_t block = 0; block < shape_.blocks_in_slot; ++block) {
    const Bytes found = data.subspan(std::size_t{block} * shape_.block_bytes, shape_.block_bytes);
    const std::uint64_t at = lba(slot, block);
    bool explained = false;
    for (std::uint32_t write = known.certain; write <= known.latest && !explained; ++write)
      explained = is_filled(at, write, found);
    if (!explained) {
      return fmt::format("block {} should hold write {}{}, and holds {:#x} {:#x} ...", at, known.certain,
                         known.latest == known.certain ? std::string() : fmt::format(" to {}", known.latest),
                         load_be64(found.data()), load_be64(&found[kWordBytes]));
    }
  }
  return {};
}

void Stamps::fill(std::uint64_t lba, std::uint32_t write, MutableBytes block) const {
  Words words(shape_.seed, lba, write);
  for (std::size_t at = 0; at < block.size(); at += kWordBytes) store_be64(&block[at], words.next());
}

bool Stamps::is_filled(std::uint64_t lba, std::uint32_t write, Bytes block) const {
  Words words(shape_.seed, lba, write);
  for (std::size_t at = 0; at < block.size(); at += kWordBytes)
    if (load_be64(&block[at]) != words.next()) return false;
  return true;
}

}  // namespace lunway::cli
