// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Finding PDUs in a stream of bytes, whole and torn, with and without digests.

#include "wire/framer.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "wire/data_out.h"
#include "wire/outgoing.h"

namespace lunway::bench {
namespace {

constexpr int kPdus = 32;
constexpr std::uint32_t kMaxDataSegment = 1U << 18;

std::vector<std::byte> stream_of(std::size_t data_bytes, wire::Digests digests) {
  const std::vector<std::byte> data(data_bytes, std::byte{0x5a});
  std::vector<std::byte> bytes;
  for (int i = 0; i < kPdus; ++i) {
    const wire::EncodedPdu pdu(wire::DataOut::build({.itt = wire::Itt(1)}), data, digests);
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  return bytes;
}

/// PDUs found in `stream`, which comes in pieces of at most `piece` bytes.
int take_all(wire::Framer& framer, Bytes stream, std::size_t piece) {
  int found = 0;
  while (!stream.empty()) {
    Bytes input = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(input.size());
    while (std::holds_alternative<wire::WholePdu>(framer.next(input))) ++found;
  }
  return found;
}

/// Arguments: bytes of data in each PDU, bytes that come at once, 1 with both digests.
void framer(benchmark::State& state) {
  const wire::Digests digests{.header = state.range(2) != 0, .data = state.range(2) != 0};
  const std::vector<std::byte> stream = stream_of(static_cast<std::size_t>(state.range(0)), digests);
  wire::Framer framer({.max_data_segment_length = kMaxDataSegment}, {});
  if (!framer.enable_digests(digests)) return state.SkipWithError("the framer is not between two PDUs");
  for ([[maybe_unused]] auto _ : state) {
    const int found = take_all(framer, stream, static_cast<std::size_t>(state.range(1)));
    if (found != kPdus) return state.SkipWithError("a PDU was not found");
  }
  state.SetItemsProcessed(state.iterations() * kPdus);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

constexpr std::int64_t kWhole = 1 << 30;
constexpr std::int64_t kSegment = 1448;  // what a TCP segment carries on Ethernet

BENCHMARK(framer)
    ->ArgNames({"data", "piece", "digests"})
    ->Args({0, kWhole, 0})
    ->Args({4096, kWhole, 0})
    ->Args({4096, kWhole, 1})
    ->Args({4096, kSegment, 0})
    ->Args({131072, kWhole, 0});

}  // namespace
}  // namespace lunway::bench
