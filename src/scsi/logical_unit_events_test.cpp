// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What resets, power cycles and lost nexuses leave of a logical unit's state, and whom it tells.
//= rfc7143#E

#include <gtest/gtest.h>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

constexpr Bench::CdbBytes kTestUnitReady = {0x00, 0, 0, 0, 0, 0};

/// A session between two ports: a nexus that comes and goes.
struct Visit {
  Visit(Bench& on, char name) : bench(on), nexus(Bench::identity(name), 2) { bench.unit.attach(nexus); }
  ~Visit() {
    bench.unit.lose(nexus);
    bench.unit.detach(nexus);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  SenseCode next_attention() { return bench.run_as(nexus, kTestUnitReady).code(); }

  Bench& bench;
  Nexus nexus;
};

std::vector<std::byte> registration(std::uint64_t key, bool survives_power_loss) {
  std::vector<std::byte> list(24);
  store_be64(list.data() + 8, key);
  if (survives_power_loss) store_u8(list.data() + 20, 0x01);
  return list;
}

bool register_key(Bench& bench, Nexus& nexus, bool survives_power_loss) {
  return bench.run_as(nexus, {0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, registration(7, survives_power_loss)).is_good();
}

std::uint32_t registered_keys(Bench& bench) { return bench.run({0x5e, 0, 0, 0, 0, 0, 0, 0, 255, 0}).be32(4) / 8; }

TEST(NexusLoss, ANexusThatComesBackIsToldThatItWasLost) {
  Bench bench;
  {
    Visit visit(bench, 'x');
    EXPECT_EQ(visit.next_attention(), SenseCode::power_on_occurred);
    EXPECT_EQ(visit.next_attention(), SenseCode::no_additional_sense_information);
  }
  Visit again(bench, 'x');
  EXPECT_EQ(again.next_attention(), SenseCode::i_t_nexus_loss_occurred);
  EXPECT_EQ(again.next_attention(), SenseCode::no_additional_sense_information);
  Visit other(bench, 'y');
  EXPECT_EQ(other.next_attention(), SenseCode::power_on_occurred) << "this one was never here";
}

TEST(NexusLoss, AResetThatItDidNotHearOfIsToldLater) {
  Bench bench;
  {
    Visit visit(bench, 'x');
    visit.next_attention();
    bench.unit.tell_reset(visit.nexus);
  }
  Visit again(bench, 'x');
  EXPECT_EQ(again.next_attention(), SenseCode::bus_device_reset_function_occurred);
  EXPECT_EQ(again.next_attention(), SenseCode::i_t_nexus_loss_occurred);
}

TEST(NexusLoss, TakesAReservationButNoRegistration) {
  Bench bench;
  Visit visit(bench, 'x');
  visit.next_attention();
  EXPECT_TRUE(bench.run_as(visit.nexus, {0x16, 0, 0, 0, 0, 0}).is_good());
  bench.unit.lose(visit.nexus);
  EXPECT_TRUE(bench.run({0x16, 0, 0, 0, 0, 0}).is_good()) << "RESERVE is free again";
  EXPECT_TRUE(bench.run({0x17, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(register_key(bench, visit.nexus, false));
  bench.unit.lose(visit.nexus);
  EXPECT_EQ(registered_keys(bench), 1U);
}

TEST(PowerCycle, TakesRegistrationsThatNeedPower) {
  for (const bool survives : {false, true}) {
    LogicalUnitOptions options = Bench::default_options();
    options.can_persist = true;
    Bench bench(options);
    Visit visit(bench, 'x');
    visit.next_attention();
    ASSERT_TRUE(register_key(bench, visit.nexus, survives));
    bench.unit.reset();
    EXPECT_EQ(registered_keys(bench), 1U) << "a reset is less than a power cycle";
    bench.unit.power_cycle();
    EXPECT_EQ(visit.next_attention(), SenseCode::power_on_occurred);
    bench.first.clear(UnitAttention::power_on);
    EXPECT_EQ(registered_keys(bench), survives ? 1U : 0U);
  }
}

TEST(PowerCycle, IsWhatALostNexusHearsOf) {
  Bench bench;
  {
    Visit visit(bench, 'x');
    visit.next_attention();
  }
  bench.unit.power_cycle();
  Visit again(bench, 'x');
  EXPECT_EQ(again.next_attention(), SenseCode::power_on_occurred);
  EXPECT_EQ(again.next_attention(), SenseCode::no_additional_sense_information);
}

TEST(PendingEvent, TellsDepthAndTheFirst) {
  Bench bench;
  EXPECT_EQ(LogicalUnit::pending_event(bench.first), std::nullopt);
  bench.first.raise(UnitAttention::mode_parameters_changed);
  EXPECT_EQ(LogicalUnit::pending_event(bench.first), 0x162a01U) << "one; UNIT ATTENTION; 2Ah/01h";
  bench.first.raise(UnitAttention::logical_unit_reset);
  EXPECT_EQ(LogicalUnit::pending_event(bench.first), 0x262903U) << "more than one; the reset first";
  EXPECT_EQ(LogicalUnit::pending_event(bench.second), std::nullopt);
}

TEST(Fences, StandBeforeUnitAttentions) {
  Bench bench;
  Task task;
  const std::array<std::byte, 6> cdb{};
  const auto finish_of = [&] {
    return std::get<Finish>(bench.unit.begin(task, bench.first, {.cdb = cdb, .waker = &bench}));
  };
  EXPECT_FALSE(finish_of().fenced);
  bench.unit.tell_commands_cleared(bench.first);
  EXPECT_TRUE(finish_of().fenced);
  EXPECT_FALSE(finish_of().fenced);
}

}  // namespace
}  // namespace lunway::scsi
