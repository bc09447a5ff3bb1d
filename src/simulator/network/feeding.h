// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How the bytes of a link reach an engine of either role, and how an engine's bytes reach the link. The engines have
// the same verbs for it.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "simulator/event_queue.h"
#include "simulator/network/link.h"
#include "simulator/random.h"

namespace lunway::simulator {

/// Gives the engine what has come, in pieces of any size, through receive() or through its window. `drain` takes the
/// outputs of both engine and session, and says whether the engine is still there. True when bytes were taken.
template <class Engine, class Drain>
bool feed(Engine& engine, Link& link, Role role, Random& random, Instant now, const Drain& drain) {
  bool any = false;
  for (;;) {
    const Bytes inbox = link.inbox(role);
    if (inbox.empty()) return any;
    const MutableBytes window = engine.receive_window();
    std::size_t size = random.one_in(3) ? random.between(1, inbox.size()) : inbox.size();
    std::size_t count = 0;
    std::vector<std::byte> piece;
    if (!window.empty() && random.flip()) {
      count = copy_bytes(window, inbox.first(size));
      link.take(role, count);
      engine.received_into_window(now, count);
    } else {
      piece.assign(inbox.begin(), inbox.begin() + static_cast<std::ptrdiff_t>(size));
      count = engine.receive(now, piece);
      link.take(role, count);
    }
    if (!drain()) return true;
    if (count == 0 && size == inbox.size()) return any;
    any |= count != 0;
  }
}

/// One send at a time: the bytes are looked at when it ends, so what they point to has to stay until then.
class Sender : public std::enable_shared_from_this<Sender> {
 public:
  using Sent = std::function<void(std::size_t)>;

  Sender(EventQueue& events, Random random, std::shared_ptr<Link> link, Role role, Sent sent)
      : events_(events), random_(random), link_(std::move(link)), role_(role), sent_(std::move(sent)) {}

  bool is_busy() const { return busy_; }

  void start(std::span<const Bytes> pieces) {
    pieces_.assign(pieces.begin(), pieces.end());
    busy_ = true;
    events_.after(std::chrono::nanoseconds(random_.below(30'000)), [self = shared_from_this()] { self->finish(); });
  }

  void on_room() {
    if (std::exchange(waits_for_room_, false)) finish();
  }

  /// The bytes may go away.
  void cancel() {
    sent_ = nullptr;
    pieces_.clear();
  }

 private:
  void finish() {
    if (sent_ == nullptr) return;
    const std::size_t count = link_->send(role_, pieces_);
    waits_for_room_ = count == 0;
    if (waits_for_room_) return;
    busy_ = false;
    const Sent sent = sent_;  // it may cancel itself
    sent(count);
  }

  EventQueue& events_;
  Random random_;
  const std::shared_ptr<Link> link_;
  const Role role_;
  Sent sent_;
  std::vector<Bytes> pieces_;
  bool busy_ = false;
  bool waits_for_room_ = false;
};

}  // namespace lunway::simulator
