// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A PDU that may be wrong in any way: nothing is checked and nothing is mended.
//= rfc7143#11.2

#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "conformance/peer/layout.h"
#include "wire/digest.h"
#include "wire/header.h"

namespace lunway::conformance {

/// One key=value of a text data segment.
struct KeyValue {
  std::string key;
  std::string value;

  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};
using Text = std::vector<KeyValue>;

/// Pairs with a null byte after each, as a data segment holds them.
std::vector<std::byte> encode_text(const Text& text);
/// What can be read of a data segment: a pair without '=' is a key without a value.
Text decode_text(Bytes data);
/// The first value of `key`, nullptr when it is not there.
const std::string* find_value(const Text& text, std::string_view key);

/// How what goes on the wire departs from what the PDU says of itself.
struct Lies {
  std::optional<std::uint32_t> data_segment_length = std::nullopt;
  std::optional<std::uint8_t> total_ahs_length = std::nullopt;
  bool wrong_header_digest = false;
  bool wrong_data_digest = false;
  bool without_padding = false;
  std::byte padding{0};

  friend bool operator==(const Lies&, const Lies&) = default;
};

class Pdu {
 public:
  Pdu() = default;
  explicit Pdu(wire::Opcode opcode, bool immediate = false);

  wire::Header header{};
  std::vector<std::byte> ahs;
  std::vector<std::byte> data;
  Lies lies;

  /// Only of a PDU that has come: false when there was a digest and it was wrong.
  bool header_digest_ok = true;
  bool data_digest_ok = true;
  /// Only of a PDU that has come: its padding was zero.
  bool padding_is_zero = true;

  wire::Opcode opcode() const { return static_cast<wire::Opcode>(get(field::kOpcode)); }
  bool is_lying() const { return lies != Lies{}; }
  bool is(wire::Opcode opcode) const { return this->opcode() == opcode; }

  std::uint64_t get(const Field& field) const;
  /// The same of a field of at most 32 bits.
  std::uint32_t operator[](const Field& field) const { return static_cast<std::uint32_t>(get(field)); }

  /// Bits of `value` that the field has no place for are dropped.
  Pdu& set(const Field& field, std::uint64_t value) &;
  Pdu&& set(const Field& field, std::uint64_t value) && { return std::move(set(field, value)); }

  Pdu& with_data(Bytes bytes) &;
  Pdu&& with_data(Bytes bytes) && { return std::move(with_data(bytes)); }
  Pdu& with_text(const Text& text) &;
  Pdu&& with_text(const Text& text) && { return std::move(with_text(text)); }
  Pdu&& lying(const Lies& how) && {
    lies = how;
    return std::move(*this);
  }

  Text text() const { return decode_text(data); }

  friend bool operator==(const Pdu& left, const Pdu& right) {
    return left.header == right.header && left.ahs == right.ahs && left.data == right.data;
  }
};

/// The bytes of the PDU: lengths, padding and digests as they should be, apart from its lies.
std::vector<std::byte> encode(const Pdu& pdu, wire::Digests digests);

/// "Login Response", or "PDU with opcode 0x1f".
std::string name_of(const Pdu& pdu);

/// One field with its value for a reader: "CmdSN 0x00000010".
struct DecodedField {
  std::string_view name;
  std::uint64_t value;
  std::uint16_t bits;
};
/// All fields of the PDU in the order of its figure; empty when its opcode has none.
std::vector<DecodedField> decoded_fields(const Pdu& pdu);

/// A line for a reader: name, the fields that matter, the length of its data.
std::string summary_of(const Pdu& pdu);

}  // namespace lunway::conformance
