// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A stream means the same however TCP cuts it and wherever its data is placed: the framer finds in its pieces the PDUs
// and the error of the whole.
//= rfc7143#11.2

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "wire/framer.h"
#include "wire/testing/stream.h"

namespace lunway::wire {
namespace {

using testing::Placing;
using testing::ReceivedPdu;
using testing::StreamReader;

// Small, so that the fuzzer gets past them.
constexpr Framer::Limits kLimits{.max_data_segment_length = 200, .max_ahs_length = 64};

struct Setup {
  Digests digests;
  OpcodeSet streamed;
  Placing placing;
  std::uint32_t cuts;
};

Setup setup_from(Bytes bytes) {
  const unsigned choice = load_u8(bytes.data());
  return {.digests = {.header = (choice & 1) != 0, .data = (choice & 2) != 0},
          .streamed = (choice & 4) != 0 ? OpcodeSet{Opcode::data_out, Opcode::data_in} : OpcodeSet{},
          .placing = static_cast<Placing>((choice >> 3) % 3),
          .cuts = load_be32(&bytes[1])};
}

// The next piece has 1 to 64 bytes, as a linear congruential generator likes it.
std::size_t next_piece(std::uint32_t& state, std::size_t left) {
  state = state * 1664525 + 1013904223;
  const std::size_t size = 1 + (state >> 26);
  return size < left ? size : left;
}

bool same_pdu(const ReceivedPdu& whole, const ReceivedPdu& cut, const Setup& setup) {
  if (whole == cut) return true;
  ReceivedPdu without_data = whole;
  without_data.data.clear();
  return setup.placing == Placing::skipped && setup.streamed.contains(BasicHeader(whole.header).opcode()) &&
         without_data == cut;
}

void compare(const StreamReader& whole, const StreamReader& cut, const Setup& setup) {
  if (whole.error() != cut.error() || whole.pdus().size() != cut.pdus().size()) std::abort();
  for (std::size_t i = 0; i < whole.pdus().size(); ++i) {
    if (!same_pdu(whole.pdus()[i], cut.pdus()[i], setup)) std::abort();
  }
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSetupSize = 5;
  if (size < kSetupSize) return 0;
  const Bytes input = std::as_bytes(std::span(data, size));
  const Setup setup = setup_from(input);
  Bytes stream = input.subspan(kSetupSize);

  Framer framer_of_whole(kLimits, {});
  Framer framer_of_pieces(kLimits, setup.streamed);
  if (!framer_of_whole.enable_digests(setup.digests) || !framer_of_pieces.enable_digests(setup.digests)) std::abort();
  StreamReader whole(framer_of_whole, setup.placing);
  StreamReader pieces(framer_of_pieces, setup.placing);

  whole.feed(stream);
  for (std::uint32_t state = setup.cuts; !stream.empty();) {
    const std::size_t piece_size = next_piece(state, stream.size());
    // A copy of its own, so that a view that outlives its call is seen.
    const std::vector<std::byte> piece(stream.data(), stream.data() + piece_size);
    pieces.feed(piece);
    stream = stream.subspan(piece_size);
  }
  compare(whole, pieces, setup);
  return 0;
}

}  // namespace lunway::wire
