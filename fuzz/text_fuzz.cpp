// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text of a peer: what the reader accepts keeps its limits, and the writer makes the same text of it, cut anywhere.
//= rfc7143#6.1

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "text/encoding.h"
#include "text/key_value.h"
#include "text/send_targets.h"
#include "text/target_address.h"
#include "text/value.h"

namespace {

/// What was decoded has another text of the same bytes.
void parse_as_binary(std::string_view value) {
  std::array<std::byte, 64> room;
  const auto size = lunway::text::decode_binary(value, room);
  if (!size) return;
  const lunway::Bytes decoded = lunway::Bytes(room).first(*size);
  std::vector<std::byte> again(*size);
  if (!lunway::text::decode_binary_exactly(lunway::text::base64_constant(decoded), again)) std::abort();
  if (!std::ranges::equal(decoded, again)) std::abort();
}

/// What a parser of single values takes can be written and read again.
void parse_as_everything(std::string_view value) {
  (void)lunway::text::parse_boolean(value);
  (void)lunway::text::parse_range(value);
  (void)lunway::text::parse_small_binary(value, 2);
  (void)lunway::text::parse_send_targets(value);
  parse_as_binary(value);
  const auto number = lunway::text::parse_number(value);
  if (number && lunway::text::parse_number(std::to_string(*number)) != number) std::abort();
  const auto address = lunway::text::parse_target_address(value);
  if (address && lunway::text::parse_target_address(to_string(*address)) != address) std::abort();
}

void parse_as_target_list(std::string_view text) {
  const auto records = lunway::text::parse_target_records(text);
  if (!records) return;
  lunway::text::TextWriter writer(lunway::text::kTargetListLimits.bytes);
  for (const auto& record : *records) {
    if (!lunway::text::add_target_record(writer, record)) std::abort();
  }
  if (lunway::text::parse_target_records(writer.text()) != records) std::abort();
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = std::size_t{1} + data[0];
  const std::string_view input = lunway::text_of(std::as_bytes(std::span(data, size)).subspan(1));

  parse_as_target_list(input);
  const lunway::text::TextLimits limits;
  lunway::text::PairReader reader(input, limits);
  lunway::text::TextWriter writer(limits.bytes);
  while (const auto pair = reader.next()) {
    if (!lunway::text::is_key_name(pair->key) || pair->value.size() > limits.value) std::abort();
    parse_as_everything(pair->value);
    if (!writer.add(pair->key, pair->value)) std::abort();
  }
  if (reader.fault()) return 0;

  std::string written;
  for (bool continues = true; continues;) {
    const auto piece = writer.next_piece(piece_size);
    if (piece.text.size() > piece_size) std::abort();
    written += piece.text;
    continues = piece.continues;
  }
  if (written != input) std::abort();
  return 0;
}
