// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PERSISTENT RESERVE IN and OUT between two initiators (SPC-4, 5.13).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scsi/persistent/transport_id.h"
#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kKeyA = 0xa1;
constexpr std::uint64_t kKeyB = 0xb2;
constexpr unsigned kWriteExclusive = 1;
constexpr unsigned kExclusiveAccess = 3;
constexpr unsigned kWriteExclusiveRegistrantsOnly = 5;
constexpr unsigned kExclusiveAccessAllRegistrants = 8;

constexpr Bench::CdbBytes kReadOneBlock = {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0};
constexpr Bench::CdbBytes kTestUnitReady = {0, 0, 0, 0, 0, 0};

enum Action : unsigned { kRegister, kReserve, kRelease, kClear, kPreempt, kPreemptAndAbort, kRegisterAndIgnore, kMove };

class PersistentReserve : public ::testing::Test {
 protected:
  PersistentReserve() : bench(options()), a(bench.first), b(bench.second) {}

  static LogicalUnitOptions options() {
    LogicalUnitOptions options = Bench::default_options();
    options.can_persist = true;
    return options;
  }

  static std::vector<std::byte> list(std::uint64_t key, std::uint64_t action_key, unsigned flags = 0) {
    std::vector<std::byte> bytes(24);
    store_be64(bytes.data(), key);
    store_be64(bytes.data() + 8, action_key);
    store_u8(bytes.data() + 20, static_cast<std::uint8_t>(flags));
    return bytes;
  }

  Reply out(Nexus& nexus, Action action, unsigned type, const std::vector<std::byte>& parameters) {
    const auto length = static_cast<unsigned>(parameters.size());
    return bench.run_as(nexus, {0x5f, action, type, 0, 0, 0, 0, length >> 8, length & 0xff, 0}, parameters);
  }

  Reply in(unsigned action) { return bench.run_as(a, {0x5e, action, 0, 0, 0, 0, 0, 0xff, 0xff, 0}); }

  void register_both() {
    EXPECT_TRUE(out(a, kRegister, 0, list(0, kKeyA)).is_good());
    EXPECT_TRUE(out(b, kRegister, 0, list(0, kKeyB)).is_good());
  }

  std::vector<std::uint64_t> keys() {
    const Reply reply = in(0);
    std::vector<std::uint64_t> result;
    for (std::size_t at = 8; at < reply.data_in.size(); at += 8) result.push_back(reply.be64(at));
    return result;
  }

  bool may_read(Nexus& nexus) { return bench.run_as(nexus, kReadOneBlock).is_good(); }
  bool may_write(Nexus& nexus) {
    return bench.run_as(nexus, {0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, bench.blocks_of(1)).is_good();
  }

  Bench bench;
  Nexus& a;
  Nexus& b;
};

TEST_F(PersistentReserve, KeysAreRegisteredChangedAndTakenBack) {
  register_both();
  EXPECT_THAT(keys(), ElementsAre(kKeyA, kKeyB));
  EXPECT_EQ(in(0).be32(0), 2U) << "PRGENERATION";
  EXPECT_TRUE(out(a, kRegister, 0, list(kKeyA, 0xa3)).is_good());
  EXPECT_EQ(out(a, kRegister, 0, list(kKeyA, 0)).status, Status::reservation_conflict) << "the old key";
  EXPECT_TRUE(out(a, kRegister, 0, list(0xa3, 0)).is_good());
  EXPECT_THAT(keys(), ElementsAre(kKeyB));
  EXPECT_EQ(in(0).be32(0), 4U);
}

TEST_F(PersistentReserve, UnknownInitiatorRegistersWithKeyZero) {
  EXPECT_EQ(out(a, kRegister, 0, list(5, kKeyA)).status, Status::reservation_conflict);
  EXPECT_TRUE(out(a, kRegisterAndIgnore, 0, list(5, kKeyA)).is_good());
  EXPECT_TRUE(out(a, kRegisterAndIgnore, 0, list(7, 0xa9)).is_good());
  EXPECT_THAT(keys(), ElementsAre(0xa9));
}

TEST_F(PersistentReserve, OnlyTheRegisteredReserve) {
  EXPECT_EQ(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).status, Status::reservation_conflict);
  register_both();
  EXPECT_EQ(out(a, kReserve, kWriteExclusive, list(kKeyB, 0)).status, Status::reservation_conflict);
  EXPECT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good()) << "again";
  EXPECT_EQ(out(a, kReserve, kExclusiveAccess, list(kKeyA, 0)).status, Status::reservation_conflict);
  EXPECT_EQ(out(b, kReserve, kWriteExclusive, list(kKeyB, 0)).status, Status::reservation_conflict);
  const Reply reply = in(1);
  ASSERT_EQ(reply.data_in.size(), 24U);
  EXPECT_EQ(reply.be64(8), kKeyA);
  EXPECT_EQ(reply.u8(21), kWriteExclusive);
}

