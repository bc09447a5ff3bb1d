// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/session_members.h"

#include <algorithm>

#include "session/connection/target_connection_core.h"

namespace lunway::session {

using Event = TargetSessionEvent;
using State = TargetSessionState;

TargetConnectionCore* SessionMembers::serving(wire::Cid cid) const {
  const auto found = std::ranges::find_if(connections_, [&](const TargetConnectionCore* connection) {
    return connection->cid() == cid && connection->is_in_service();
  });
  return found == connections_.end() ? nullptr : *found;
}

TargetConnectionCore* SessionMembers::joining(wire::Cid cid) const {
  const auto found = std::ranges::find(joining_, cid, &TargetConnectionCore::cid);
  return found == joining_.end() ? nullptr : *found;
}

std::size_t SessionMembers::count() const {
  const auto serving = std::ranges::count_if(connections_, &TargetConnectionCore::is_in_service);
  return static_cast<std::size_t>(serving) + joining_.size();
}

const SessionMembers::Lost* SessionMembers::find(wire::Cid cid) const {
  const auto found = std::ranges::find(lost_, cid, &Lost::cid);
  return found == lost_.end() ? nullptr : &*found;
}

void SessionMembers::remember(wire::Cid cid, Instant until) {
  forget(cid);
  if (lost_.size() == most_remembered_) lost_.erase(lost_.begin());
  lost_.push_back({.cid = cid, .until = until, .cleanup = {}});
}

void SessionMembers::forget(wire::Cid cid) {
  std::erase_if(lost_, [&](const Lost& lost) { return lost.cid == cid; });
}

void SessionMembers::join_begins(TargetConnectionCore& connection, wire::Cid cid, bool replaces, Instant until) {
  joining_.push_back(&connection);
  if (replaces) remember(cid, until);
  for (Lost& lost : lost_) {
    if (lost.cid == cid) lost.cleanup.step(CleanupEvent::cleanup_started);
  }
  settle();
}

void SessionMembers::join_failed(const TargetConnectionCore& connection) {
  if (std::erase(joining_, &connection) == 0) return;
  for (Lost& lost : lost_) {
    if (lost.cid == connection.cid()) lost.cleanup.step(CleanupEvent::cleanup_failed);
  }
  settle();
}

void SessionMembers::joined(TargetConnectionCore& connection) {
  std::erase(joining_, &connection);
  connections_.push_back(&connection);
  forget(connection.cid());
  if (state_.state() == State::free) state_.step(Event::login_started);
  state_.step(state_.state() == State::active ? Event::connection_logged_in : Event::continued);
}

void SessionMembers::left(wire::Cid cid, std::optional<Instant> remembered_until) {
  if (remembered_until) remember(cid, *remembered_until);
  settle();
}

void SessionMembers::cleaned_up(wire::Cid cid) {
  forget(cid);
  settle();
}

void SessionMembers::detach(const TargetConnectionCore& connection) { std::erase(connections_, &connection); }

void SessionMembers::close(TargetSessionEvent why) {
  lost_.clear();
  state_.step(why);
}

/// Session failure, continuation, closure and timeout follow from who is left.
//= rfc7143#6.3.5
//= rfc7143#6.3.6
void SessionMembers::settle() {
  const bool serves = std::ranges::any_of(connections_, &TargetConnectionCore::is_in_service);
  if (state_.state() == State::logged_in && !serves) {
    state_.step(lost_.empty() && joining_.empty() ? Event::closed : Event::failed);
  }
  if (joining_.empty()) {
    state_.step(Event::continuation_failed);
    if (lost_.empty()) state_.step(Event::timed_out);
  } else {
    state_.step(Event::continuation_started);
  }
}

Instant SessionMembers::deadline() const {
  Instant earliest = kNever;
  for (const Lost& lost : lost_) {
    if (lost.cleanup.state() == CleanupState::cleanup_wait) earliest = std::min(earliest, lost.until);
  }
  return earliest;
}

void SessionMembers::expire(Instant now) {
  std::erase_if(lost_,
                [&](Lost& lost) { return lost.until <= now && lost.cleanup.step(CleanupEvent::timed_out) != nullptr; });
  settle();
}

}  // namespace lunway::session
