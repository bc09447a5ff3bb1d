// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/peer/pdu.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kBitsPerByte = 8;

std::byte mask_of_bit(std::size_t bit) { return std::byte(0x80U >> (bit % kBitsPerByte)); }

void append(std::vector<std::byte>& to, Bytes from) { to.insert(to.end(), from.begin(), from.end()); }

void append_digest(std::vector<std::byte>& to, Bytes covered, bool wrong) {
  Crc32c crc;
  crc.update(covered);
  auto digest = crc.wire_bytes();
  if (wrong) digest[0] ^= std::byte{0x01};
  append(to, digest);
}

/// As many digits as the field has.
std::string hex(std::uint64_t value, unsigned bits) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
  const auto count = static_cast<std::size_t>(end - digits.begin());
  const std::size_t wanted = (bits + 3) / 4;
  return "0x" + std::string(wanted > count ? wanted - count : 0, '0') + std::string(digits.data(), count);
}

/// What a summary leaves out: it is in the name of the PDU or follows from its length.
bool is_framing(const Field& field) {
  return field == field::kOpcode || field == field::kTotalAhsLength || field == field::kDataSegmentLength;
}

}  // namespace

std::vector<std::byte> encode_text(const Text& text) {
  std::vector<std::byte> bytes;
  for (const KeyValue& pair : text) {
    append(bytes, bytes_of(pair.key));
    bytes.push_back(std::byte{'='});
    append(bytes, bytes_of(pair.value));
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

Text decode_text(Bytes data) {
  Text text;
  std::string_view rest = text_of(data);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      text.push_back({std::string(pair), {}});
    } else {
      text.push_back({std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1))});
    }
  }
  return text;
}

const std::string* find_value(const Text& text, std::string_view key) {
  const auto found = std::ranges::find(text, key, &KeyValue::key);
  return found == text.end() ? nullptr : &found->value;
}

Pdu::Pdu(wire::Opcode opcode, bool immediate) {
  set(field::kOpcode, static_cast<std::uint64_t>(opcode));
  set(field::kImmediate, immediate ? 1 : 0);
}

std::uint64_t Pdu::get(const Field& field) const {
  std::uint64_t value = 0;
  for (std::size_t bit = field.first_bit; bit < std::size_t{field.first_bit} + field.bits; ++bit) {
    const bool on = (header[bit / kBitsPerByte] & mask_of_bit(bit)) != std::byte{0};
    value = value << 1 | (on ? 1U : 0U);
  }
  return value;
}

Pdu& Pdu::set(const Field& field, std::uint64_t value) & {
  for (std::size_t bit = std::size_t{field.first_bit} + field.bits; bit-- > field.first_bit; value >>= 1) {
    std::byte& byte = header[bit / kBitsPerByte];
    byte = (value & 1) != 0 ? byte | mask_of_bit(bit) : byte & ~mask_of_bit(bit);
  }
  return *this;
}

Pdu& Pdu::with_data(Bytes bytes) & {
  data.assign(bytes.begin(), bytes.end());
  return *this;
}

Pdu& Pdu::with_text(const Text& text) & {
  data = encode_text(text);
  return *this;
}

std::vector<std::byte> encode(const Pdu& pdu, wire::Digests digests) {
  wire::Header header = pdu.header;
  const auto ahs_words = static_cast<std::uint8_t>(wire::padded(pdu.ahs.size()) / wire::kWordSize);
  wire::set_total_ahs_length_words(header, pdu.lies.total_ahs_length.value_or(ahs_words));
  const auto data_length = static_cast<std::uint32_t>(pdu.data.size());
  wire::set_data_segment_length(header, pdu.lies.data_segment_length.value_or(data_length));

  std::vector<std::byte> bytes(header.begin(), header.end());
  append(bytes, pdu.ahs);
  bytes.resize(wire::padded(bytes.size()));
  if (digests.header) append_digest(bytes, Bytes(bytes), pdu.lies.wrong_header_digest);

  const std::size_t data_at = bytes.size();
  append(bytes, pdu.data);
  if (!pdu.lies.without_padding) {
    bytes.resize(data_at + wire::padded(pdu.data.size()), pdu.lies.padding);
  }
  if (digests.data && !pdu.data.empty()) {
    append_digest(bytes, Bytes(bytes).subspan(data_at), pdu.lies.wrong_data_digest);
  }
  return bytes;
}

std::string name_of(const Pdu& pdu) {
  if (const Layout* layout = layout_of(pdu.opcode())) return std::string(layout->name);
  return "PDU with opcode " + hex(pdu[field::kOpcode], 8);
}

std::vector<DecodedField> decoded_fields(const Pdu& pdu) {
  std::vector<DecodedField> decoded;
  const Layout* layout = layout_of(pdu.opcode());
  if (layout == nullptr) return decoded;
  decoded.reserve(layout->fields.size());
  for (const Field& field : layout->fields) decoded.push_back({field.name, pdu.get(field), field.bits});
  return decoded;
}

std::string summary_of(const Pdu& pdu) {
  std::string line = name_of(pdu);
  if (const Layout* layout = layout_of(pdu.opcode())) {
    for (const Field& field : layout->fields) {
      const std::uint64_t value = pdu.get(field);
      if (is_framing(field) || value == 0) continue;
      line += field.bits == 1 ? " " + std::string(field.name)
                              : " " + std::string(field.name) + "=" + hex(value, field.bits);
    }
  }
  if (!pdu.ahs.empty()) line += ", " + std::to_string(pdu.ahs.size()) + " bytes of AHS";
  if (!pdu.data.empty()) line += ", " + std::to_string(pdu.data.size()) + " bytes of data";
  return line;
}

}  // namespace lunway::conformance
