// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// When a logical unit flushes its medium, and what it does after a flush that failed (SBC-3, 4.14).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;

std::vector<std::byte> bytes(std::initializer_list<unsigned> values, std::size_t size) {
  std::vector<std::byte> list;
  for (const unsigned value : values) list.push_back(static_cast<std::byte>(value));
  list.resize(size);
  return list;
}

LogicalUnitOptions without_write_cache() {
  LogicalUnitOptions options = Bench::default_options();
  options.write_cache_enabled = false;
  return options;
}

const auto kUnmapTwoBlocks = bytes({0, 22, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}, 24);
const auto kWriteCacheOff = bytes({0, 0, 0, 0, 0x08, 18, 0}, 24);
const auto kWriteCacheOn = bytes({0, 0, 0, 0, 0x08, 18, 4}, 24);

Reply write(Bench& bench) { return bench.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, bench.blocks_of(1)); }
Reply read(Bench& bench) { return bench.run({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}); }
Reply synchronize(Bench& bench) { return bench.run({0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}); }
Reply unmap(Bench& bench) { return bench.run({0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0}, kUnmapTwoBlocks); }
Reply select(Bench& bench, const std::vector<std::byte>& page) { return bench.run({0x15, 0x10, 0, 0, 24, 0}, page); }

TEST(Flush, UnmapIsDurableWithoutWriteCache) {
  Bench cached;
  EXPECT_TRUE(unmap(cached).is_good());
  EXPECT_THAT(cached.steps, ElementsAre("parameters 24", "discard 512+1024"));
  Bench through(without_write_cache());
  EXPECT_TRUE(unmap(through).is_good());
  EXPECT_THAT(through.steps, ElementsAre("parameters 24", "discard 512+1024", "flush 512+1024"));
}

TEST(Flush, TurningTheWriteCacheOffEmptiesIt) {
  Bench bench;
  EXPECT_TRUE(write(bench).is_good());
  EXPECT_TRUE(select(bench, kWriteCacheOff).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24", "flush 0+0"));
  EXPECT_TRUE(select(bench, kWriteCacheOn).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24"));
}

TEST(Flush, TurningTheWriteCacheOffFailsWithTheFlush) {
  Bench bench;
  // The parameters come; it is the flush that fails.
  Task task;
  const auto cdb = bytes({0x15, 0x10, 0, 0, 24, 0}, 6);
  Step step = bench.unit.begin(task, bench.first, {.cdb = cdb, .expected_data_out = 24, .waker = &bench});
  copy_bytes(std::get<ReceiveParameters>(step).memory, kWriteCacheOff);
  step = bench.unit.resume(task, Outcome::with_parameters(24));
  ASSERT_EQ(std::get<Access>(step).verb, Access::Verb::flush);
  step = bench.unit.resume(task, Outcome::failed(Outcome::Failure::flush_failed));
  EXPECT_EQ(std::get<Finish>(step).status, Status::check_condition);
}

TEST(Flush, AFailedOneIsReportedAndNeverForgotten) {
  Bench bench;
  EXPECT_TRUE(write(bench).is_good());
  bench.fail_next = Outcome::Failure::flush_failed;
  const Reply failed = synchronize(bench);
  EXPECT_EQ(failed.key(), SenseKey::medium_error);
  EXPECT_EQ(failed.code(), SenseCode::write_error);
  EXPECT_TRUE(bench.unit.has_lost_writes());

  // The medium would do all of this; what was lost before would be lost still.
  EXPECT_EQ(synchronize(bench).code(), SenseCode::write_error);
  EXPECT_THAT(bench.steps, ElementsAre()) << "the medium is not asked again";
  EXPECT_EQ(write(bench).code(), SenseCode::write_error);
  EXPECT_EQ(unmap(bench).code(), SenseCode::write_error);
  EXPECT_EQ(bench.run({0x1b, 0, 0, 0, 0, 0}).code(), SenseCode::write_error) << "stop";
  EXPECT_TRUE(read(bench).is_good());
}

TEST(Flush, AnotherOneUnderWayFailsWithIt) {
  Bench bench;
  Task first;
  Task second;
  const auto cdb = bytes({0x35}, 10);
  const Command command{.cdb = cdb, .waker = &bench};
  bench.unit.begin(first, bench.first, command);
  bench.unit.begin(second, bench.second, command);
  // A kernel tells the error of a file to one of the two.
  bench.unit.resume(first, Outcome::failed(Outcome::Failure::flush_failed));
  const Step step = bench.unit.resume(second, Outcome::done());
  EXPECT_EQ(std::get<Finish>(step).status, Status::check_condition);
}

TEST(Flush, AFailedWriteIsForgotten) {
  Bench bench;
  bench.fail_next = Outcome::Failure::write_failed;
  EXPECT_EQ(write(bench).code(), SenseCode::write_error);
  EXPECT_FALSE(bench.unit.has_lost_writes());
  EXPECT_TRUE(write(bench).is_good()) << "what was not written was not GOOD";
}

}  // namespace
}  // namespace lunway::scsi