TEST_F(PersistentReserve, ReservedTypesAndScopesAreRefused) {
  register_both();
  for (const unsigned type : {0U, 2U, 4U, 9U, 15U}) {
    EXPECT_EQ(out(a, kReserve, type, list(kKeyA, 0)).field(), "cdb 2.3") << type;
  }
  EXPECT_EQ(out(a, kReserve, 0x11, list(kKeyA, 0)).field(), "cdb 2.7");
}

struct Access {
  unsigned type;
  bool registered_reads, registered_writes, stranger_reads, stranger_writes;
};

class PersistentReserveAccess : public PersistentReserve, public ::testing::WithParamInterface<Access> {};

// SPC-4, table 66: what a reservation of A lets B do, with and without a registration of its own.
TEST_P(PersistentReserveAccess, FollowsTheType) {
  const Access& expected = GetParam();
  register_both();
  ASSERT_TRUE(out(a, kReserve, expected.type, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(may_read(a));
  EXPECT_TRUE(may_write(a));
  EXPECT_EQ(may_read(b), expected.registered_reads);
  EXPECT_EQ(may_write(b), expected.registered_writes);
  ASSERT_TRUE(out(b, kRegister, 0, list(kKeyB, 0)).is_good());
  EXPECT_EQ(may_read(b), expected.stranger_reads);
  EXPECT_EQ(may_write(b), expected.stranger_writes);
  EXPECT_TRUE(bench.run_as(b, kTestUnitReady).is_good());
  EXPECT_TRUE(bench.run_as(b, {0x12, 0, 0, 0, 36, 0}).is_good());
  EXPECT_TRUE(bench.run_as(b, {0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good()) << "READ CAPACITY";
  EXPECT_TRUE(bench.run_as(b, {0x1b, 0, 0, 0, 1, 0}).is_good()) << "START";
  EXPECT_EQ(bench.run_as(b, {0x1b, 0, 0, 0, 0, 0}).status, Status::reservation_conflict) << "STOP";
  EXPECT_EQ(bench.run_as(b, {0x1a, 0, 0x3f, 0, 255, 0}).is_good(), expected.stranger_reads) << "MODE SENSE";
  ASSERT_TRUE(out(a, kRelease, expected.type, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(may_write(b));
}

INSTANTIATE_TEST_SUITE_P(AllTypes, PersistentReserveAccess,
                         ::testing::Values(Access{1, true, false, true, false}, Access{3, false, false, false, false},
                                           Access{5, true, true, true, false}, Access{6, true, true, false, false},
                                           Access{7, true, true, true, false}, Access{8, true, true, false, false}));

TEST_F(PersistentReserve, ReleaseNeedsHolderAndType) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(out(b, kRelease, kWriteExclusive, list(kKeyB, 0)).is_good()) << "without effect";
  EXPECT_FALSE(may_write(b));
  EXPECT_EQ(out(a, kRelease, kExclusiveAccess, list(kKeyA, 0)).code(),
            SenseCode::invalid_release_of_persistent_reservation);
  EXPECT_TRUE(out(a, kRelease, kWriteExclusive, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(out(a, kRelease, kWriteExclusive, list(kKeyA, 0)).is_good()) << "nothing to release";
  EXPECT_FALSE(b.has(UnitAttention::reservations_released)) << "not with this type";
}

TEST_F(PersistentReserve, RegistrantsHearOfARelease) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusiveRegistrantsOnly, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(a, kRelease, kWriteExclusiveRegistrantsOnly, list(kKeyA, 0)).is_good());
  EXPECT_EQ(bench.run_as(b, kTestUnitReady).code(), SenseCode::reservations_released);
}

TEST_F(PersistentReserve, ReservationEndsWithTheRegistrationOfItsHolder) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusiveRegistrantsOnly, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(a, kRegister, 0, list(kKeyA, 0)).is_good());
  EXPECT_TRUE(b.has(UnitAttention::reservations_released));
  EXPECT_EQ(in(1).data_in.size(), 8U);
}

TEST_F(PersistentReserve, ReservationOfAllRegistrantsEndsWithTheLast) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kExclusiveAccessAllRegistrants, list(kKeyA, 0)).is_good());
  EXPECT_EQ(in(1).be64(8), 0U) << "the key of everybody";
  ASSERT_TRUE(out(a, kRegister, 0, list(kKeyA, 0)).is_good());
  EXPECT_FALSE(may_read(a));
  EXPECT_TRUE(may_write(b));
  ASSERT_TRUE(out(b, kRegister, 0, list(kKeyB, 0)).is_good());
  EXPECT_TRUE(may_write(a));
}

