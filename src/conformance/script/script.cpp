// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/script/script.h"

#include <algorithm>
#include <cstdio>

#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string name_of(wire::Opcode opcode) { return conformance::name_of(Pdu(opcode)); }

bool fits(const Arrival& arrival, const Allowed& choice) {
  switch (choice.what) {
    case Allowed::What::pdu:
      return arrival.is(choice.opcode);
    case Allowed::What::rejected:
      return arrival.is(wire::Opcode::reject) &&
             (choice.reason < 0 || arrival.pdu[field::kRejectReason] == static_cast<std::uint32_t>(choice.reason));
    case Allowed::What::closed:
      return arrival.ended();
    case Allowed::What::silence:
      break;
  }
  return arrival.kind == Arrival::Kind::silence;
}

std::string describe_choice(const Allowed& choice) {
  switch (choice.what) {
    case Allowed::What::pdu:
      return name_of(choice.opcode);
    case Allowed::What::rejected:
      return choice.reason < 0 ? "Reject" : "Reject with reason " + hex(static_cast<unsigned>(choice.reason));
    case Allowed::What::closed:
      return "the connection closed";
    case Allowed::What::silence:
      break;
  }
  return "silence";
}

}  // namespace

bool is_allowed(const Arrival& arrival, std::initializer_list<Allowed> choices) {
  return std::ranges::any_of(choices, [&](const Allowed& choice) { return fits(arrival, choice); });
}

std::string describe(std::initializer_list<Allowed> choices) {
  std::string text;
  for (const Allowed& choice : choices) text += (text.empty() ? "" : ", or ") + describe_choice(choice);
  return text;
}

ScriptBase::ScriptBase(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed)
    : test_(test), exchange_(exchange), patience_(patience), random_state_(seed) {}

void ScriptBase::require(bool holds, std::string_view expected, std::string_view got, std::string_view section) {
  if (!holds) fail(expected, got, section);
}

void ScriptBase::should(bool holds, std::string_view expected, std::string_view got, std::string_view section) {
  if (!holds) find(Finding::Weight::warning, expected, got, section);
}

void ScriptBase::require_equal(std::uint64_t got, std::uint64_t expected, std::string_view what,
                               std::string_view section) {
  if (got != expected) fail(std::string(what) + " is " + hex(expected), hex(got), section);
}

void ScriptBase::require_field(const Pdu& pdu, const Field& field, std::uint64_t expected, std::string_view section) {
  require_equal(pdu.get(field), expected, std::string(field.name) + " of the " + conformance::name_of(pdu), section);
}

void ScriptBase::fail(std::string_view expected, std::string_view got, std::string_view section) {
  find(Finding::Weight::failure, expected, got, section);
  throw ScriptEnded{};
}

void ScriptBase::blame(std::string_view expected, std::string_view got, std::string_view section) {
  find(Finding::Weight::failure, expected, got, section);
}

void ScriptBase::inapplicable(std::string_view reason) {
  reason_ = reason;
  inapplicable_ = true;
  throw ScriptEnded{};
}

void ScriptBase::inconclusive(std::string_view reason) {
  reason_ = reason;
  inconclusive_ = true;
  throw ScriptEnded{};
}

void ScriptBase::note(std::string_view text) {
  exchange_.add({.kind = Event::Kind::note, .when = runtime::read_clock(), .text = std::string(text)});
}

Pdu ScriptBase::expect(Connection& connection, wire::Opcode opcode, std::string_view expected) {
  Arrival arrival = receive(connection);
  if (!arrival.is(opcode)) {
    fail(expected.empty() ? name_of(opcode) : name_of(opcode) + ": " + std::string(expected), describe(arrival));
  }
  return std::move(arrival.pdu);
}

void ScriptBase::expect_close(Connection& connection, std::string_view expected) {
  const Arrival arrival = receive(connection);
  if (!arrival.ended()) fail(expected, describe(arrival));
}

void ScriptBase::expect_silence(Connection& connection, std::string_view expected) {
  const Arrival arrival = connection.receive(patience_.silence);
  if (arrival.kind != Arrival::Kind::silence) fail(expected, describe(arrival));
}

Arrival ScriptBase::expect_one_of(Connection& connection, std::initializer_list<Allowed> choices,
                                  std::string_view expected, std::string_view section) {
  const bool silence_allowed =
      std::ranges::any_of(choices, [](const Allowed& choice) { return choice.what == Allowed::What::silence; });
  Arrival arrival = connection.receive(silence_allowed ? patience_.silence : patience_.answer);
  if (!is_allowed(arrival, choices)) {
    fail(std::string(expected) + ": " + describe(choices), describe(arrival), section);
  }
  return arrival;
}

std::uint32_t ScriptBase::random() {
  // SplitMix64: a fixed function of the seed.
  random_state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(mixed >> 32);
}

Connection& ScriptBase::keep(std::unique_ptr<Connection> connection) {
  connections_.push_back(std::move(connection));
  return *connections_.back();
}

void ScriptBase::find(Finding::Weight weight, std::string_view expected, std::string_view got,
                      std::string_view section) {
  findings_.push_back(
      {weight, std::string(expected), std::string(got), std::string(section), exchange_.events().size()});
  exchange_.add({.kind = Event::Kind::finding,
                 .when = runtime::read_clock(),
                 .text = "expected " + std::string(expected) + (got.empty() ? "" : "; got " + std::string(got))});
}

}  // namespace lunway::conformance
