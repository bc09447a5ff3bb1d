// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One PDU on its way through a mutant: what a fault sees of it, and what it can do.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "conformance/peer/pdu.h"
#include "wire/opcode.h"

namespace lunway::mutant {

namespace field = conformance::field;
using conformance::Pdu;
using conformance::Text;
using wire::Opcode;

/// What a fault remembers of one connection.
struct Memory {
  /// How many PDUs of this kind have met the fault.
  std::uint32_t met = 0;
  /// For the fault's own use.
  std::array<std::uint32_t, 4> numbers{};
  Pdu kept{};
  bool has_kept = false;
};

struct Passage {
  wire::Role from;
  /// The login is not over.
  bool in_login;
  Memory& memory;
  /// Changes are passed on with lengths, padding and digests to match, apart from its lies.
  Pdu pdu;

  /// Passed on with right digests and padding, however it came.
  bool repaired = false;
  /// Not passed on.
  bool drop = false;
  /// After this PDU, or instead of it when it is dropped, the connection ends.
  bool close = false;
  /// Go the same way, before and after the PDU.
  std::vector<Pdu> before{};
  std::vector<Pdu> after{};
  /// Go back to where the PDU came from, as if the mutant had answered.
  std::vector<Pdu> back{};

  bool is(wire::Role sender, Opcode opcode) const { return from == sender && pdu.is(opcode); }
  /// The same, and counts: 1 for the first that meets the fault.
  std::uint32_t meet() { return ++memory.met; }

  /// Changes the text of the PDU.
  void set_value(std::string_view key, std::string_view value);
  void add_value(std::string_view key, std::string_view value);
  void remove_key(std::string_view key);
  /// Empty when it is not there.
  std::string value(std::string_view key) const;
};

}  // namespace lunway::mutant
