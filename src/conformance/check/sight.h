// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a family of rules sees of one PDU, and how it says that the PDU is wrong.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conformance/check/model.h"
#include "conformance/check/rule.h"
#include "conformance/peer/exchange.h"

namespace lunway::conformance {

/// Where violations go.
class Judge {
 public:
  virtual void violated(const CheckerRule& rule, const Event& event, std::string expected, std::string got) = 0;

 protected:
  ~Judge() = default;
};

/// One PDU, with the state of its connection before it. Lives as long as the call that gets it.
class Sight {
 public:
  Sight(const Event& event, const ConnectionModel& state, Judge& judge)
      : pdu(event.pdu), sender(event.sender), connection(state), event_(event), judge_(judge) {}

  const Pdu& pdu;
  const wire::Role sender;
  const ConnectionModel& connection;

  const SessionModel& session() const { return *connection.session; }
  const Event& event() const { return event_; }
  bool is(wire::Opcode opcode) const { return pdu.is(opcode); }
  bool in_full_feature() const { return connection.phase == Phase::full_feature; }

  /// The other side has kept the rules as far as we saw, and we saw all: what it said binds the sender.
  bool peer_is_honest() const { return session().is_known && !session().lied[other_side(sender)]; }

  /// The sender broke `rule`. Both texts for a reader, without a full stop.
  void violates(const CheckerRule& rule, std::string expected, std::string got) const {
    judge_.violated(rule, event_, std::move(expected), std::move(got));
  }

 private:
  const Event& event_;
  Judge& judge_;
};

/// Rules that belong together, and the function that applies them.
struct Family {
  std::span<const CheckerRule* const> rules;
  void (*judge)(const Sight&);
};

/// 0x0000000a
std::string hex(std::uint32_t value);
/// "SCSI Response with StatSN 0x0000000a"
std::string with(const Pdu& pdu, const Field& field);

}  // namespace lunway::conformance
