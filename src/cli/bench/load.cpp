// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/clock.h"

namespace lunway::cli {
namespace {

/// SAM-5: "TASK ABORTED", what commands end with that another initiator's reset has taken along.
constexpr int kTaskAborted = 0x40;

bool is_aborted(const initiator::Error& error) {
  return error.kind == initiator::ErrorKind::aborted ||
         (error.kind == initiator::ErrorKind::scsi && error.code == kTaskAborted);
}

}  // namespace

void LoadResult::add(const LoadResult& other) {
  reads.add(other.reads);
  writes.add(other.writes);
  aborted += other.aborted;
  resets += other.resets;
  judged += other.judged;
}

Load::Load(initiator::Session& session, const Workload& workload, const Region& region, std::uint64_t seed)
    : session_(session),
      workload_(workload),
      region_(region),
      random_(seed),
      lanes_(workload.depth),
      position_(below(region.slots)) {
  for (Lane& lane : lanes_) lane.buffer.resize(workload.slot_bytes());
  if (!workload.verify) return;
  stamps_.emplace(Stamps::Shape{.seed = seed,
                                .first_lba = region.first_lba,
                                .slots = region.slots,
                                .blocks_in_slot = workload.blocks_in_slot,
                                .block_bytes = workload.block_bytes});
  claimed_.resize(region.slots);
}

void Load::start(Instant until) {
  until_ = until;
  for (Lane& lane : lanes_) refill(lane);
}

void Load::start_reading_back() {
  phase_ = Phase::reading_back;
  position_ = 0;
  for (Lane& lane : lanes_) refill(lane);
}

void Load::service() {
  session_.service();
  if (workload_.commands_between_resets != 0 && since_reset_ >= workload_.commands_between_resets) reset();
}

void Load::refill(Lane& lane) {
  if (!outcome_ || !choose(lane)) return;
  submit(lane);
}

/// What the lane does next; false when there is nothing left to do.
bool Load::choose(Lane& lane) {
  if (phase_ == Phase::reading_back) {
    while (position_ < stamps_->slots() && !stamps_->is_known(position_)) ++position_;
    if (position_ == stamps_->slots()) return false;
    lane.slot = position_++;
    lane.reads = true;
    return true;
  }
  if (runtime::read_clock() >= until_) return false;
  lane.slot = next_slot();
  lane.reads = with_odds(workload_.pattern.reads_percent, 100);
  if (stamps_) claim(lane.slot);
  return true;
}

std::uint64_t Load::next_slot() {
  if (workload_.pattern.random) return below(region_.slots);
  const std::uint64_t slot = position_;
  position_ = (position_ + 1) % region_.slots;
  return slot;
}

/// Moves on to a slot that no other lane uses. There is one for each lane.
void Load::claim(std::uint64_t& slot) {
  while (claimed_[slot]) slot = (slot + 1) % region_.slots;
  claimed_[slot] = true;
}

void Load::submit(Lane& lane) {
  const std::uint64_t lba = region_.first_lba + lane.slot * workload_.blocks_in_slot;
  lane.busy = true;
  ++under_way_;
  if (!lane.reads && stamps_) stamps_->begin_write(lane.slot, lane.buffer);
  lane.started = runtime::read_clock();
  auto done = [this, &lane](const initiator::Result<>& result) { ended(lane, result); };
  const auto task = lane.reads ? session_.submit_read(lba, lane.buffer, std::move(done))
                               : session_.submit_write(lba, lane.buffer, std::move(done));
  if (task) {
    lane.task = *task;
    return;
  }
  lane.busy = false;
  --under_way_;
  fail(failed(task.error(), session_.url()).error());
}

void Load::ended(Lane& lane, const initiator::Result<>& result) {
  const Instant now = runtime::read_clock();
  lane.busy = false;
  --under_way_;
  ++since_reset_;
  commands_done_.fetch_add(1, std::memory_order_relaxed);
  if (result) {
    if (!lane.reads && stamps_) stamps_->wrote(lane.slot);
    if (lane.reads && stamps_) judge(lane);
    if (phase_ == Phase::load) measure(lane, now);
  } else if (phase_ == Phase::load && is_aborted(result.error())) {
    ++result_.aborted;
  } else {
    fail(failed(result.error(), session_.url()).error());
  }
  if (stamps_ && phase_ == Phase::load) claimed_[lane.slot] = false;
  refill(lane);
  if (phase_ == Phase::load && with_odds(workload_.aborts_per_mille, 1000)) disturb();
}

void Load::measure(const Lane& lane, Instant now) {
  Measured& measured = lane.reads ? result_.reads : result_.writes;
  measured.latencies.add(now - lane.started);
  measured.bytes += lane.buffer.size();
}

void Load::judge(const Lane& lane) {
  if (!stamps_->is_known(lane.slot)) return;
  ++result_.judged;
  if (const auto wrong = stamps_->judge(lane.slot, lane.buffer)) fail({.message = "wrong data: " + *wrong});
}

/// Aborts one of the commands under way.
void Load::disturb() {
  const Lane& lane = lanes_[below(lanes_.size())];
  if (lane.busy) session_.abort(lane.task);
}

void Load::reset() {
  since_reset_ = 0;
  if (phase_ != Phase::load || !outcome_) return;
  const auto done = session_.manage(initiator::TaskManagement::lun_reset);
  if (!done) return fail(failed(done.error(), session_.url()).error());
  ++result_.resets;
}

void Load::fail(Failure failure) {
  if (outcome_) outcome_ = std::unexpected(std::move(failure));
}

}  // namespace lunway::cli
