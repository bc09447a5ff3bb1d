// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/cutter.h"

#include <utility>

namespace lunway::proxy {
namespace {

// The framer need not keep what is large: this class has the bytes.
constexpr wire::OpcodeSet kWithData{wire::Opcode::scsi_command, wire::Opcode::data_out, wire::Opcode::data_in};

std::string_view words_for(wire::FramingError::Kind kind) {
  switch (kind) {
    case wire::FramingError::Kind::header_digest:
      return "a header digest is wrong";
    case wire::FramingError::Kind::ahs_too_long:
      return "TotalAHSLength is over 256 bytes";
    case wire::FramingError::Kind::data_segment_too_long:
      return "DataSegmentLength is too large";
  }
  return "?";
}

}  // namespace

Cutter::Cutter() : framer_({.max_data_segment_length = wire::kMaxDataSegmentLength}, kWithData) {}

std::optional<Piece> Cutter::next(Bytes& input) {
  while (lost_.empty()) {
    const Bytes before = input;
    const wire::Step step = framer_.next(input);
    const Bytes taken = before.first(before.size() - input.size());
    gathered_.insert(gathered_.end(), taken.begin(), taken.end());
    if (std::holds_alternative<wire::NeedBytes>(step)) return std::nullopt;
    if (std::holds_alternative<wire::PlaceNeeded>(step)) {
      framer_.skip_data();
    } else if (const auto* whole = std::get_if<wire::WholePdu>(&step)) {
      return Piece{std::exchange(gathered_, {}), true, digests_, whole->data_digest_ok};
    } else {
      lost_ = words_for(std::get<wire::FramingError>(step).kind);
    }
  }
  Piece piece{.bytes = take_rest()};
  piece.bytes.insert(piece.bytes.end(), input.begin(), input.end());
  input = {};
  if (piece.bytes.empty()) return std::nullopt;
  return piece;
}

void Cutter::enable_digests(wire::Digests digests) {
  digests_ = digests;
  if (!framer_.enable_digests(digests)) lost_ = "a PDU began before the login was over";
}

std::vector<std::byte> Cutter::take_rest() { return std::exchange(gathered_, {}); }

}  // namespace lunway::proxy
