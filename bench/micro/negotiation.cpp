// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The operational negotiation of one login, on the target's side: what an initiator offers at length, and the answers.

#include <benchmark/benchmark.h>

#include <string_view>

#include "text/key_value.h"
#include "text/negotiator.h"

namespace lunway::bench {
namespace {

using namespace std::string_view_literals;

/// Every operational key of RFC 3720, as an initiator offers them that leaves nothing to defaults.
constexpr std::string_view kOffers =
    "HeaderDigest=None\0DataDigest=None\0DefaultTime2Wait=2\0DefaultTime2Retain=0\0IFMarker=No\0OFMarker=No\0"
    "ErrorRecoveryLevel=0\0InitialR2T=No\0ImmediateData=Yes\0MaxBurstLength=16776192\0FirstBurstLength=262144\0"
    "MaxOutstandingR2T=1\0MaxConnections=1\0DataPDUInOrder=Yes\0DataSequenceInOrder=Yes\0"
    "MaxRecvDataSegmentLength=262144\0"sv;

bool negotiate(const text::Policy& policy) {
  text::Negotiator negotiator({.role = text::Role::target, .stage = text::Stage::operational}, policy);
  text::PairReader reader(kOffers);
  while (const auto pair = reader.next()) {
    if (!negotiator.receive(*pair)) return false;
  }
  text::TextWriter out;
  if (negotiator.compose(out, true) || negotiator.finish()) return false;
  benchmark::DoNotOptimize(out.text());
  return true;
}

void negotiation(benchmark::State& state) {
  const text::Policy policy;
  for ([[maybe_unused]] auto _ : state) {
    if (!negotiate(policy)) return state.SkipWithError("the negotiation failed");
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(negotiation);

}  // namespace
}  // namespace lunway::bench
