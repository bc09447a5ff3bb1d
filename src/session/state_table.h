// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// State machines as constexpr tables. One row is one arrow of a diagram of RFC 7143, chapter 8, with the number the RFC
// gives it. The engine steps through the tables, the golden file lists them, docs/state-machines.md is drawn from them.
//= rfc7143#8
//
// A pair of state and event without a row is a value (no transition), never a crash: a peer may cause any event in any
// state.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lunway::session {

template <class State>
struct StateRow {
  State state;
  std::string_view label;    // "S5"
  std::string_view name;     // "LOGGED_IN"
  std::string_view meaning;  // one sentence for people
};

template <class Event>
struct EventRow {
  Event event;
  std::string_view name;
  std::string_view meaning;
};

template <class State, class Event>
struct Transition {
  State from;
  Event event;
  State to;
  std::string_view label;  // "T5"
};

template <class State, class Event, std::size_t S, std::size_t E, std::size_t T>
struct StateTable {
  std::string_view title;
  std::string_view section;
  std::array<StateRow<State>, S> states;  // the first is where a machine starts
  std::array<EventRow<Event>, E> events;
  std::array<Transition<State, Event>, T> transitions;

  using StateType = State;
  using EventType = Event;
  using TransitionType = Transition<State, Event>;

  constexpr State first() const { return states.front().state; }

  /// The arrow from `from` on `event`, or null when the RFC draws none.
  constexpr const TransitionType* find(State from, Event event) const {
    for (const TransitionType& row : transitions)
      if (row.from == from && row.event == event) return &row;
    return nullptr;
  }

  constexpr const StateRow<State>& describe(State state) const {
    for (const StateRow<State>& row : states)
      if (row.state == state) return row;
    return states.front();
  }

  constexpr const EventRow<Event>& describe(Event event) const {
    for (const EventRow<Event>& row : events)
      if (row.event == event) return row;
    return events.front();
  }

  constexpr bool is_deterministic() const {
    for (const TransitionType& row : transitions)
      if (find(row.from, row.event) != &row) return false;
    return true;
  }

  constexpr bool reaches_every_state() const {
    std::array<bool, S> seen{};
    seen[0] = true;
    for (std::size_t round = 0; round < S; ++round)
      for (const TransitionType& row : transitions)
        if (seen[index(row.from)]) seen[index(row.to)] = true;
    for (const bool reached : seen)
      if (!reached) return false;
    return true;
  }

  constexpr bool uses_every_event() const {
    for (const EventRow<Event>& event : events) {
      bool used = false;
      for (const TransitionType& row : transitions) used = used || row.event == event.event;
      if (!used) return false;
    }
    return true;
  }

  constexpr bool is_sound() const { return is_deterministic() && reaches_every_state() && uses_every_event(); }

 private:
  constexpr std::size_t index(State state) const {
    for (std::size_t at = 0; at < S; ++at)
      if (states[at].state == state) return at;
    return 0;
  }
};

/// A state that moves along one table.
template <const auto& kTable>
class StateMachine {
  using Table = std::remove_cvref_t<decltype(kTable)>;

 public:
  using State = typename Table::StateType;
  using Event = typename Table::EventType;

  constexpr State state() const { return state_; }

  /// Takes the arrow of `event`. Null, and nothing moved, when there is none.
  constexpr const typename Table::TransitionType* step(Event event) {
    const auto* row = kTable.find(state_, event);
    if (row != nullptr) state_ = row->to;
    return row;
  }

 private:
  State state_ = kTable.first();
};

}  // namespace lunway::session
