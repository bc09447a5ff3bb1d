// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The values of CHAP keys, read strictly and written. Only the two roles of CHAP use this.
//= rfc7143#12.1.3

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "text/chap.h"
#include "text/key_value.h"

namespace lunway::text {

/// A decoded challenge or response: 1 to kMaxChapBinary bytes.
class ChapBinary {
 public:
  static std::optional<ChapBinary> decode(std::string_view value);

  Bytes bytes() const { return Bytes(bytes_).first(size_); }

 private:
  std::array<std::byte, kMaxChapBinary> bytes_{};
  std::size_t size_ = 0;
};

/// CHAP_I: one byte.
std::optional<std::uint8_t> parse_chap_identifier(std::string_view value);

/// CHAP_N as it is, if it has 1 to 255 bytes. Never decoded: "0x12" is a name of four characters.
std::optional<std::string_view> parse_chap_name(std::string_view value);

/// What a side asks of the other: CHAP_I and CHAP_C.
struct ChapChallenge {
  std::uint8_t identifier;
  ChapBinary challenge;

  /// Both keys are there and well-formed.
  static std::expected<ChapChallenge, ChapFailure> from(const ChapKeys& keys);
};

/// What a side answers: CHAP_N and CHAP_R.
struct ChapResponse {
  std::string_view name;
  ChapBinary response;

  static std::expected<ChapResponse, ChapFailure> from(const ChapKeys& keys);
};

void add_chap_algorithms(TextWriter& out, std::span<const ChapAlgorithm> algorithms);
void add_chap_challenge(TextWriter& out, std::uint8_t identifier, Bytes challenge);
void add_chap_response(TextWriter& out, std::string_view name, const ChapDigest& response);

}  // namespace lunway::text
