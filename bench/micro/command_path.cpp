// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands, and a whole login, through the engine alone: what the protocol itself costs.

#include <benchmark/benchmark.h>

#include <vector>

#include "engine.h"
#include "exchange/requests.h"

namespace lunway::bench {
namespace {

void login(benchmark::State& state) {
  const std::vector<std::byte> request = Requests::login();
  for ([[maybe_unused]] auto _ : state) {
    Engine engine;
    engine.exchange(request);
    if (!engine.is_logged_in()) return state.SkipWithError("the login failed");
  }
  state.SetItemsProcessed(state.iterations());
}

/// 32 commands of 4 KiB come at once, and their answers leave at once.
void commands(benchmark::State& state) {
  Engine engine;
  engine.exchange(Requests::login());
  Requests requests(static_cast<Mix>(state.range(0)));
  std::vector<std::byte> batch = requests.next_batch();
  engine.exchange(batch);
  const std::uint64_t before = engine.commands();
  for ([[maybe_unused]] auto _ : state) {
    requests.renumber(batch);
    engine.exchange(batch);
  }
  const auto done = static_cast<std::int64_t>(engine.commands() - before);
  if (done != state.iterations() * kDepth) return state.SkipWithError("a command was not answered");
  state.SetItemsProcessed(done);
}

BENCHMARK(login);
BENCHMARK(commands)
    ->ArgName("mix")
    ->Arg(static_cast<int>(Mix::both))
    ->Arg(static_cast<int>(Mix::reads))
    ->Arg(static_cast<int>(Mix::writes));

}  // namespace
}  // namespace lunway::bench