TEST_F(PersistentReserve, ClearRemovesEverything) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(b, kClear, 0, list(kKeyB, 0)).is_good());
  EXPECT_EQ(bench.run_as(a, kTestUnitReady).code(), SenseCode::reservations_preempted);
  EXPECT_FALSE(b.has(UnitAttention::reservations_preempted));
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_TRUE(may_write(b));
}

TEST_F(PersistentReserve, PreemptTakesTheReservation) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(b, kPreempt, kExclusiveAccess, list(kKeyB, kKeyA)).is_good());
  EXPECT_EQ(bench.run_as(a, kTestUnitReady).code(), SenseCode::registrations_preempted);
  EXPECT_THAT(keys(), ElementsAre(kKeyB));
  EXPECT_FALSE(may_read(a));
  EXPECT_TRUE(may_write(b));
  EXPECT_EQ(in(1).u8(21), kExclusiveAccess);
  EXPECT_THAT(bench.aborted, IsEmpty());
}

TEST_F(PersistentReserve, PreemptOfAKeyWithoutReservationRemovesRegistrations) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(a, kPreempt, kExclusiveAccess, list(kKeyA, kKeyB)).is_good());
  EXPECT_TRUE(b.has(UnitAttention::registrations_preempted));
  EXPECT_EQ(in(1).u8(21), kWriteExclusive) << "the reservation stays as it is";
  EXPECT_EQ(out(a, kPreempt, kExclusiveAccess, list(kKeyA, 0x77)).status, Status::reservation_conflict);
  EXPECT_EQ(out(a, kPreempt, kExclusiveAccess, list(kKeyA, 0)).field(), "parameter 8");
}

TEST_F(PersistentReserve, PreemptOfAllRegistrantsWithKeyZero) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kExclusiveAccessAllRegistrants, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(b, kPreempt, kWriteExclusive, list(kKeyB, 0)).is_good());
  EXPECT_EQ(bench.run_as(a, kTestUnitReady).code(), SenseCode::registrations_preempted);
  EXPECT_THAT(keys(), ElementsAre(kKeyB));
  EXPECT_EQ(in(1).data_in.size(), 24U);
}

