// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/chap_values.h"

#include <cassert>
#include <limits>

#include "text/encoding.h"
#include "text/key_table.h"
#include "text/value.h"

namespace lunway::text {
namespace {

/// A step of CHAP adds less than 3 KiB; who gives it a writer gives it one with that room.
void add(TextWriter& out, KeyId key, std::string_view value) {
  const bool added = out.add(info_of(key).name, value);
  assert(added);
  static_cast<void>(added);
}

}  // namespace

std::optional<ChapBinary> ChapBinary::decode(std::string_view value) {
  ChapBinary binary;
  const auto size = decode_binary(value, binary.bytes_);
  if (!size || *size == 0) return std::nullopt;
  binary.size_ = *size;
  return binary;
}

std::optional<std::uint8_t> parse_chap_identifier(std::string_view value) {
  const auto number = parse_number(value);
  if (!number || *number > std::numeric_limits<std::uint8_t>::max()) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

std::optional<std::string_view> parse_chap_name(std::string_view value) {
  return value.empty() || value.size() > kMaxSimpleValue ? std::nullopt : std::optional(value);
}

std::expected<ChapChallenge, ChapFailure> ChapChallenge::from(const ChapKeys& keys) {
  if (!keys.identifier || !keys.challenge) return std::unexpected(ChapFailure::missing_key);
  const auto identifier = parse_chap_identifier(*keys.identifier);
  const auto challenge = ChapBinary::decode(*keys.challenge);
  if (!identifier || !challenge) return std::unexpected(ChapFailure::malformed_value);
  return ChapChallenge{*identifier, *challenge};
}

std::expected<ChapResponse, ChapFailure> ChapResponse::from(const ChapKeys& keys) {
  if (!keys.name || !keys.response) return std::unexpected(ChapFailure::missing_key);
  const auto name = parse_chap_name(*keys.name);
  const auto response = ChapBinary::decode(*keys.response);
  if (!name || !response) return std::unexpected(ChapFailure::malformed_value);
  return ChapResponse{*name, *response};
}

void add_chap_algorithms(TextWriter& out, std::span<const ChapAlgorithm> algorithms) {
  std::string list;
  for (const ChapAlgorithm algorithm : algorithms) {
    if (!list.empty()) list.push_back(',');
    list.append(std::to_string(static_cast<unsigned>(algorithm)));
  }
  add(out, KeyId::chap_a, list);
}

void add_chap_challenge(TextWriter& out, std::uint8_t identifier, Bytes challenge) {
  add(out, KeyId::chap_i, std::to_string(identifier));
  add(out, KeyId::chap_c, hex_constant(challenge));
}

void add_chap_response(TextWriter& out, std::string_view name, const ChapDigest& response) {
  add(out, KeyId::chap_n, name);
  add(out, KeyId::chap_r, hex_constant(response.bytes()));
}

}  // namespace lunway::text
