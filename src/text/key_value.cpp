// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/key_value.h"

#include <algorithm>
#include <cassert>

namespace lunway::text {
namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr bool is_key_character(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || std::string_view(".-+@_#").contains(c);
}

}  // namespace

std::string_view describe(TextFault fault) {
  switch (fault) {
    case TextFault::missing_null:
      return "text without a null byte at its end";
    case TextFault::missing_equals:
      return "a pair without '='";
    case TextFault::empty_key:
      return "a pair without a key";
    case TextFault::key_too_long:
      return "a key of more than 63 bytes";
    case TextFault::illegal_key_character:
      return "a key with a character that keys cannot have";
    case TextFault::value_too_long:
      return "a value longer than the limit";
    case TextFault::too_many_pairs:
      return "more pairs than the limit";
    case TextFault::text_too_long:
      return "more text than the limit";
    case TextFault::too_many_continuations:
      return "more continued PDUs than the limit";
  }
  return "";
}

//= rfc7143#6.1
bool is_key_name(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKeyLength && is_letter(key.front()) &&
         std::ranges::all_of(key, is_key_character);
}

std::optional<KeyValue> PairReader::next() {
  if (fault_ || rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find('\0');
  if (end == std::string_view::npos) return fail(TextFault::missing_null);
  const std::string_view pair = rest_.substr(0, end);

  // The key ends at the first '='. Later ones belong to the value: base64 has them.
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return fail(TextFault::missing_equals);
  if (equals == 0) return fail(TextFault::empty_key);
  if (equals > kMaxKeyLength) return fail(TextFault::key_too_long);
  const KeyValue result{pair.substr(0, equals), pair.substr(equals + 1)};
  if (!is_key_name(result.key)) return fail(TextFault::illegal_key_character);
  if (result.value.size() > limits_.value) return fail(TextFault::value_too_long);
  if (++pairs_ > limits_.pairs) return fail(TextFault::too_many_pairs);

  rest_.remove_prefix(end + 1);
  return result;
}

std::optional<KeyValue> PairReader::fail(TextFault fault) {
  fault_ = fault;
  return std::nullopt;
}

bool TextWriter::add(std::string_view key, std::string_view value) {
  assert(is_key_name(key));
  assert(!value.contains('\0'));
  const std::size_t size = key.size() + 1 + value.size() + 1;
  if (size > room()) return false;
  text_.append(key).append(1, '=').append(value).append(1, '\0');
  return true;
}

TextWriter::Piece TextWriter::next_piece(std::size_t max_bytes) {
  assert(max_bytes != 0);
  const std::string_view piece = std::string_view(text_).substr(sent_, max_bytes);
  sent_ += piece.size();
  return {piece, !done()};
}

void TextWriter::clear() {
  text_.clear();
  sent_ = 0;
}

std::optional<TextFault> TextAssembler::append(Bytes data_segment, bool continues) {
  if (complete_) clear();
  if (continues && continuations_ == limits_.continuations) return TextFault::too_many_continuations;
  if (data_segment.size() > limits_.bytes - text_.size()) return TextFault::text_too_long;
  text_.append(text_of(data_segment));
  if (continues) ++continuations_;
  complete_ = !continues;
  return std::nullopt;
}

void TextAssembler::clear() {
  text_.clear();
  continuations_ = 0;
  complete_ = false;
}

}  // namespace lunway::text
