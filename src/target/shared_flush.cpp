// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/shared_flush.h"

#include <cassert>
#include <cerrno>
#include <utility>

namespace lunway::target {

using Turn = volume::FlushGroup::Turn;

SharedFlush::~SharedFlush() { assert(!is_under_way() && "a flush must not go away while it is under way"); }

void SharedFlush::start(runtime::Loop& loop, volume::FlushGroup& group, volume::Volume& volume) {
  assert(!is_under_way());
  loop_ = &loop;
  group_ = &group;
  volume_ = &volume;
  is_waiting_ = true;
  // Before it joins: from then on another thread may call it.
  if (self_ == nullptr) self_ = std::make_shared<SharedFlush*>(this);
  const auto turn = group.join(*this);
  if (turn == Turn::lead) {
    is_waiting_ = false;
    carry_out();
  } else if (turn) {
    flush_turn(*turn);
  }
}

bool SharedFlush::give_up() {
  if (!std::exchange(is_waiting_, false)) return false;
  std::exchange(group_, nullptr)->leave(*this);
  self_.reset();
  return true;
}

/// On the thread of whoever has flushed. The group holds its lock, so this one is still there.
void SharedFlush::flush_turn(Turn turn) {
  loop_->post([weak = std::weak_ptr(self_), turn](runtime::Loop&) {
    if (const auto self = weak.lock()) (*self)->take(turn);
  });
}

void SharedFlush::take(Turn turn) {
  is_waiting_ = false;
  if (turn == Turn::lead && group_->begin(*this)) return carry_out();
  group_ = nullptr;
  finish({.error = turn == Turn::done ? 0 : EIO});
}

void SharedFlush::carry_out() {
  const volume::Started started = volume_->start({.verb = volume::VolumeRequest::Verb::flush, .lane = lane()});
  loop_->ring().execute(operation_, std::get<IoOp>(started));
}

/// The group first: whoever asks from now on must hear of a failure.
void SharedFlush::carried_out(const runtime::Outcome& outcome) {
  const bool counts = std::exchange(group_, nullptr)->end(*this, outcome.ok());
  finish(counts || !outcome.ok() ? outcome : runtime::Outcome{.error = EIO});
}

void SharedFlush::finish(const runtime::Outcome& outcome) { handler_(context_, outcome); }

}  // namespace lunway::target
