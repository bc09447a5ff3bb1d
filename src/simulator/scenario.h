// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What one run is about, drawn from its seed: parameters of both sides, limits, faults, how much is asked for.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/initiator/client_session.h"
#include "simulator/network/link.h"
#include "simulator/random.h"
#include "simulator/target/target_host.h"
#include "simulator/workload/user.h"

namespace lunway::simulator {

/// How bad the network is; of each connection a fate is drawn.
struct Weather {
  Duration most_delay = std::chrono::microseconds(200);
  std::uint32_t stall_one_in = 0;
  Duration most_stall = std::chrono::seconds(1);
  std::uint32_t damage_one_in = 0;
  /// One connection in so many ends badly.
  std::uint32_t ending_one_in = 0;
  std::uint64_t most_bytes_to_end = 0;
  std::size_t buffer = 64U << 10;

  LinkFate fate(Random& random) const;
};

struct Scenario {
  TargetOptions target;
  std::vector<InitiatorOptions> initiators;
  UserOptions user;
  Weather weather;
  /// So many of each during the run.
  std::uint32_t target_restarts = 0;
  std::uint32_t power_losses = 0;
  /// Of these too, but while there is much to lose.
  std::uint32_t early_power_losses = 0;
  std::uint32_t initiator_crashes = 0;
  std::uint32_t logout_requests = 0;
  /// Of single connections.
  std::uint32_t single_logout_requests = 0;
  /// When the last of them happens at the latest; the network is calm after it.
  Duration storm = std::chrono::seconds(2);
  /// How long the requests take, roughly, when nothing is in their way.
  Duration work() const { return user.longest_thought / 2 * user.requests; }
};

Scenario draw_scenario(Random& random);

}  // namespace lunway::simulator
