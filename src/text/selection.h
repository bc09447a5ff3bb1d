// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The rules by which an acceptor selects and a proposer checks, as functions over one key. Values are numbers: of a
// boolean No is 0 and Yes is 1, of a word its place in KeyInfo::words.
//= rfc7143#6.2.1
//= rfc7143#6.2.2

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "text/key_table.h"

namespace lunway::text {

/// One value of the key; nothing when it is malformed or out of the key's range.
std::optional<std::uint32_t> parse_value(const KeyInfo& info, std::string_view text);

std::string value_text(const KeyInfo& info, std::uint32_t value);
std::string list_text(const KeyInfo& info, std::span<const std::uint8_t> values);

/// What comes of two wishes under Minimum, Maximum, AND and OR.
std::uint32_t combine(Rule rule, std::uint32_t one, std::uint32_t other);

/// True when `answer` is a possible result for `offer`: what any acceptor could have selected.
bool is_possible_answer(Rule rule, std::uint32_t offer, std::uint32_t answer);

/// AND and "No", OR and "Yes": the offer decides the result alone, and the answer is optional.
bool decides_alone(Rule rule, std::uint32_t offer);

/// The first value of the offered list that is among `accepted`. Words nobody knows are passed over.
std::optional<std::uint32_t> select_from_list(const KeyInfo& info, std::string_view list,
                                              std::span<const std::uint8_t> accepted);

}  // namespace lunway::text
