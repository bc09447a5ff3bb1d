// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/simulation.h"

#include <gtest/gtest.h>

#include "capture/pcapng.h"

namespace lunway::simulator {
namespace {

TEST(Simulation, ASeedIsOneRun) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult one = run(seed);
    const RunResult other = run(seed);
    EXPECT_FALSE(one.complaint) << *one.complaint;
    EXPECT_EQ(one.marks, other.marks);
    EXPECT_EQ(one.events, other.events);
  }
}

TEST(Simulation, ATraceChangesNothing) {
  capture::PcapngFile trace;
  const std::size_t empty = trace.bytes().size();
  const RunResult traced = run(3, &trace);
  EXPECT_EQ(traced.events, run(3).events);
  EXPECT_GT(trace.bytes().size(), empty);
}

TEST(Simulation, SeedsDiffer) { EXPECT_NE(run(1).marks, run(2).marks); }

}  // namespace
}  // namespace lunway::simulator
