// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The text format: key=value pairs, each followed by one null byte, in a logical text data segment (LTDS) that may be
// cut anywhere into the data segments of several PDUs.
//= rfc7143#6.1
//= rfc7143#6.2
//= rfc7143#11.10.2

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace lunway::text {

/// What a peer may make us hold. 64 KiB is what section 6.1 asks of those who do long authentication items; less than
/// 8192 bytes is not allowed. An initiator that expects a long list of targets gives its own numbers.
struct TextLimits {
  std::size_t bytes = 65536;       // one LTDS, all its PDUs together
  std::size_t pairs = 8192 / 3;    // in one LTDS; "K=" and a null byte is the shortest, so 8192 bytes have no more
  std::size_t value = 8192;        // bytes of one value
  std::size_t continuations = 64;  // PDUs with the C bit set in one LTDS
};

/// A key-name is a standard-label.
inline constexpr std::size_t kMaxKeyLength = 63;

/// How a text can be malformed. Each is a protocol error of its sender.
enum class TextFault : std::uint8_t {
  missing_null,           // the text does not end with a null byte
  missing_equals,         // a pair without '='; an empty pair is one
  empty_key,              // a pair that starts with '='
  key_too_long,           // more than kMaxKeyLength bytes
  illegal_key_character,  // see is_key_name()
  value_too_long,
  too_many_pairs,
  text_too_long,
  too_many_continuations,
};

/// One sentence part for a log: "a pair without '='".
std::string_view describe(TextFault fault);

/// Letters, digits, '.', '-', '+', '@' and '_', first a letter, at most 63. Two registered names stretch the RFC's own
/// rule, and so do we: '#' occurs in X#NodeArchitecture, and iSCSIProtocolLevel starts with a small letter.
bool is_key_name(std::string_view key);

/// Views into the text it was read from.
struct KeyValue {
  std::string_view key;
  std::string_view value;

  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

/// Reads the pairs of one complete LTDS in order. The text must outlive the reader and its pairs.
///
///   PairReader reader(text);
///   while (auto pair = reader.next()) use(*pair);
///   if (reader.fault()) refuse(*reader.fault());
class PairReader {
 public:
  explicit PairReader(std::string_view text, const TextLimits& limits = {}) : rest_(text), limits_(limits) {}

  /// The next pair; nothing at the end and after a fault.
  std::optional<KeyValue> next();

  std::optional<TextFault> fault() const { return fault_; }

 private:
  std::optional<KeyValue> fail(TextFault fault);

  std::string_view rest_;
  TextLimits limits_;
  std::size_t pairs_ = 0;
  std::optional<TextFault> fault_;
};

/// Collects the pairs that we want to send and cuts them into data segments.
///
///   writer.add("MaxBurstLength", "65536");
///   do { piece = writer.next_piece(peer_max_recv_data_segment_length); send(piece.text, piece.continues); ... }
///   while (piece.continues);       // after each piece with the C bit the peer answers with an empty PDU
class TextWriter {
 public:
  explicit TextWriter(std::size_t limit = TextLimits{}.bytes) : limit_(limit) {}

  /// False, and nothing is added, when the text would pass the limit. The key is a key-name and the value has no null
  /// byte.
  [[nodiscard]] bool add(std::string_view key, std::string_view value);

  struct Piece {
    std::string_view text;  // at most the asked number of bytes; valid until the next add() or clear()
    bool continues;         // the C bit
  };

  /// The next data segment; an empty one when nothing is left. `max_bytes` is not 0.
  Piece next_piece(std::size_t max_bytes);

  /// How many bytes can still be added; a pair takes two more than its key and value.
  std::size_t room() const { return limit_ - text_.size(); }

  bool done() const { return sent_ == text_.size(); }
  /// Everything added so far, handed out or not.
  std::string_view text() const { return text_; }
  void clear();

 private:
  std::string text_;
  std::size_t sent_ = 0;
  std::size_t limit_;
};

/// Joins data segments with the C bit set to the LTDS that they form.
class TextAssembler {
 public:
  explicit TextAssembler(const TextLimits& limits = {}) : limits_(limits) {}

  /// Takes the data segment of one PDU, `continues` is its C bit. After a fault only clear() helps.
  std::optional<TextFault> append(Bytes data_segment, bool continues);

  /// The last segment had the C bit clear: text() is a whole LTDS. The next append() starts a new one.
  bool complete() const { return complete_; }
  /// Segments of an unfinished LTDS are held: the peer owes us its rest, and we answer with an empty PDU.
  bool continuing() const { return continuations_ != 0 && !complete_; }

  std::string_view text() const { return text_; }
  void clear();

 private:
  TextLimits limits_;
  std::string text_;
  std::size_t continuations_ = 0;
  bool complete_ = false;
};

}  // namespace lunway::text
