// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// All that was said on the connections of one test, in order and with the time: what reports draw, what the invariant
// checker judges, and what becomes a capture file.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "conformance/peer/pdu.h"
#include "wire/digest.h"
#include "wire/opcode.h"

namespace lunway::conformance {

struct Event {
  enum class Kind : std::uint8_t {
    opened,   // a TCP connection
    pdu,      // `sender` sent `pdu`
    bytes,    // `sender` sent `bytes`, which are no whole PDU
    closed,   // `sender` closed or reset the connection
    note,     // the script says what it is about: `text`
    finding,  // something that should not be: `text`
  };

  Kind kind;
  Instant when;
  /// Connections of a test count from 0.
  unsigned connection = 0;
  wire::Role sender = wire::Role::initiator;
  Pdu pdu{};
  /// As they went over the wire, digests and all.
  std::vector<std::byte> bytes{};
  wire::Digests digests{};
  std::string text{};
  /// This side of the connection is the test's own: its mistakes are meant.
  bool by_script = false;
};

/// Sees each event when it happens.
class Witness {
 public:
  virtual void on_event(const Event& event) = 0;

 protected:
  ~Witness() = default;
};

/// The record of one test. Not thread-safe: a test has one thread.
class Exchange {
 public:
  /// `witness` may be nullptr, and outlives the exchange otherwise.
  explicit Exchange(Witness* witness = nullptr) : witness_(witness) {}

  void add(Event event) {
    events_.push_back(std::move(event));
    if (witness_ != nullptr) witness_->on_event(events_.back());
  }
  const std::vector<Event>& events() const { return events_; }
  /// The number of the next connection.
  unsigned next_connection() { return connections_++; }

 private:
  Witness* witness_;
  std::vector<Event> events_;
  unsigned connections_ = 0;
};

}  // namespace lunway::conformance
