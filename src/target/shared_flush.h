// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A flush that somebody wants of a disk: carried out on the ring of its shard, or waited for while another shard or
// command flushes the same medium.

#pragma once

#include <memory>

#include "runtime/loop.h"
#include "runtime/operation.h"
#include "volume/flush_group.h"
#include "volume/volume.h"

namespace lunway::target {

/// Belongs to who wants the flush and can be used again when that has ended. Threads: its owner's, the shard's.
class SharedFlush final : private volume::FlushGroup::Waiter {
 public:
  SharedFlush(runtime::Operation::Handler handler, void* context) : handler_(handler), context_(context) {}
  ~SharedFlush() override;
  SharedFlush(const SharedFlush&) = delete;
  SharedFlush& operator=(const SharedFlush&) = delete;

  /// One that ends in a member function: void Owner::method(const Outcome&).
  template <auto Method, class Owner>
  static SharedFlush calling(Owner* owner) {
    return SharedFlush(
        [](void* context, const runtime::Outcome& outcome) { (static_cast<Owner*>(context)->*Method)(outcome); },
        owner);
  }

  /// `group` is that of the volume, which has lanes. The handler runs later, never inside this call, and once, unless
  /// give_up() succeeds. EIO also stands for a flush that failed before.
  void start(runtime::Loop& loop, volume::FlushGroup& group, volume::Volume& volume);

  /// True when it was waited for, and is no longer. False when the medium is at work, or nothing is under way.
  bool give_up();

  bool is_under_way() const { return group_ != nullptr; }

 private:
  void flush_turn(volume::FlushGroup::Turn turn) override;
  void take(volume::FlushGroup::Turn turn);
  void carry_out();
  void carried_out(const runtime::Outcome& outcome);
  void finish(const runtime::Outcome& outcome);

  const runtime::Operation::Handler handler_;
  void* const context_;
  runtime::Loop* loop_ = nullptr;
  volume::FlushGroup* group_ = nullptr;  // null when nothing is under way
  volume::Volume* volume_ = nullptr;
  bool is_waiting_ = false;
  // What calls on their way to the loop hold weakly: it goes when they are not wanted any more.
  std::shared_ptr<SharedFlush*> self_;
  runtime::Operation operation_ = runtime::Operation::calling<&SharedFlush::carried_out>(this);
};

}  // namespace lunway::target
