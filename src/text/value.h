// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The values of text keys: strict reading, and writing. Nothing is trimmed, nothing is guessed.
//= rfc7143#6.1

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lunway::text {

/// "If not otherwise specified, the maximum length of a simple-value": bytes, not counting the delimiter.
inline constexpr std::size_t kMaxSimpleValue = 255;

/// The words that no value may use for itself.
//= rfc7143#6.2
inline constexpr std::string_view kReject = "Reject";
inline constexpr std::string_view kIrrelevant = "Irrelevant";
inline constexpr std::string_view kNotUnderstood = "NotUnderstood";
inline constexpr std::string_view kNone = "None";

/// Reject, Irrelevant or NotUnderstood: an answer, never a proposal.
bool is_refusal(std::string_view value);

/// "Yes" or "No", in this case.
std::optional<bool> parse_boolean(std::string_view value);
constexpr std::string_view boolean_text(bool value) { return value ? "Yes" : "No"; }

/// A numerical-value: a decimal-constant without leading zeros or a hex-constant, less than 2^64.
std::optional<std::uint64_t> parse_number(std::string_view value);

struct NumberRange {
  std::uint64_t low;
  std::uint64_t high;
};

/// A numerical-range: "low~high" with low not above high.
std::optional<NumberRange> parse_range(std::string_view value);

/// Cuts a list-of-values: returns what stands before the first comma and removes it with its comma from `rest`.
std::string_view take_list_item(std::string_view& rest);

/// A regular-binary-value of a known length of 1 to 8 bytes, which may also be a decimal-constant; as a number, most
/// significant byte first.
std::optional<std::uint64_t> parse_small_binary(std::string_view value, std::size_t bytes);

/// Well-formed UTF-8 without surrogates, overlong forms and code points above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace lunway::text
