// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What was said to be durable is there after the power was cut, whatever ran at the same time: with a write cache after
// SYNCHRONIZE CACHE or FUA, without one before GOOD (SBC-3, 4.14). A device server over a volume that forgets what was
// not flushed; commands of several initiators, step by step in any order.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/big_endian.h"
#include "scsi/logical_unit.h"
#include "volume/testing/power_cut_volume.h"

namespace lunway::target {
namespace {

using scsi::Access;
using scsi::Outcome;
using scsi::Step;
using volume::PowerCutVolume;
using volume::VolumeRequest;

constexpr std::uint64_t kBlocks = 8;
constexpr std::uint64_t kBlock = PowerCutVolume::kBlock;
using Instant = std::uint64_t;

/// Every write fills its blocks with a number of its own, and zeroing with 0.
using Fill = std::uint32_t;

Fill fill_of(Bytes block) { return load_be32(block.data()); }

/// What one command did to blocks, or made durable.
struct Deed {
  std::uint64_t first = 0;
  std::uint64_t count = 0;  // 0: it changes no block
  Fill fill = 0;
  bool forced = false;              // FUA
  bool flushes = false;             // what ended before this began is durable when this is GOOD
  std::optional<bool> write_cache;  // MODE SELECT
  Instant began = 0;
  std::optional<Instant> ended;  // with GOOD
  bool is_durable = false;
};

std::vector<std::byte> cdb_of(std::uint8_t opcode, const Deed& deed, std::uint8_t byte_1 = 0) {
  std::vector<std::byte> cdb(10);
  store_u8(cdb.data(), opcode);
  store_u8(cdb.data() + 1, byte_1);
  store_be32(cdb.data() + 2, static_cast<std::uint32_t>(deed.first));
  store_be16(cdb.data() + 7, static_cast<std::uint16_t>(deed.count));
  return cdb;
}

std::vector<std::byte> filled(Fill fill, std::uint64_t blocks) {
  std::vector<std::byte> data(blocks * kBlock);
  for (std::uint64_t i = 0; i < blocks; ++i) store_be32(data.data() + i * kBlock, fill);
  return data;
}

/// An initiator with one command at a time.
class Lane final : public scsi::Waker {
 public:
  Lane(scsi::LogicalUnit& unit, PowerCutVolume& volume, unsigned number)
      : unit_(unit), volume_(volume), nexus_(std::make_shared<scsi::NexusIdentity>(), number) {
    unit_.attach(nexus_);
    nexus_.clear(scsi::UnitAttention::power_on);
  }
  ~Lane() {
    unit_.abandon(task_);
    unit_.detach(nexus_);
  }

  bool is_idle() const { return deed_ == nullptr; }
  bool is_asleep() const { return std::holds_alternative<scsi::Wait>(step_) && !woken_; }
  Deed* deed() { return deed_; }

  void begin(Deed& deed, std::vector<std::byte> cdb, std::vector<std::byte> data) {
    deed_ = &deed;
    cdb_ = std::move(cdb);
    data_ = std::move(data);
    nexus_.clear(scsi::UnitAttention::mode_parameters_changed);
    step_ =
        unit_.begin(task_, nexus_,
                    {.cdb = cdb_, .expected_data_in = 0, .expected_data_out = data_.size(), .luns = {}, .waker = this});
  }

  /// One step further. The status when that was the last one.
  std::optional<scsi::Status> advance() {
    if (!std::holds_alternative<scsi::Finish>(step_)) {
      step_ = unit_.resume(task_, perform());
    }
    const auto* finish = std::get_if<scsi::Finish>(&step_);
    if (finish == nullptr) return std::nullopt;
    deed_ = nullptr;
    return finish->status;
  }

  void wake(scsi::Task&) override { woken_ = true; }

