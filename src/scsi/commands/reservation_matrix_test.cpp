// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which reservation bars whom from what: every kind of reservation against every class of command, for the holder, for
// an initiator that is registered too, and for a stranger (SPC-4, tables 66 and 67; SBC-3, table 11; of RESERVE(6) and
// (10): SPC-2, table 10).

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scsi/interest.h"
#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

struct TestedCommand {
  const char* name;
  Interest interest;
  std::vector<unsigned> cdb;
  /// Bytes of zeros that go with it.
  std::size_t data_out = 0;
};

constexpr std::size_t kBlock = 512;

const std::vector<TestedCommand>& tested_commands() {
  using enum Interest;
  static const std::vector<TestedCommand> commands = {
      {"INQUIRY", information, {0x12, 0, 0, 0, 36, 0}},
      {"REQUEST SENSE", information, {0x03, 0, 0, 0, 18, 0}},
      {"REPORT LUNS", information, {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0}},
      {"READ CAPACITY(10)", information, {0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"READ CAPACITY(16)", information, {0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}},
      {"LOG SENSE", information, {0x4d, 0, 0x40, 0, 0, 0, 0, 0, 255, 0}},
      {"REPORT TARGET PORT GROUPS", information, {0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}},
      {"START", information, {0x1b, 0, 0, 0, 1, 0}},
      {"ALLOW MEDIUM REMOVAL", information, {0x1e, 0, 0, 0, 0, 0}},
      {"TEST UNIT READY", readiness, {0, 0, 0, 0, 0, 0}},
      {"READ(6)", reads, {0x08, 0, 0, 0, 1, 0}},
      {"READ(10)", reads, {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}},
      {"READ(12)", reads, {0xa8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}},
      {"READ(16)", reads, {0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}},
      {"VERIFY(10)", reads, {0x2f, 0, 0, 0, 0, 0, 0, 0, 1, 0}},
      {"PRE-FETCH(10)", reads, {0x34, 0, 0, 0, 0, 0, 0, 0, 1, 0}},
      {"GET LBA STATUS", reads, {0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}},
      {"MODE SENSE(6)", reads, {0x1a, 0, 0x3f, 0, 255, 0}},
      {"MODE SENSE(10)", reads, {0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255, 0}},
      {"RECEIVE DIAGNOSTIC RESULTS", reads, {0x1c, 1, 0, 0, 255, 0}},
      {"REPORT SUPPORTED OPERATION CODES", reads, {0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}},
      {"REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", reads, {0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}},
      {"WRITE(6)", writes, {0x0a, 0, 0, 0, 1, 0}, kBlock},
      {"WRITE(10)", writes, {0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, kBlock},
      {"WRITE(12)", writes, {0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, kBlock},
      {"WRITE(16)", writes, {0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, kBlock},
      {"WRITE AND VERIFY(10)", writes, {0x2e, 0, 0, 0, 0, 0, 0, 0, 1, 0}, kBlock},
      {"WRITE SAME(10)", writes, {0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0}, kBlock},
      {"WRITE SAME(16)", writes, {0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, kBlock},
      {"ORWRITE(16)", writes, {0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, kBlock},
      {"COMPARE AND WRITE", writes, {0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, 2 * kBlock},
      {"UNMAP", writes, {0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"SYNCHRONIZE CACHE(10)", writes, {0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"SYNCHRONIZE CACHE(16)", writes, {0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"MODE SELECT(6)", writes, {0x15, 0x10, 0, 0, 0, 0}},
      {"MODE SELECT(10)", writes, {0x55, 0x10, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"LOG SELECT", writes, {0x4c, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"SEND DIAGNOSTIC", writes, {0x1d, 0x04, 0, 0, 0, 0}},
      {"EXTENDED COPY", writes, {0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"SET TARGET PORT GROUPS", writes, {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"STOP", writes, {0x1b, 0, 0, 0, 0, 0}},
      {"PREVENT MEDIUM REMOVAL", writes, {0x1e, 0, 0, 0, 1, 0}},
  };
  return commands;
}

bool conflicts(Bench& bench, Nexus& nexus, const TestedCommand& command) {
  std::vector<std::byte> cdb;
  for (const unsigned byte : command.cdb) cdb.push_back(static_cast<std::byte>(byte));
  const std::vector<std::byte> data_out(command.data_out);
  return bench.run_bytes(nexus, cdb, data_out, Bench::kPlenty).status == Status::reservation_conflict;
}

LogicalUnitOptions removable_unit() {
  LogicalUnitOptions options = Bench::default_options();
  options.can_persist = true;
  options.removable = true;
  return options;
}

struct PersistentType {
  const char* name;
  unsigned code;
  bool bars_reading;
  bool lets_registered_pass;
};

class ReservationMatrix : public ::testing::TestWithParam<PersistentType> {
 protected:
  static std::vector<std::byte> list(std::uint64_t key, std::uint64_t action_key) {
    std::vector<std::byte> bytes(24);
    store_be64(bytes.data(), key);
    store_be64(bytes.data() + 8, action_key);
    return bytes;
  }

  /// The first initiator of `bench` holds the reservation.
  static void reserve(Bench& bench, bool second_is_registered) {
    ASSERT_TRUE(bench.run({0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, list(0, 0xa)).is_good());
    if (second_is_registered) {
      ASSERT_TRUE(bench.run_as(bench.second, {0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, list(0, 0xb)).is_good());
    }
    ASSERT_TRUE(bench.run({0x5f, 1, GetParam().code, 0, 0, 0, 0, 0, 24, 0}, list(0xa, 0)).is_good());
  }

  static bool bars_others(Interest interest) {
    return interest == Interest::writes || (interest == Interest::reads && GetParam().bars_reading);
  }
};

TEST_P(ReservationMatrix, BarsWhomTheTypeNames) {
  for (const TestedCommand& command : tested_commands()) {
    SCOPED_TRACE(command.name);
    for (const bool is_registered : {false, true}) {
      Bench bench(removable_unit());
      reserve(bench, is_registered);
      const bool passes = is_registered && GetParam().lets_registered_pass;
      EXPECT_EQ(conflicts(bench, bench.second, command), !passes && bars_others(command.interest))
          << (is_registered ? "registered" : "a stranger");
      EXPECT_FALSE(conflicts(bench, bench.first, command)) << "the holder";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, ReservationMatrix,
                         ::testing::Values(PersistentType{"WriteExclusive", 1, false, false},
                                           PersistentType{"ExclusiveAccess", 3, true, false},
                                           PersistentType{"WriteExclusiveRegistrantsOnly", 5, false, true},
                                           PersistentType{"ExclusiveAccessRegistrantsOnly", 6, true, true},
                                           PersistentType{"WriteExclusiveAllRegistrants", 7, false, true},
                                           PersistentType{"ExclusiveAccessAllRegistrants", 8, true, true}),
                         [](const auto& one) { return one.param.name; });

TEST(ReservationMatrixOfReserve, BarsAllButInformation) {
  for (const TestedCommand& command : tested_commands()) {
    SCOPED_TRACE(command.name);
    Bench bench(removable_unit());
    ASSERT_TRUE(bench.run({0x16, 0, 0, 0, 0, 0}).is_good());
    EXPECT_EQ(conflicts(bench, bench.second, command), command.interest != Interest::information);
    EXPECT_FALSE(conflicts(bench, bench.first, command)) << "the holder";
  }
}

TEST(ReservationMatrixOfNobody, BarsNothing) {
  for (const TestedCommand& command : tested_commands()) {
    Bench bench(removable_unit());
    EXPECT_FALSE(conflicts(bench, bench.second, command)) << command.name;
  }
}

}  // namespace
}  // namespace lunway::scsi