TEST_F(PersistentReserve, PreemptAndAbortNamesTheVictims) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  ASSERT_TRUE(out(b, kPreemptAndAbort, kWriteExclusive, list(kKeyB, kKeyA)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24", "abort tasks"));
  EXPECT_THAT(bench.aborted, ElementsAre(a.shared_identity()));
}

TEST_F(PersistentReserve, OtherInitiatorPortsCanBeRegisteredToo) {
  auto parameters = list(0, kKeyA, 0x08);
  const auto id = transport_id(b.identity().initiator_port);
  parameters.resize(28);
  store_be32(parameters.data() + 24, static_cast<std::uint32_t>(id.size()));
  parameters.insert(parameters.end(), id.begin(), id.end());
  EXPECT_TRUE(out(a, kRegister, 0, parameters).is_good());
  EXPECT_THAT(keys(), ElementsAre(kKeyA, kKeyA));
  EXPECT_EQ(out(a, kRegister, 0, parameters).field(), "parameter 20.3") << "registered already";
  parameters.back() = std::byte{'x'};
  parameters[28] = std::byte{0x05};
  EXPECT_TRUE(out(a, kClear, 0, list(kKeyA, 0)).is_good());
  EXPECT_EQ(out(a, kRegister, 0, parameters).field(), "parameter 24") << "a device is not a port";
}

TEST_F(PersistentReserve, AllTargetPortsIsReported) {
  EXPECT_TRUE(out(a, kRegister, 0, list(0, kKeyA, 0x04)).is_good());
  EXPECT_EQ(in(3).u8(8 + 12), 0x02);
}

TEST_F(PersistentReserve, FullStatusNamesThePorts) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  const Reply reply = in(3);
  EXPECT_EQ(reply.be64(8), kKeyA);
  EXPECT_EQ(reply.u8(8 + 12), 0x01) << "R_HOLDER";
  EXPECT_EQ(reply.u8(8 + 13), kWriteExclusive);
  EXPECT_EQ(reply.be16(8 + 18), 1) << "relative target port";
  const std::uint32_t length = reply.be32(8 + 20);
  const auto id = parse_transport_id(Bytes(reply.data_in).subspan(8 + 24, length));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->initiator_port, a.identity().initiator_port);
  EXPECT_EQ(reply.be64(8 + 24 + length), kKeyB);
}

TEST_F(PersistentReserve, CapabilitiesAreReported) {
  const Reply reply = in(2);
  ASSERT_EQ(reply.data_in.size(), 8U);
  EXPECT_EQ(reply.be16(0), 8);
  EXPECT_EQ(reply.u8(2), 0x0d) << "SIP_C, ATP_C, PTPL_C";
  EXPECT_EQ(reply.be16(4), 0xea01);
  EXPECT_EQ(bench.run({0x5e, 4, 0, 0, 0, 0, 0, 0, 255, 0}).code(), SenseCode::invalid_field_in_cdb);
}

TEST_F(PersistentReserve, MoveHandsRegistrationAndReservationOver) {
  register_both();
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  const auto move = [&](std::uint64_t key, std::uint64_t new_key, const std::string& port, unsigned flags) {
    std::vector<std::byte> parameters(24);
    const auto id = transport_id(port);
    store_be64(parameters.data(), key);
    store_be64(parameters.data() + 8, new_key);
    store_u8(parameters.data() + 17, static_cast<std::uint8_t>(flags));
    store_be16(parameters.data() + 18, 1);
    store_be32(parameters.data() + 20, static_cast<std::uint32_t>(id.size()));
    parameters.insert(parameters.end(), id.begin(), id.end());
    return parameters;
  };
  const std::string to = b.identity().initiator_port;
  EXPECT_EQ(out(b, kMove, 0, move(kKeyB, 9, a.identity().initiator_port, 0)).status, Status::reservation_conflict);
  EXPECT_EQ(out(a, kMove, 0, move(kKeyA, 0, to, 0)).field(), "parameter 8");
  EXPECT_EQ(out(a, kMove, 0, move(kKeyA, 9, a.identity().initiator_port, 0)).field(), "parameter 8");
  EXPECT_TRUE(out(a, kMove, 0, move(kKeyA, 0xb5, to, 2)).is_good());
  EXPECT_THAT(keys(), ElementsAre(0xb5));
  EXPECT_FALSE(may_write(a));
  EXPECT_TRUE(may_write(b));
}

