// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CRC32C, and what it adds to a PDU on its way out.

#include <benchmark/benchmark.h>

#include <vector>

#include "base/crc32c.h"
#include "wire/data_in.h"
#include "wire/outgoing.h"

namespace lunway::bench {
namespace {

std::vector<std::byte> bytes_of_size(std::int64_t size) {
  return std::vector<std::byte>(static_cast<std::size_t>(size), std::byte{0x5a});
}

void crc32c(benchmark::State& state) {
  const std::vector<std::byte> data = bytes_of_size(state.range(0));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(lunway::crc32c(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// Arguments: bytes of data, 1 with both digests.
void encode(benchmark::State& state) {
  const std::vector<std::byte> data = bytes_of_size(state.range(0));
  const wire::Digests digests{.header = state.range(1) != 0, .data = state.range(1) != 0};
  const wire::Header header = wire::DataIn::build({.has_status = true, .itt = wire::Itt(1)});
  for ([[maybe_unused]] auto _ : state) {
    const wire::EncodedPdu pdu(header, data, digests);
    benchmark::DoNotOptimize(pdu.pieces());
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(crc32c)->ArgName("bytes")->Arg(48)->Arg(512)->Arg(4096)->Arg(131072);
BENCHMARK(encode)->ArgNames({"data", "digests"})->Args({0, 0})->Args({0, 1})->Args({4096, 0})->Args({4096, 1});

}  // namespace
}  // namespace lunway::bench