 private:
  Outcome perform() {
    woken_ = false;
    if (const auto* write = std::get_if<scsi::WriteBlocks>(&step_)) {
      return done({.verb = VolumeRequest::Verb::write,
                   .offset = write->offset,
                   .length = write->length,
                   .buffer = MutableBytes(data_).first(write->length)});
    }
    if (const auto* parameters = std::get_if<scsi::ReceiveParameters>(&step_)) {
      copy_bytes(parameters->memory, Bytes(data_).first(parameters->memory.size()));
      return Outcome::with_parameters(parameters->memory.size());
    }
    if (const auto* access = std::get_if<Access>(&step_)) {
      const bool flushes = access->verb == Access::Verb::flush;
      const auto verb = flushes                                 ? VolumeRequest::Verb::flush
                        : access->verb == Access::Verb::write   ? VolumeRequest::Verb::write
                        : access->verb == Access::Verb::discard ? VolumeRequest::Verb::discard
                                                                : VolumeRequest::Verb::zero;
      return done({.verb = verb,
                   .offset = flushes ? 0 : access->offset,
                   .length = flushes ? 0 : access->length,
                   .buffer = access->memory});
    }
    return Outcome::done();
  }

  Outcome done(const VolumeRequest& request) {
    if (std::get<Result<>>(volume_.start(request))) return Outcome::done();
    return Outcome::failed(Outcome::Failure::flush_failed);
  }

  scsi::LogicalUnit& unit_;
  PowerCutVolume& volume_;
  scsi::Nexus nexus_;
  scsi::Task task_;
  Step step_;
  Deed* deed_ = nullptr;
  bool woken_ = false;
  std::vector<std::byte> cdb_;
  std::vector<std::byte> data_;
};

class World {
 public:
  explicit World(bool write_cache) : unit_(options(write_cache)), cache_is_off_(!write_cache) {
    for (unsigned i = 0; i < 3; ++i) lanes_.push_back(std::make_unique<Lane>(unit_, volume_, i));
  }

  /// Something happens: a command begins, or one that runs takes a step.
  void happen() {
    Lane& lane = *lanes_[*rc::gen::inRange<std::size_t>(0, lanes_.size())];
    if (lane.is_idle()) {
      begin_any(lane);
    } else if (lane.is_asleep()) {
      return;
    }
    Deed& deed = *lane.deed();
    if (const auto status = lane.advance()) ended(deed, *status == scsi::Status::good);
  }

  void fail_next_flush() { volume_.fail_next_flush(); }

  /// The power goes; every block is then something that it may be.
  void check_after_cut() {
    volume_.cut_power([](std::size_t n) { return *rc::gen::inRange<std::size_t>(0, n); });
    std::vector<std::byte> block(kBlock);
    for (std::uint64_t i = 0; i < kBlocks; ++i) {
      volume_.start({.offset = i * kBlock, .length = kBlock, .buffer = block});
      RC_ASSERT(allowed(i).contains(fill_of(block)));
    }
  }

 private:
  static scsi::LogicalUnitOptions options(bool write_cache) {
    scsi::LogicalUnitOptions options;
    options.capacity_blocks = kBlocks;
    options.volatile_cache = true;
    options.write_cache_enabled = write_cache;
    options.can_discard = true;
    options.can_zero = true;
    return options;
  }

  void begin_any(Lane& lane) {
    enum Kind : std::uint8_t { write, forced_write, write_same, unmap, synchronize, select };
    const Kind kind = *rc::gen::element(write, write, forced_write, write_same, unmap, synchronize, select);
    Deed& deed = *deeds_.emplace_back(std::make_unique<Deed>());
    deed.began = ++now_;
    deed.first = *rc::gen::inRange<std::uint64_t>(0, kBlocks);
    deed.count = *rc::gen::inRange<std::uint64_t>(1, kBlocks - deed.first + 1);
    deed.fill = static_cast<Fill>(now_);
    const bool may_select = !is_selecting_;
    if (kind == synchronize || (kind == select && !may_select)) {
      deed.flushes = true;
      deed.first = deed.count = 0;
      return lane.begin(deed, cdb_of(0x35, deed), {});
    }
    if (kind == select) return begin_select(lane, deed);
    if (kind == unmap) return begin_unmap(lane, deed);
    if (kind == write_same) return lane.begin(deed, cdb_of(0x41, deed), filled(deed.fill, 1));
    deed.forced = kind == forced_write;
    lane.begin(deed, cdb_of(0x2a, deed, deed.forced ? 0x08 : 0), filled(deed.fill, deed.count));
  }

