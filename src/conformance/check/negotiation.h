// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What two sides said about the keys of the key table, and what follows from it.
//= rfc7143#6.2

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/peer/pdu.h"
#include "text/key_table.h"
#include "wire/opcode.h"

namespace lunway::conformance {

constexpr text::Role text_role(wire::Role role) {
  return role == wire::Role::initiator ? text::Role::initiator : text::Role::target;
}

class Negotiation {
 public:
  void said(wire::Role who, const KeyValue& pair);

  /// The last value that `who` gave to the key.
  const std::string* value(text::KeyId key, wire::Role who) const;
  /// Who spoke of the key first.
  std::optional<wire::Role> originator(text::KeyId key) const { return keys_[text::index_of(key)].first; }

  /// The value in force for a key that is negotiated: a number, 0 and 1 for No and Yes, the place of a word in the
  /// key's list. Nothing when what was said leaves it in doubt.
  std::optional<std::uint32_t> result(text::KeyId id) const;
  bool is(text::KeyId key, std::uint32_t value) const { return result(key) == value; }

 private:
  struct Said {
    std::optional<wire::Role> first;
    std::array<std::optional<std::string>, 2> values;
  };

  std::array<Said, text::kKeyCount> keys_;
};

/// A number, a boolean or a word as the key table counts it.
std::optional<std::uint32_t> value_in_table(const text::KeyInfo& key, std::string_view value);

}  // namespace lunway::conformance
