// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The standard connection state diagrams: what a connection goes through while it is not being cleaned up.
//= rfc7143#8.1
//
// The two roles have types of their own, because a state that the RFC calls illegal for a role should not be writable
// for it. Numbers of states are the RFC's.

#pragma once

#include <cstdint>

#include "session/state_table.h"

namespace lunway::session {

// -------------------------------------------------------------------------------------------------------- initiator
//= rfc7143#8.1.3

enum class InitiatorConnectionState : std::uint8_t {
  free = 1,
  xpt_wait = 2,
  in_login = 4,
  logged_in = 5,
  in_logout = 6,
  logout_requested = 7,
  cleanup_wait = 8,
};

enum class InitiatorConnectionEvent : std::uint8_t {
  connect_started,
  connect_failed,
  connected,
  login_accepted,
  login_refused,
  login_timed_out,
  logout_started,
  logout_asked,
  logout_succeeded,
  logout_failed,
  drop_announced,
  transport_lost,
  session_closed,
};

inline constexpr auto kInitiatorConnectionTable = [] {
  using State = InitiatorConnectionState;
  using Event = InitiatorConnectionEvent;
  return StateTable<State, Event, 7, 13, 26>{
      "Connection, initiator",
      "8.1.3",
      {{
          {State::free, "S1", "FREE", "no transport connection, or closed in good order"},
          {State::xpt_wait, "S2", "XPT_WAIT", "waiting for the transport connection to be established"},
          {State::in_login, "S4", "IN_LOGIN", "waiting for the login to conclude"},
          {State::logged_in, "S5", "LOGGED_IN", "in the Full Feature Phase"},
          {State::in_logout, "S6", "IN_LOGOUT", "waiting for the Logout Response"},
          {State::logout_requested, "S7", "LOGOUT_REQUESTED", "asked by the target to log out, not yet ready to"},
          {State::cleanup_wait, "S8", "CLEANUP_WAIT", "lost with tasks that may still be busy; waiting for cleanup"},
      }},
      {{
          {Event::connect_started, "connect_started", "a transport connection was asked for"},
          {Event::connect_failed, "connect_failed", "it timed out or was refused"},
          {Event::connected, "connected", "the transport connection stands"},
          {Event::login_accepted, "login_accepted", "final Login Response with Status-Class 0"},
          {Event::login_refused, "login_refused",
           "Login Response with another Status-Class, or one that breaks the rules"},
          {Event::login_timed_out, "login_timed_out", "the login took too long"},
          {Event::logout_started, "logout_started", "ready to log out; a Logout Request was sent"},
          {Event::logout_asked, "logout_asked", "Async Message \"Request Logout\""},
          {Event::logout_succeeded, "logout_succeeded", "Logout Response with success"},
          {Event::logout_failed, "logout_failed", "Logout Response with failure, or none in time"},
          {Event::drop_announced, "drop_announced", "Async Message \"Drop connection\" or \"Drop all connections\""},
          {Event::transport_lost, "transport_lost", "disconnect, reset or timeout of the transport"},
          {Event::session_closed, "session_closed", "another connection's \"close the session\" logout succeeded"},
      }},
      {{
          {State::free, Event::connect_started, State::xpt_wait, "T1"},
          {State::xpt_wait, Event::connect_failed, State::free, "T2"},
          {State::xpt_wait, Event::transport_lost, State::free, "T2"},
          {State::xpt_wait, Event::session_closed, State::free, "T2"},
          {State::xpt_wait, Event::connected, State::in_login, "T4"},
          {State::in_login, Event::login_accepted, State::logged_in, "T5"},
          {State::in_login, Event::login_refused, State::free, "T7"},
          {State::in_login, Event::login_timed_out, State::free, "T7"},
          {State::in_login, Event::transport_lost, State::free, "T7"},
          {State::in_login, Event::session_closed, State::free, "T7"},
          {State::logged_in, Event::session_closed, State::free, "T8"},
          {State::logged_in, Event::logout_started, State::in_logout, "T9"},
          {State::logout_requested, Event::logout_started, State::in_logout, "T10"},
          {State::logged_in, Event::logout_asked, State::logout_requested, "T11"},
          {State::logout_requested, Event::logout_asked, State::logout_requested, "T12"},
          {State::in_logout, Event::logout_succeeded, State::free, "T13"},
          {State::in_logout, Event::session_closed, State::free, "T13"},
          {State::in_logout, Event::logout_asked, State::in_logout, "T14"},
          {State::logged_in, Event::drop_announced, State::cleanup_wait, "T15"},
          {State::logged_in, Event::transport_lost, State::cleanup_wait, "T15"},
          {State::logout_requested, Event::drop_announced, State::cleanup_wait, "T16"},
          {State::logout_requested, Event::transport_lost, State::cleanup_wait, "T16"},
          {State::in_logout, Event::logout_failed, State::cleanup_wait, "T17"},
          {State::in_logout, Event::drop_announced, State::cleanup_wait, "T17"},
          {State::in_logout, Event::transport_lost, State::cleanup_wait, "T17"},
          {State::logout_requested, Event::session_closed, State::free, "T18"},
      }},
  };
}();

static_assert(kInitiatorConnectionTable.is_sound());

using InitiatorConnectionMachine = StateMachine<kInitiatorConnectionTable>;

// ----------------------------------------------------------------------------------------------------------- target
//= rfc7143#8.1.4

enum class TargetConnectionState : std::uint8_t {
  free = 1,
  xpt_up = 3,
  in_login = 4,
  logged_in = 5,
  in_logout = 6,
  logout_requested = 7,
  cleanup_wait = 8,
};

enum class TargetConnectionEvent : std::uint8_t {
  accepted,
  login_started,
  login_accepted,
  login_refused,
  login_timed_out,
  logout_received,
  logout_requested,
  logout_succeeded,
  logout_failed,
  transport_lost,
  emergency,
  session_closed,
  reinstated,
  reinstatement_failed,
};

/// The table of 8.1.4 has an arrow T12 from S7 to S7, which 8.1.2 calls illegal for a target. It is not listed: a
/// target that has asked for a logout once need not ask again.
inline constexpr auto kTargetConnectionTable = [] {
  using State = TargetConnectionState;
  using Event = TargetConnectionEvent;
  return StateTable<State, Event, 7, 14, 29>{
      "Connection, target",
      "8.1.4",
      {{
          {State::free, "S1", "FREE", "no transport connection, or closed in good order"},
          {State::xpt_up, "S3", "XPT_UP", "waiting for the login to begin"},
          {State::in_login, "S4", "IN_LOGIN", "waiting for the login to conclude"},
          {State::logged_in, "S5", "LOGGED_IN", "in the Full Feature Phase"},
          {State::in_logout, "S6", "IN_LOGOUT", "processing a logout"},
          {State::logout_requested, "S7", "LOGOUT_REQUESTED", "has asked for a logout, waiting for it to begin"},
          {State::cleanup_wait, "S8", "CLEANUP_WAIT", "lost with tasks that may still be busy; waiting for cleanup"},
      }},
      {{
          {Event::accepted, "accepted", "a transport connection was accepted"},
          {Event::login_started, "login_started", "the initial Login Request was received"},
          {Event::login_accepted, "login_accepted", "final Login Response with Status-Class 0 goes out"},
          {Event::login_refused, "login_refused", "Login Response with another Status-Class goes out"},
          {Event::login_timed_out, "login_timed_out", "the login did not begin, or not end, in time"},
          {Event::logout_received, "logout_received", "a Logout Request was received"},
          {Event::logout_requested, "logout_requested", "Async Message \"Request Logout\" goes out"},
          {Event::logout_succeeded, "logout_succeeded", "logout processed; Logout Response with success goes out"},
          {Event::logout_failed, "logout_failed", "logout failed; Logout Response with failure goes out"},
          {Event::transport_lost, "transport_lost", "disconnect, reset or timeout of the transport"},
          {Event::emergency, "emergency", "Async Message \"Drop connection\" or \"Drop all connections\" goes out"},
          {Event::session_closed, "session_closed", "another connection's \"close the session\" logout succeeded"},
          {Event::reinstated, "reinstated", "a connection or session reinstatement succeeded"},
          {Event::reinstatement_failed, "reinstatement_failed", "a connection or session reinstatement failed"},
      }},
      {{
          {State::free, Event::accepted, State::xpt_up, "T3"},
          {State::xpt_up, Event::login_started, State::in_login, "T4"},
          {State::in_login, Event::login_accepted, State::logged_in, "T5"},
          {State::xpt_up, Event::login_timed_out, State::free, "T6"},
          {State::xpt_up, Event::transport_lost, State::free, "T6"},
          {State::in_login, Event::login_refused, State::free, "T7"},
          {State::in_login, Event::login_timed_out, State::free, "T7"},
          {State::in_login, Event::transport_lost, State::free, "T7"},
          {State::in_login, Event::session_closed, State::free, "T7"},
          {State::logged_in, Event::session_closed, State::free, "T8"},
          {State::logged_in, Event::reinstated, State::free, "T8"},
          {State::logged_in, Event::logout_received, State::in_logout, "T9"},
          {State::logout_requested, Event::logout_received, State::in_logout, "T10"},
          {State::logged_in, Event::logout_requested, State::logout_requested, "T11"},
          {State::in_logout, Event::logout_succeeded, State::free, "T13"},
          {State::in_logout, Event::session_closed, State::free, "T13"},
          {State::in_logout, Event::reinstated, State::free, "T13"},
          {State::logged_in, Event::transport_lost, State::cleanup_wait, "T15"},
          {State::logged_in, Event::emergency, State::cleanup_wait, "T15"},
          {State::logged_in, Event::reinstatement_failed, State::cleanup_wait, "T15"},
          {State::logout_requested, Event::transport_lost, State::cleanup_wait, "T16"},
          {State::logout_requested, Event::emergency, State::cleanup_wait, "T16"},
          {State::logout_requested, Event::reinstatement_failed, State::cleanup_wait, "T16"},
          {State::in_logout, Event::logout_failed, State::cleanup_wait, "T17"},
          {State::in_logout, Event::transport_lost, State::cleanup_wait, "T17"},
          {State::in_logout, Event::emergency, State::cleanup_wait, "T17"},
          {State::in_logout, Event::reinstatement_failed, State::cleanup_wait, "T17"},
          {State::logout_requested, Event::session_closed, State::free, "T18"},
          {State::logout_requested, Event::reinstated, State::free, "T18"},
      }},
  };
}();

static_assert(kTargetConnectionTable.is_sound());

using TargetConnectionMachine = StateMachine<kTargetConnectionTable>;

}  // namespace lunway::session
