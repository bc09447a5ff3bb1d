// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/outbox.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lunway::proxy {

void Outbox::add(Instant now, std::vector<std::byte> bytes, Duration delay) {
  if (is_ending() || bytes.empty()) return;
  size_ += bytes.size();
  queue_.push_back({std::move(bytes), now + delay});
  be_overtaken();
}

void Outbox::add_behind(Instant now, std::vector<std::byte> bytes, Duration delay, std::uint32_t places) {
  if (is_ending() || bytes.empty()) return;
  size_ += bytes.size();
  overtaken_.push_back({{std::move(bytes), now + delay}, places, now + kOvertakingTime});
}

void Outbox::end(End how) {
  if (end_ != End::none && end_ != End::finish) return;
  end_ = how;
  release(Instant::max());
}

std::span<const Bytes> Outbox::begin_send(Instant now) {
  if (!sending_.empty()) return {};
  release(now);
  for (const Item& item : queue_) {
    if (item.due > now || sending_.size() == kBatch) break;
    sending_.emplace_back(item.bytes);
  }
  return sending_;
}

void Outbox::sent() {
  assert(sending_.size() <= queue_.size());
  for (const Bytes piece : sending_) {
    size_ -= piece.size();
    queue_.pop_front();
  }
  sending_.clear();
}

Instant Outbox::deadline() const {
  if (!sending_.empty()) return kNever;
  Instant first = queue_.empty() ? kNever : queue_.front().due;
  for (const Overtaken& one : overtaken_) first = std::min(first, one.until);
  return first;
}

// A piece has gone before those that wait for it.
void Outbox::be_overtaken() {
  for (Overtaken& one : overtaken_) --one.places;
  for (Overtaken& one : overtaken_) {
    if (one.places == 0) queue_.push_back(std::move(one.item));
  }
  std::erase_if(overtaken_, [](const Overtaken& one) { return one.places == 0; });
}

void Outbox::release(Instant now) {
  for (Overtaken& one : overtaken_) {
    if (one.until <= now) queue_.push_back(std::move(one.item));
  }
  std::erase_if(overtaken_, [now](const Overtaken& one) { return one.until <= now; });
}

}  // namespace lunway::proxy
