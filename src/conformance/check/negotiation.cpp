// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/check/negotiation.h"

#include <algorithm>
#include <utility>

#include "text/value.h"

namespace lunway::conformance {

using text::KeyInfo;
using text::Rule;

void Negotiation::said(wire::Role who, const KeyValue& pair) {
  const KeyInfo* key = text::find_key(pair.key);
  if (key == nullptr) return;
  Said& entry = keys_[text::index_of(key->id)];
  if (!entry.first) entry.first = who;
  entry.values[std::to_underlying(who)] = pair.value;
}

const std::string* Negotiation::value(text::KeyId key, wire::Role who) const {
  const std::optional<std::string>& value = keys_[text::index_of(key)].values[std::to_underlying(who)];
  return value ? &*value : nullptr;
}

std::optional<std::uint32_t> Negotiation::result(text::KeyId id) const {
  const KeyInfo& key = text::info_of(id);
  const Said& entry = keys_[text::index_of(id)];
  if (!entry.first) return key.default_value;
  const std::optional<std::string>& offer = entry.values[std::to_underlying(*entry.first)];
  const std::optional<std::string>& answer = entry.values[1U - std::to_underlying(*entry.first)];
  const std::optional<std::uint32_t> offered = value_in_table(key, *offer);
  if (!answer) {
    // A boolean offer that decides the result needs no answer.
    //= rfc7143#6.2.2
    if (key.rule == Rule::boolean_and && offered == 0U) return 0U;
    if (key.rule == Rule::boolean_or && offered == 1U) return 1U;
    return std::nullopt;
  }
  if (text::is_refusal(*answer)) return key.default_value;
  const std::optional<std::uint32_t> answered = value_in_table(key, *answer);
  if (key.rule == Rule::list) return answered;
  if (!offered || !answered) return std::nullopt;
  const bool larger = key.rule == Rule::maximum || key.rule == Rule::boolean_or;
  return larger ? std::max(*offered, *answered) : std::min(*offered, *answered);
}

std::optional<std::uint32_t> value_in_table(const KeyInfo& key, std::string_view value) {
  if (!key.words.empty()) {
    const auto found = std::ranges::find(key.words, value);
    if (found == key.words.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - key.words.begin());
  }
  const std::optional<std::uint64_t> number = text::parse_number(value);
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace lunway::conformance
