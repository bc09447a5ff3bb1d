// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a negotiation goes wrong. In the Login Phase a target answers each of these with a Login reject "initiator
// error" (0x0200) and an initiator drops the connection; in the Full Feature Phase a target answers with a Reject
// "protocol error" and an initiator resets the negotiation.
//= rfc7143#6.3
//= rfc7143#6.4

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/key_table.h"

namespace lunway::text {

enum class Reason : std::uint8_t {
  wrong_stage,            // the key is not allowed in this stage
  wrong_sender,           // the key is not this side's to send
  not_leading,            // a leading-only key on another connection
  repeated,               // declared or negotiated twice
  reserved_word,          // Reject, Irrelevant or NotUnderstood where nothing was offered
  malformed_declaration,  // a declared value that the key does not allow
  malformed_answer,       // an answer that is no value of the key
  answer_not_offered,     // an answer that the key's result function does not allow
  not_understood,         // NotUnderstood for a key that everybody must know
  unanswered,             // an offer that needs an answer got none
  too_late,               // a proposal in the last text, where nobody can answer it any more
  integrity,              // two values that must not go together
  unacceptable,           // no rule broken, but we do not work with this value
  answer_too_long,        // our answers do not fit the text we may send
};

struct Violation {
  Reason reason;
  std::optional<KeyId> key;

  friend bool operator==(const Violation&, const Violation&) = default;
};

/// False only for `unacceptable` and `answer_too_long`: there the negotiation fails, but the peer broke no rule.
bool is_protocol_error(Reason reason);

/// Where the RFC forbids it, as citations write it: "rfc7143#6.2.2".
std::string_view section_of(Reason reason);

/// For a log: "MaxBurstLength: answer that was not offered (rfc7143#6.2.2)". No byte of the peer is in it.
std::string describe(const Violation& violation);

}  // namespace lunway::text
