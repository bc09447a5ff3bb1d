// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The framer finds the same PDUs in a stream, whole or cut into pieces of any size, with data placed, skipped or kept.
//= rfc7143#11.2

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "wire/framer.h"

namespace {

using lunway::Bytes;
using lunway::text_of;
using lunway::wire::Framer;

/// What one run over the stream has found, as text that can be compared.
class Run {
 public:
  Run(std::uint8_t settings, bool streamed)
      : framer_({.max_data_segment_length = 512},
                streamed ? lunway::wire::OpcodeSet{lunway::wire::Opcode::data_out} : lunway::wire::OpcodeSet{}) {
    if (!framer_.enable_digests({.header = (settings & 1) != 0, .data = (settings & 2) != 0})) std::abort();
  }

  void feed(Bytes piece) {
    while (!failed_) {
      const auto step = framer_.next(piece);
      if (std::holds_alternative<lunway::wire::NeedBytes>(step)) break;
      std::visit([this](const auto& found) { note(found); }, step);
    }
    if (!failed_ && !piece.empty()) std::abort();
  }

  const std::string& found() const { return found_; }

 private:
  void note(const lunway::wire::NeedBytes&) {}

  void note(const lunway::wire::PlaceNeeded& needed) {
    place_.resize(lunway::wire::BasicHeader(needed.header).data_segment_length());
    framer_.place(place_);
  }

  void note(const lunway::wire::WholePdu& pdu) {
    found_ += "pdu ";
    found_ += text_of(pdu.header);
    found_ += text_of(pdu.ahs);
    found_ += text_of(pdu.data);
    found_ += pdu.data_digest_ok ? " good" : " bad";
  }

  void note(const lunway::wire::FramingError& error) {
    found_ += "error ";
    found_ += static_cast<char>('0' + static_cast<int>(error.kind));
    failed_ = true;
  }

  Framer framer_;
  std::vector<std::byte> place_;
  std::string found_;
  bool failed_ = false;
};

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint8_t settings = data[0];
  const std::size_t piece_size = std::size_t{1} + data[1];
  const Bytes stream = std::as_bytes(std::span(data, size)).subspan(2);

  Run whole(settings, false);
  whole.feed(stream);
  for (const bool streamed : {false, true}) {
    Run cut(settings, streamed);
    for (Bytes rest = stream; !rest.empty();) {
      const std::size_t count = rest.size() < piece_size ? rest.size() : piece_size;
      cut.feed(rest.first(count));
      rest = rest.subspan(count);
    }
    if (cut.found() != whole.found()) std::abort();
  }
  return 0;
}
