// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a header that breaks section 11 is: a value, not a failure of ours.
//= rfc7143#7.7

#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace lunway::wire {

struct FormatError {
  enum class Kind : std::uint8_t {
    wrong_opcode,   // the header belongs to another PDU
    reserved_code,  // a code that section 11 reserves; "MUST be reported as a protocol error"
    illegal_value,  // a value that a field never has
    inconsistent,   // fields that contradict each other
  };

  Kind kind;
  /// The section whose rule is broken, as "11.3.1".
  std::string_view section;
  /// The rule in a few words. Static text.
  std::string_view rule;

  friend bool operator==(const FormatError&, const FormatError&) = default;
};

template <class Pdu>
using Parsed = std::expected<Pdu, FormatError>;

}  // namespace lunway::wire
