// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The connection cleanup state diagram: how a connection that was lost with busy tasks comes to its end, by way of
// another connection's logout for it (explicit) or of a login that takes its place (implicit). Both roles share it.
//= rfc7143#8.2

#pragma once

#include <cstdint>

#include "session/state_table.h"

namespace lunway::session {

enum class CleanupState : std::uint8_t { cleanup_wait = 1, in_cleanup = 2, free = 3 };

enum class CleanupEvent : std::uint8_t {
  cleanup_started,
  cleanup_failed,
  cleanup_succeeded,
  timed_out,
  session_closed
};

inline constexpr auto kCleanupTable = [] {
  using State = CleanupState;
  using Event = CleanupEvent;
  return StateTable<State, Event, 3, 5, 6>{
      "Connection cleanup, both roles",
      "8.2",
      {{
          {State::cleanup_wait, "R1", "CLEANUP_WAIT", "waiting for the cleanup to begin (the same as S8)"},
          {State::in_cleanup, "R2", "IN_CLEANUP", "waiting for the cleanup to conclude"},
          {State::free, "R3", "FREE", "cleaned up (the same as S1)"},
      }},
      {{
          {Event::cleanup_started, "cleanup_started", "an implicit or explicit logout for this CID has begun"},
          {Event::cleanup_failed, "cleanup_failed", "that logout failed, timed out, or lost its connection"},
          {Event::cleanup_succeeded, "cleanup_succeeded", "that logout succeeded"},
          {Event::timed_out, "timed_out", "the connection state timed out"},
          {Event::session_closed, "session_closed", "another connection's \"close the session\" logout succeeded"},
      }},
      {{
          {State::cleanup_wait, Event::timed_out, State::free, "M1"},
          {State::cleanup_wait, Event::session_closed, State::free, "M1"},
          {State::cleanup_wait, Event::cleanup_started, State::in_cleanup, "M2"},
          {State::in_cleanup, Event::cleanup_failed, State::cleanup_wait, "M3"},
          {State::in_cleanup, Event::cleanup_succeeded, State::free, "M4"},
          {State::in_cleanup, Event::session_closed, State::free, "M4"},
      }},
  };
}();

static_assert(kCleanupTable.is_sound());

using CleanupMachine = StateMachine<kCleanupTable>;

}  // namespace lunway::session
