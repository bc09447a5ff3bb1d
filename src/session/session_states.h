// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The session state diagrams of both roles.
//= rfc7143#8.3

#pragma once

#include <cstdint>

#include "session/state_table.h"

namespace lunway::session {

// -------------------------------------------------------------------------------------------------------- initiator
//= rfc7143#8.3.1

enum class InitiatorSessionState : std::uint8_t { free = 1, logged_in = 3, failed = 4 };

enum class InitiatorSessionEvent : std::uint8_t {
  connection_logged_in,
  closed,
  failed,
  continued,
  timed_out,
  reinstated,
};

inline constexpr auto kInitiatorSessionTable = [] {
  using State = InitiatorSessionState;
  using Event = InitiatorSessionEvent;
  return StateTable<State, Event, 3, 6, 6>{
      "Session, initiator",
      "8.3.1",
      {{
          {State::free, "Q1", "FREE", "not begun, or cleaned up"},
          {State::logged_in, "Q3", "LOGGED_IN", "in the Full Feature Phase"},
          {State::failed, "Q4", "FAILED", "waiting for session recovery or continuation"},
      }},
      {{
          {Event::connection_logged_in, "connection_logged_in", "at least one connection reached LOGGED_IN"},
          {Event::closed, "closed", "graceful closure"},
          {Event::failed, "failed", "session failure: no connection is left in the Full Feature Phase"},
          {Event::continued, "continued", "a session continuation attempt succeeded"},
          {Event::timed_out, "timed_out", "the session state timed out"},
          {Event::reinstated, "reinstated", "a session reinstatement cleared this instance"},
      }},
      {{
          {State::free, Event::connection_logged_in, State::logged_in, "N1"},
          {State::logged_in, Event::closed, State::free, "N3"},
          {State::failed, Event::continued, State::logged_in, "N4"},
          {State::logged_in, Event::failed, State::failed, "N5"},
          {State::failed, Event::timed_out, State::free, "N6"},
          {State::failed, Event::reinstated, State::free, "N6"},
      }},
  };
}();

static_assert(kInitiatorSessionTable.is_sound());

using InitiatorSessionMachine = StateMachine<kInitiatorSessionTable>;

// ----------------------------------------------------------------------------------------------------------- target
//= rfc7143#8.3.2

enum class TargetSessionState : std::uint8_t { free = 1, active = 2, logged_in = 3, failed = 4, in_continue = 5 };

enum class TargetSessionEvent : std::uint8_t {
  login_started,
  connection_logged_in,
  login_failed,
  closed,
  failed,
  timed_out,
  continuation_started,
  continuation_failed,
  continued,
  reinstated,
};

inline constexpr auto kTargetSessionTable = [] {
  using State = TargetSessionState;
  using Event = TargetSessionEvent;
  return StateTable<State, Event, 5, 10, 12>{
      "Session, target",
      "8.3.2",
      {{
          {State::free, "Q1", "FREE", "not begun, or cleaned up"},
          {State::active, "Q2", "ACTIVE", "the first connection is in its login"},
          {State::logged_in, "Q3", "LOGGED_IN", "in the Full Feature Phase"},
          {State::failed, "Q4", "FAILED", "waiting for session recovery or continuation"},
          {State::in_continue, "Q5", "IN_CONTINUE", "waiting for a continuation attempt to conclude"},
      }},
      {{
          {Event::login_started, "login_started", "the first connection reached IN_LOGIN"},
          {Event::connection_logged_in, "connection_logged_in", "at least one connection reached LOGGED_IN"},
          {Event::login_failed, "login_failed", "the login of the leading connection failed"},
          {Event::closed, "closed", "graceful closure"},
          {Event::failed, "failed", "session failure: no connection is left in the Full Feature Phase"},
          {Event::timed_out, "timed_out", "the session state timed out"},
          {Event::continuation_started, "continuation_started", "a session continuation was attempted"},
          {Event::continuation_failed, "continuation_failed", "the last continuation attempt failed"},
          {Event::continued, "continued", "a session continuation attempt succeeded"},
          {Event::reinstated, "reinstated", "a session reinstatement closed this instance"},
      }},
      {{
          {State::free, Event::login_started, State::active, "N1"},
          {State::active, Event::connection_logged_in, State::logged_in, "N2"},
          {State::logged_in, Event::closed, State::free, "N3"},
          {State::logged_in, Event::reinstated, State::free, "N3"},
          {State::logged_in, Event::failed, State::failed, "N5"},
          {State::failed, Event::timed_out, State::free, "N6"},
          {State::failed, Event::reinstated, State::free, "N6"},
          {State::failed, Event::continuation_started, State::in_continue, "N7"},
          {State::in_continue, Event::continuation_failed, State::failed, "N8"},
          {State::active, Event::login_failed, State::free, "N9"},
          {State::in_continue, Event::continued, State::logged_in, "N10"},
          {State::in_continue, Event::reinstated, State::free, "N11"},
      }},
  };
}();

static_assert(kTargetSessionTable.is_sound());

using TargetSessionMachine = StateMachine<kTargetSessionTable>;

}  // namespace lunway::session