TEST_F(PersistentReserve, ListOfAnotherLengthIsRefused) {
  EXPECT_EQ(out(a, kRegister, 0, std::vector<std::byte>(23)).code(), SenseCode::parameter_list_length_error);
  EXPECT_EQ(out(a, kRegister, 0, std::vector<std::byte>(25)).code(), SenseCode::parameter_list_length_error);
  bench.most_parameters = 20;
  EXPECT_EQ(out(a, kRegister, 0, list(0, kKeyA)).code(), SenseCode::parameter_list_length_error);
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(PersistentReserve, SurvivesALossOfPowerWhenAskedTo) {
  EXPECT_TRUE(out(a, kRegister, 0, list(0, kKeyA, 0x01)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24", "persist"));
  ASSERT_TRUE(out(a, kReserve, kWriteExclusive, list(kKeyA, 0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24", "persist"));

  Bench restarted(options());
  ASSERT_TRUE(restarted.unit.restore(bench.record));
  EXPECT_EQ(restarted.run_as(restarted.second, {0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, bench.blocks_of(1)).status,
            Status::reservation_conflict);
  EXPECT_EQ(restarted.run({0x5e, 1, 0, 0, 0, 0, 0, 0, 255, 0}).be64(8), kKeyA);

  EXPECT_TRUE(out(a, kRegister, 0, list(kKeyA, kKeyA, 0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24", "persist"));
  EXPECT_THAT(bench.record, IsEmpty()) << "to be forgotten";
  EXPECT_TRUE(out(a, kRelease, kWriteExclusive, list(kKeyA, 0)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 24"));
}

TEST_F(PersistentReserve, DamagedRecordChangesNothing) {
  EXPECT_TRUE(out(a, kRegister, 0, list(0, kKeyA, 0x01)).is_good());
  for (std::size_t at = 0; at < bench.record.size(); ++at) {
    auto damaged = bench.record;
    damaged[at] ^= std::byte{1};
    EXPECT_FALSE(bench.unit.restore(damaged));
    EXPECT_FALSE(bench.unit.restore(Bytes(bench.record).first(at)));
  }
  EXPECT_THAT(keys(), ElementsAre(kKeyA));
}

TEST(PersistentReserveWithoutStore, IsNotPromised) {
  Bench bench;
  std::vector<std::byte> parameters(24);
  parameters[15] = std::byte{1};
  parameters[20] = std::byte{1};
  EXPECT_EQ(bench.run({0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, parameters).field(), "parameter 20.0");
}

TEST_F(PersistentReserve, RegistrationsOutliveNexusAndReset) {
  register_both();
  ASSERT_TRUE(out(b, kReserve, kWriteExclusive, list(kKeyB, 0)).is_good());
  bench.unit.detach(b);
  EXPECT_FALSE(may_write(a));
  bench.unit.attach(b);
  bench.unit.reset();
  EXPECT_FALSE(may_write(a));
}

TEST_F(PersistentReserve, DoesNotMixWithReserve) {
  EXPECT_TRUE(bench.run({0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(out(b, kRegister, 0, list(0, kKeyB)).status, Status::reservation_conflict);
  EXPECT_EQ(bench.run_as(b, {0x5e, 0, 0, 0, 0, 0, 0, 0, 255, 0}).status, Status::reservation_conflict);
  EXPECT_TRUE(bench.run({0x17, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(out(b, kRegister, 0, list(0, kKeyB)).is_good());
  EXPECT_EQ(bench.run({0x16, 0, 0, 0, 0, 0}).status, Status::reservation_conflict);
  EXPECT_EQ(bench.run({0x17, 0, 0, 0, 0, 0}).status, Status::reservation_conflict);
}

TEST_F(PersistentReserve, RegistrationsHaveALimit) {
  std::vector<std::byte> parameters = list(0, kKeyA, 0x08);
  parameters.resize(28);
  for (int index = 0; index < 128; ++index) {
    const auto id = transport_id("iqn.2026-11.io.example:n" + std::to_string(index) + ",i,0x000000000001");
    parameters.insert(parameters.end(), id.begin(), id.end());
  }
  store_be32(parameters.data() + 24, static_cast<std::uint32_t>(parameters.size() - 28));
  EXPECT_EQ(out(a, kRegister, 0, parameters).code(), SenseCode::insufficient_registration_resources);
  EXPECT_THAT(keys(), IsEmpty());
}

}  // namespace
}  // namespace lunway::scsi
