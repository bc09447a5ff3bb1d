// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which connections a target's session has, which are about to join it, and which it has lost and still remembers. With
// them the session goes through the states of section 8.3, and each lost connection through those of section 8.2.
//= rfc7143#8.3.2
//= rfc7143#8.2
//= rfc7143#6.3.6
//
// A connection that has ended without a logout is remembered for DefaultTime2Wait + DefaultTime2Retain: so long its CID
// can be logged out by another connection or taken by a new one. A session whose last connection was lost lives as long
// as it remembers one.
//= rfc7143#7.5

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "session/connection/cleanup_states.h"
#include "session/session_states.h"
#include "wire/numbers.h"

namespace lunway::session {

class TargetConnectionCore;

class SessionMembers {
 public:
  /// More lost connections than that are not remembered: the oldest is forgotten early.
  explicit SessionMembers(std::size_t most_remembered) : most_remembered_(most_remembered) {}

  // -------------------------------------------------------------------------------------------------- who there is

  /// In the Full Feature Phase, or closing: until the owner destroys them.
  const std::vector<TargetConnectionCore*>& connections() const { return connections_; }
  /// Logged in, and waiting for the tasks of their predecessor to end.
  const std::vector<TargetConnectionCore*>& joining() const { return joining_; }
  /// In the Full Feature Phase with this CID; null when there is none.
  TargetConnectionCore* serving(wire::Cid cid) const;
  TargetConnectionCore* joining(wire::Cid cid) const;
  /// What counts against MaxConnections.
  std::size_t count() const;
  /// "Existing" in the words of the login table: in service, or lost and remembered.
  bool knows(wire::Cid cid) const { return serving(cid) != nullptr || find(cid) != nullptr; }

  TargetSessionState state() const { return state_.state(); }
  /// No connection is left, nor a reason to wait for one.
  bool is_over() const { return connections_.empty() && joining_.empty() && lost_.empty(); }

  // ---------------------------------------------------------------------------------------------------- what happens

  /// A login wants to join. Where it takes the place of `cid`, that one is in cleanup now, until `until` if this fails.
  void join_begins(TargetConnectionCore& connection, wire::Cid cid, bool replaces, Instant until);
  /// It has failed; harmless when it has not begun.
  void join_failed(const TargetConnectionCore& connection);
  /// A connection is in the Full Feature Phase.
  void joined(TargetConnectionCore& connection);
  /// A connection has left the Full Feature Phase; with a time it was lost and is remembered until then.
  void left(wire::Cid cid, std::optional<Instant> remembered_until);
  /// The cleanup of a lost connection by another one's logout has succeeded.
  void cleaned_up(wire::Cid cid);
  /// The connection is being destroyed.
  void detach(const TargetConnectionCore& connection);
  /// The whole session ends, by logout, by reinstatement or by the owner's will: nothing is remembered.
  void close(TargetSessionEvent why);

  Instant deadline() const;
  void expire(Instant now);

 private:
  struct Lost {
    wire::Cid cid;
    Instant until;
    CleanupMachine cleanup;
  };

  const Lost* find(wire::Cid cid) const;
  void remember(wire::Cid cid, Instant until);
  void forget(wire::Cid cid);
  void settle();

  std::size_t most_remembered_;
  TargetSessionMachine state_;
  std::vector<TargetConnectionCore*> connections_;
  std::vector<TargetConnectionCore*> joining_;
  std::vector<Lost> lost_;  // the oldest first
};

}  // namespace lunway::session
