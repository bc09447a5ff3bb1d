// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/selection.h"

#include <algorithm>

#include "text/value.h"

namespace lunway::text {
namespace {

std::optional<std::uint32_t> find_word(Words words, std::string_view text) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - words.begin());
}

constexpr bool takes_lower(Rule rule) { return rule == Rule::minimum || rule == Rule::boolean_and; }

}  // namespace

std::optional<std::uint32_t> parse_value(const KeyInfo& info, std::string_view text) {
  if (!info.words.empty()) return find_word(info.words, text);
  const auto number = parse_number(text);
  if (!number || *number < info.lowest || *number > info.highest) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::string value_text(const KeyInfo& info, std::uint32_t value) {
  return info.words.empty() ? std::to_string(value) : std::string(info.words[value]);
}

std::string list_text(const KeyInfo& info, std::span<const std::uint8_t> values) {
  std::string text;
  for (const std::uint8_t value : values) {
    if (!text.empty()) text.push_back(',');
    text.append(info.words[value]);
  }
  return text;
}

std::uint32_t combine(Rule rule, std::uint32_t one, std::uint32_t other) {
  return takes_lower(rule) ? std::min(one, other) : std::max(one, other);
}

bool is_possible_answer(Rule rule, std::uint32_t offer, std::uint32_t answer) {
  return takes_lower(rule) ? answer <= offer : answer >= offer;
}

bool decides_alone(Rule rule, std::uint32_t offer) {
  return (rule == Rule::boolean_and && offer == 0) || (rule == Rule::boolean_or && offer == 1);
}

std::optional<std::uint32_t> select_from_list(const KeyInfo& info, std::string_view list,
                                              std::span<const std::uint8_t> accepted) {
  while (!list.empty()) {
    const auto value = find_word(info.words, take_list_item(list));
    if (value && std::ranges::find(accepted, *value) != accepted.end()) return value;
  }
  return std::nullopt;
}

}  // namespace lunway::text
