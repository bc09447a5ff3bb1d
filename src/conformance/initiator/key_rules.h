// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a plain good target answers operational keys, by a table of its own that knows nothing of Lunway's negotiator.
//= rfc7143#13

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conformance/peer/pdu.h"

namespace lunway::conformance {

/// The answer to one key of an initiator; nothing when it needs none.
std::optional<std::string> plain_answer(const KeyValue& offer);

/// Whether `value` is in the list that `offered` is.
bool is_offered(std::string_view offered, std::string_view value);

/// Puts `value` in place of what the key has, or adds it.
void set_value(Text& text, std::string_view key, std::string_view value);
void drop_value(Text& text, std::string_view key);

/// A number as 6.1 has it, decimal or hexadecimal.
//= rfc7143#6.1
std::optional<std::uint64_t> number_in(std::string_view text);

}  // namespace lunway::conformance