  void begin_unmap(Lane& lane, Deed& deed) {
    deed.fill = 0;
    std::vector<std::byte> list(24);
    store_be16(list.data(), 22);
    store_be16(list.data() + 2, 16);
    store_be64(list.data() + 8, deed.first);
    store_be32(list.data() + 16, static_cast<std::uint32_t>(deed.count));
    Deed whole;
    whole.count = list.size();
    lane.begin(deed, cdb_of(0x42, whole), list);
  }

  /// MODE SELECT(6) of the caching page.
  void begin_select(Lane& lane, Deed& deed) {
    is_selecting_ = true;
    deed.count = 0;
    deed.write_cache = *rc::gen::arbitrary<bool>();
    deed.flushes = !*deed.write_cache;
    if (*deed.write_cache) cache_is_off_ = false;
    std::vector<std::byte> list(24);
    store_u8(list.data() + 4, 0x08);
    store_u8(list.data() + 5, 0x12);
    store_u8(list.data() + 6, *deed.write_cache ? 0x04 : 0);
    std::vector<std::byte> cdb(6);
    store_u8(cdb.data(), 0x15);
    store_u8(cdb.data() + 1, 0x10);
    store_u8(cdb.data() + 4, static_cast<std::uint8_t>(list.size()));
    lane.begin(deed, cdb, list);
  }

  void ended(Deed& deed, bool is_good) {
    if (deed.write_cache) is_selecting_ = false;
    if (!is_good) return;
    deed.ended = ++now_;
    const bool was_off = cache_is_off_ && off_since_ < deed.began;
    deed.is_durable = deed.count != 0 && (deed.forced || was_off);
    if (deed.write_cache && !*deed.write_cache) {
      cache_is_off_ = true;
      off_since_ = now_;
    }
    if (!deed.flushes) return;
    for (const auto& other : deeds_) {
      if (other->ended && *other->ended < deed.began) other->is_durable = other->count != 0;
    }
  }

  /// What the block may hold: no write that ended before one that is durable began.
  std::set<Fill> allowed(std::uint64_t block) const {
    std::set<Fill> fills;
    const auto touches = [&](const Deed& deed) { return deed.first <= block && block < deed.first + deed.count; };
    Instant newest = 0;  // when the last durable write of the block began
    for (const auto& deed : deeds_) {
      if (deed->is_durable && touches(*deed)) newest = std::max(newest, deed->began);
    }
    if (newest == 0) fills.insert(0);
    for (const auto& deed : deeds_) {
      if (touches(*deed) && (!deed->ended || *deed->ended > newest)) fills.insert(deed->fill);
    }
    return fills;
  }

  PowerCutVolume volume_{kBlocks};
  scsi::LogicalUnit unit_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Deed>> deeds_;
  Instant now_ = 0;
  bool cache_is_off_;
  Instant off_since_ = 0;
  bool is_selecting_ = false;
};

RC_GTEST_PROP(Durability, WhatWasFlushedSurvivesAPowerCut, (bool write_cache)) {
  World world(write_cache);
  const int events = *rc::gen::inRange(0, 120);
  for (int i = 0; i < events; ++i) world.happen();
  world.check_after_cut();
}

/// A flush that failed takes with it what it should have made durable. The next one must not pass for a success.
RC_GTEST_PROP(Durability, AFailedFlushIsNotForgotten, (bool write_cache)) {
  World world(write_cache);
  const int events = *rc::gen::inRange(0, 120);
  const int fails_at = *rc::gen::inRange(0, events + 1);
  for (int i = 0; i < events; ++i) {
    if (i == fails_at) world.fail_next_flush();
    world.happen();
  }
  world.check_after_cut();
}

}  // namespace
}  // namespace lunway::target
