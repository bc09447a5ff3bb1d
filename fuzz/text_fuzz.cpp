// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text of a peer: what the reader accepts keeps its limits, and the writer makes the same text of it, cut anywhere.
//= rfc7143#6.1

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "text/key_value.h"
#include "text/send_targets.h"
#include "text/target_address.h"
#include "text/value.h"

namespace {

/// The parsers of single values only have to survive.
void parse_as_everything(std::string_view value) {
  (void)lunway::text::parse_boolean(value);
  (void)lunway::text::parse_number(value);
  (void)lunway::text::parse_range(value);
  (void)lunway::text::parse_small_binary(value, 2);
  (void)lunway::text::parse_target_address(value);
  (void)lunway::text::parse_send_targets(value);
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = std::size_t{1} + data[0];
  const std::string_view input = lunway::text_of(std::as_bytes(std::span(data, size)).subspan(1));

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
