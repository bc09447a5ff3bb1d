// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/network/link.h"

#include <algorithm>
#include <utility>

namespace lunway::simulator {

std::size_t Link::room(Role from) {
  const Stream& way = stream(from);
  const std::size_t used = way.under_way + way.inbox.size();
  return used >= fate_.buffer ? 0 : fate_.buffer - used;
}

std::size_t Link::send(Role from, std::span<const Bytes> pieces) {
  std::size_t ready = 0;
  for (const Bytes piece : pieces) ready += piece.size();
  if (ready == 0) return 0;
  std::size_t count = std::min(ready, room(from));
  if (count == 0) {
    side(from).wants_room = true;
    return 0;
  }
  if (random_.one_in(4)) count = random_.between(1, count);
  Stream& way = stream(from);
  std::size_t rest = count;
  for (const Bytes piece : pieces) {
    const Bytes taken = piece.first(std::min(rest, piece.size()));
    way.cutter.append(taken);
    rest -= taken.size();
  }
  while (auto pdu = way.cutter.next()) {
    way.sent += pdu->bytes.size();
    if (observer_ != nullptr) observer_->sent(from, *pdu);
    damage(*pdu);
    travel(from, pdu->bytes);
    way.pdus.push_back({std::move(*pdu), way.sent});
  }
  return count;
}

/// One bit, where somebody can find out.
void Link::damage(WirePdu& pdu) {
  if (!random_.one_in(fate_.damage_one_in)) return;
  const bool can_data = pdu.digests.data && pdu.data_length() != 0;
  if (!can_data && !pdu.digests.header) return;
  pdu.data_damaged = can_data && (!pdu.digests.header || random_.one_in(2));
  pdu.header_damaged = !pdu.data_damaged;
  damaged_ = true;
  const std::size_t from = pdu.data_damaged ? pdu.data_at() : 0;
  const std::size_t until = pdu.data_damaged ? pdu.bytes.size() : pdu.data_at();
  pdu.bytes[random_.between(from, until - 1)] ^= static_cast<std::byte>(1U << random_.below(8));
}

void Link::travel(Role from, Bytes bytes) {
  if (observer_ != nullptr) observer_->travels(from, bytes);
  Stream& way = stream(from);
  while (!bytes.empty()) {
    const std::size_t most = random_.one_in(3) ? random_.between(1, bytes.size()) : bytes.size();
    const Bytes piece = bytes.first(most);
    bytes = bytes.subspan(most);
    Duration delay(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(fate_.most_delay.count()) + 1)));
    if (random_.one_in(fate_.stall_one_in)) {
      delay += Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(fate_.most_stall.count()))));
    }
    way.last_arrival = std::max(way.last_arrival, events_.now() + delay);
    way.under_way += piece.size();
    events_.at(way.last_arrival,
               [self = shared_from_this(), from, copy = std::vector<std::byte>(piece.begin(), piece.end())] {
                 self->arrive(from, copy);
               });
  }
}

void Link::arrive(Role from, const std::vector<std::byte>& bytes) {
  Stream& way = stream(from);
  way.under_way -= bytes.size();
  if (cut_) return;
  std::size_t count = bytes.size();
  const bool ends = fate_.ending != LinkFate::Ending::none && arrived_ + count >= fate_.ends_after;
  // Half a connection goes on, so no byte of it may be missing.
  if (ends && fate_.ending != LinkFate::Ending::half_close)
    count = fate_.ends_after > arrived_ ? fate_.ends_after - arrived_ : 0;
  arrived_ += count;
  Side& receiver = side(other(from));
  if (!receiver.closed && !receiver.was_told_end && count != 0) {
    way.inbox.insert(way.inbox.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    if (receiver.end != nullptr) receiver.end->on_bytes();
  }
  if (ends && !cut_) cut();
}

void Link::take(Role at, std::size_t count) {
  Stream& way = stream(other(at));
  way.inbox.erase(way.inbox.begin(), way.inbox.begin() + static_cast<std::ptrdiff_t>(count));
  way.taken += count;
  while (!way.pdus.empty() && way.pdus.front().ends_at <= way.taken) {
    const WirePdu pdu = std::move(way.pdus.front().pdu);
    way.pdus.pop_front();
    if (observer_ != nullptr) observer_->delivered(at, pdu);
  }
  Side& sender = side(other(at));
  if (!sender.wants_room || room(other(at)) == 0) return;
  sender.wants_room = false;
  events_.after(Duration::zero(), [self = shared_from_this(), role = other(at)] {
    if (LinkEnd* end = self->side(role).end; end != nullptr && !self->side(role).closed) end->on_room();
  });
}

void Link::tell_end(Role role, Duration wait) {
  events_.after(wait, [self = shared_from_this(), role] {
    Side& told = self->side(role);
    if (told.closed || std::exchange(told.was_told_end, true)) return;
    if (told.end != nullptr) told.end->on_end();
  });
}

void Link::cut() {
  cut_ = true;
  const auto soon = [&] { return Duration(static_cast<std::int64_t>(random_.below(2'000'000'000))); };
  switch (fate_.ending) {
    case LinkFate::Ending::none:
    case LinkFate::Ending::silence:
      return;
    case LinkFate::Ending::reset:
      tell_end(Role::initiator, soon());
      tell_end(Role::target, soon());
      return;
    case LinkFate::Ending::half_close:
      // The other way is open, so cut_ is taken back.
      cut_ = false;
      fate_.ending = LinkFate::Ending::none;
      tell_end(random_.flip() ? Role::initiator : Role::target, soon());
      return;
  }
}

void Link::close(Role by) {
  if (std::exchange(side(by).closed, true)) return;
  if (observer_ != nullptr) observer_->closed(by);
  side(by).end = nullptr;
  const std::vector<std::byte> rest = stream(by).cutter.take_rest();
  if (!rest.empty()) travel(by, rest);
  stream(other(by)).inbox.clear();
  if (cut_) return;
  const Instant behind = std::max(stream(by).last_arrival, events_.now());
  tell_end(other(by), behind - events_.now());
}

void Link::abort(Role by) {
  if (std::exchange(side(by).closed, true)) return;
  if (observer_ != nullptr) observer_->closed(by);
  side(by).end = nullptr;
  stream(other(by)).inbox.clear();
  if (!std::exchange(cut_, true)) tell_end(other(by), Duration::zero());
}

}  // namespace lunway::simulator
