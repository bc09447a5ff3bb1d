// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/violation.h"

namespace lunway::text {
namespace {

struct Entry {
  std::string_view words;
  std::string_view section;
};

Entry entry_of(Reason reason) {
  switch (reason) {
    case Reason::wrong_stage:
      return {"not allowed in this stage", "rfc7143#6.3"};
    case Reason::wrong_sender:
      return {"not this side's key to send", "rfc7143#13"};
    case Reason::not_leading:
      return {"allowed on the leading connection only", "rfc7143#13"};
    case Reason::repeated:
      return {"declared or negotiated more than once", "rfc7143#6.3"};
    case Reason::reserved_word:
      return {"a reserved word where nothing was offered", "rfc7143#6.2"};
    case Reason::malformed_declaration:
      return {"a declaration of a value that the key does not allow", "rfc7143#6.1"};
    case Reason::malformed_answer:
      return {"an answer that is no value of the key", "rfc7143#6.2.2"};
    case Reason::answer_not_offered:
      return {"an answer that the offer does not allow", "rfc7143#6.2.2"};
    case Reason::not_understood:
      return {"NotUnderstood for a key that everybody must know", "rfc7143#6.2"};
    case Reason::unanswered:
      return {"an offer without its required answer", "rfc7143#6.2.2"};
    case Reason::too_late:
      return {"a proposal where it can no longer be answered", "rfc7143#6.3"};
    case Reason::integrity:
      return {"values that must not go together", "rfc7143#6.2"};
    case Reason::unacceptable:
      return {"a value outside of our own limits", "rfc7143#6.2"};
    case Reason::answer_too_long:
      return {"answers longer than the limit", "rfc7143#6.1"};
  }
  return {};
}

}  // namespace

bool is_protocol_error(Reason reason) { return reason != Reason::unacceptable && reason != Reason::answer_too_long; }

std::string_view section_of(Reason reason) { return entry_of(reason).section; }

std::string describe(const Violation& violation) {
  const auto [words, section] = entry_of(violation.reason);
  std::string text(violation.key ? info_of(*violation.key).name : "unknown key");
  return text.append(": ").append(words).append(" (").append(section).append(")");
}

}  // namespace lunway::text
