// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/scenario.h"

#include <algorithm>

namespace lunway::simulator {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using text::Digest;
using text::KeyId;
using text::TaskReporting;

/// Every key that is negotiated, within its range; the extremes come often.
text::Policy draw_policy(Random& random, std::uint32_t block_bytes) {
  text::Policy policy;
  const auto wish = [&](KeyId id, std::uint32_t preferred) {
    policy.number(id).preferred = preferred;
    policy.number(id).offer = random.one_in(4) ? false : policy.number(id).offer;
  };
  const std::uint32_t large = 16 * block_bytes;
  wish(KeyId::initial_r2t, random.flip() ? 1 : 0);
  wish(KeyId::immediate_data, random.flip() ? 1 : 0);
  wish(KeyId::max_recv_data_segment_length, random.any_size(512, large));
  wish(KeyId::max_burst_length, random.any_size(512, large));
  wish(KeyId::first_burst_length, random.any_size(512, large));
  wish(KeyId::max_outstanding_r2t, random.any_size(1, 16));
  wish(KeyId::data_pdu_in_order, random.flip() ? 1 : 0);
  wish(KeyId::data_sequence_in_order, random.flip() ? 1 : 0);
  wish(KeyId::default_time2wait, random.between32(0, 3));
  wish(KeyId::default_time2retain, random.between32(0, 25));
  wish(KeyId::max_connections, random.one_in(3) ? random.between32(2, 4) : 1);
  wish(KeyId::error_recovery_level, random.between32(0, 2));
  const auto digest = [&]() -> text::ListWish {
    const std::uint64_t choice = random.below(4);
    if (choice == 0) return {Digest::none};
    if (choice == 1) return {Digest::none, Digest::crc32c};
    return text::ListWish({Digest::crc32c, Digest::none});
  };
  policy.list(KeyId::header_digest) = digest();
  policy.list(KeyId::data_digest) = digest();
  if (random.flip()) {
    policy.list(KeyId::task_reporting) =
        random.flip()
            ? text::ListWish({TaskReporting::fast_abort, TaskReporting::response_fence, TaskReporting::rfc3720})
            : text::ListWish({TaskReporting::response_fence, TaskReporting::rfc3720});
  }
  if (random.flip()) policy.number(KeyId::protocol_level) = {.preferred = 2, .worst = 0, .offer = true};
  return policy;
}

TargetOptions draw_target(Random& random) {
  TargetOptions options;
  options.block_size = random.one_in(5) ? 4096 : 512;
  options.units = random.between32(1, 3);
  options.blocks = random.between(40, 300);
  options.volatile_cache = !random.one_in(4);
  options.write_cache_enabled = !random.one_in(4);
  options.slowest_disk = random.one_in(6) ? Duration(seconds(2)) : Duration(microseconds(random.between(10, 5000)));
  options.write_chunk = random.one_in(3) ? std::uint64_t{options.block_size} * random.between(1, 8) : 1U << 20;
  options.policy.negotiation = draw_policy(random, options.block_size * 8);
  options.session_limits.queue_depth = random.any_size(1, 64);
  options.session_limits.immediate_commands = random.any_size(1, 16);
  options.session_limits.management_functions = random.between32(1, 8);
  options.session_limits.departing_tasks = random.any_size(1, 64);
  options.session_limits.held_bytes = random.one_in(4) ? 4096 : std::size_t{4} << 20;
  options.connection_limits.queued_answers = random.any_size(1, 32);
  options.connection_limits.transmit_pdus = random.any_size(1, 64);
  options.connection_limits.transmit_bytes = random.any_size(512, 1U << 20);
  return options;
}

InitiatorOptions draw_initiator(Random& random, const TargetOptions& target, std::uint16_t number) {
  InitiatorOptions options;
  options.profile.initiator_name = "iqn.2026-11.io.lunway:user" + std::to_string(number % 2);
  options.profile.target_name = "iqn.2026-11.io.lunway:simulated";
  options.profile.isid = wire::Isid::from_random(0x123456, number);
  options.profile.policy = draw_policy(random, target.block_size * 8);
  // Nobody here gives the tasks of a lost connection to another one.
  auto& level = options.profile.policy.number(KeyId::error_recovery_level);
  level.preferred = std::min(level.preferred, 1U);
  options.session_limits.tasks = random.between32(40, 200);
  options.connection_limits.ping_after = seconds(random.between(5, 30));
  options.connection_limits.queued_answers = random.any_size(1, 32);
  options.connection_limits.transmit_pdus = random.any_size(1, 64);
  options.connection_limits.transmit_bytes = random.any_size(512, 1U << 20);
  options.longest_pause = random.one_in(4) ? seconds(20) : seconds(2);
  return options;
}

Weather draw_weather(Random& random) {
  Weather weather;
  weather.most_delay =
      random.pick({Duration(microseconds(20)), Duration(microseconds(300)), Duration(milliseconds(20))});
  weather.buffer = random.one_in(4) ? 2000 : random.pick({std::size_t{16} << 10, std::size_t{256} << 10});
  if (random.one_in(3)) {
    weather.stall_one_in = random.between32(50, 1000);
    weather.most_stall = random.flip() ? Duration(seconds(1)) : Duration(seconds(70));
  }
  if (random.one_in(3)) weather.damage_one_in = random.between32(30, 600);
  if (random.flip()) {
    weather.ending_one_in = random.between32(1, 3);
    weather.most_bytes_to_end = random.pick({std::uint64_t{3000}, std::uint64_t{100'000}, std::uint64_t{1'000'000}});
  }
  return weather;
}

/// Sessions of several connections. They were not there when the first seeds were kept, and draw from a source of their
/// own, so that these mean what they meant.
void draw_connections(Random random, Scenario& scenario) {
  if (!random.one_in(3)) return;
  const auto agreed = [&](text::Policy& policy) {
    policy.number(KeyId::max_connections) = {.preferred = random.between32(2, 5), .worst = 1, .offer = true};
  };
  agreed(scenario.target.policy.negotiation);
  for (InitiatorOptions& initiator : scenario.initiators) {
    agreed(initiator.profile.policy);
    initiator.connections = random.between32(2, 4);
  }
  if (random.one_in(3)) scenario.single_logout_requests = random.between32(1, 3);
}

/// Runs that look at one thing more than others do.
void draw_focus(Random random, Scenario& scenario) {
  UserOptions& user = scenario.user;
  const std::uint64_t choice = random.below(6);
  if (choice == 0) {
    // COMPARE AND WRITE: who meets whom.
    user.comparisons = 35;
    user.hot_blocks = random.between(1, 3);
    user.depth = std::max(user.depth, random.between32(4, 20));
  } else if (choice == 1) {
    // What was promised to be there after a loss of power.
    scenario.target.volatile_cache = scenario.target.write_cache_enabled = true;
    scenario.early_power_losses = random.between32(1, 3);
    user.flushes = 15;
    user.requests = std::max(user.requests, 60U);
    user.shape.writes_through = false;
  }
}

}  // namespace

LinkFate Weather::fate(Random& random) const {
  LinkFate fate{.most_delay = most_delay,
                .stall_one_in = stall_one_in,
                .most_stall = most_stall,
                .damage_one_in = damage_one_in,
                .buffer = buffer};
  if (!random.one_in(ending_one_in)) return fate;
  using Ending = LinkFate::Ending;
  fate.ending = random.pick({Ending::reset, Ending::reset, Ending::half_close, Ending::silence});
  fate.ends_after = random.between(1, most_bytes_to_end);
  return fate;
}

Scenario draw_scenario(Random& random) {
  Scenario scenario;
  scenario.target = draw_target(random);
  const std::uint32_t initiators = random.one_in(3) ? random.between32(2, 3) : 1;
  for (std::uint32_t i = 0; i < initiators; ++i) {
    scenario.initiators.push_back(draw_initiator(random, scenario.target, static_cast<std::uint16_t>(i + 1)));
  }
  UserOptions& user = scenario.user;
  user.requests = random.between32(20, 150);
  user.depth = random.any_size(1, 40);
  user.most_blocks = random.one_in(4) ? 40 : 8;
  // A reset or CLEAR TASK SET ends commands of other initiators without a word (SAM-5, 5.6; TAS is 0): without a time
  // they would wait for ever.
  user.timeout = initiators == 1 && random.one_in(4) ? seconds(0) : seconds(random.between(3, 40));
  user.longest_thought =
      random.pick({Duration(microseconds(20)), Duration(microseconds(500)), Duration(milliseconds(50))});
  user.abort_one_in = random.pick({0U, 5U, 30U});
  user.function_one_in = random.pick({0U, 10U, 60U});
  user.logout_one_in = random.pick({0U, 100U});
  user.shape = {.units = scenario.target.units,
                .blocks = scenario.target.blocks,
                .block_size = scenario.target.block_size,
                .writes_through = !scenario.target.volatile_cache || !scenario.target.write_cache_enabled};
  scenario.weather = draw_weather(random);
  if (random.one_in(4)) {
    scenario.target_restarts = random.between32(0, 2);
    scenario.power_losses = random.between32(0, 2);
  }
  if (random.one_in(5)) scenario.initiator_crashes = random.between32(1, 2);
  if (random.one_in(6)) scenario.logout_requests = 1;
  scenario.storm = random.pick({Duration(milliseconds(20)), Duration(seconds(2)), Duration(seconds(90))});
  Random later = Random(random).fork();
  draw_connections(later, scenario);
  draw_focus(later.fork(), scenario);
  return scenario;
}

}  // namespace lunway::simulator
