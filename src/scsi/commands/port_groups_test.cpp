// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Asymmetric logical unit access (SPC-4, 5.15): what groups say, and what comes through them.

#include "scsi/port_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using Cause = PortGroups::Cause;

constexpr Bench::CdbBytes kTestUnitReady = {0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kReport = {0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0};
constexpr Bench::CdbBytes kReportExtended = {0xa3, 0x2a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0};

class AluaTest : public ::testing::Test {
 protected:
  explicit AluaTest(bool can_be_set = true)
      : groups_(std::make_shared<PortGroups>(
            std::vector<PortGroups::Group>{{.id = 1, .is_preferred = true, .ports = {1}},
                                           {.id = 2, .state = AccessState::non_optimized, .ports = {2, 3}}},
            can_be_set)) {
    bench_.unit.attach(one_);
    bench_.unit.attach(two_);
    one_.clear(UnitAttention::power_on);
    two_.clear(UnitAttention::power_on);
  }
  ~AluaTest() override {
    bench_.unit.detach(one_);
    bench_.unit.detach(two_);
  }

  std::shared_ptr<const NexusIdentity> through(std::uint16_t group) {
    auto identity = std::make_shared<NexusIdentity>(*Bench::identity('z'));
    identity->target_port_group = group;
    identity->relative_target_port = group;
    identity->port_groups = groups_;
    return identity;
  }

  void set(std::uint16_t group, AccessState state) {
    const PortGroups::Change change{.group = group, .state = state};
    groups_->set({&change, 1}, Cause::implicit);
    one_.clear(UnitAttention::asymmetric_access_changed);
    two_.clear(UnitAttention::asymmetric_access_changed);
  }

  Reply set_by_command(std::vector<unsigned> list) {
    std::vector<std::byte> bytes;
    for (const unsigned byte : list) bytes.push_back(static_cast<std::byte>(byte));
    return bench_.run_as(one_, {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(bytes.size()), 0, 0}, bytes);
  }

  Bench bench_;
  std::shared_ptr<PortGroups> groups_;
  Nexus one_{through(1), 0};
  Nexus two_{through(2), 1};
};

TEST_F(AluaTest, ReportTellsGroupsWithTheirPorts) {
  const Reply reply = bench_.run_as(one_, kReport);
  ASSERT_EQ(reply.data_in.size(), 4U + 12 + 16);
  EXPECT_EQ(reply.be32(0), 28U);
  EXPECT_EQ(reply.u8(4), 0x80) << "PREF, optimized";
  EXPECT_EQ(reply.u8(5), 0x8f) << "which states there are";
  EXPECT_EQ(reply.be16(6), 1);
  EXPECT_EQ(reply.u8(11), 1);
  EXPECT_EQ(reply.be16(14), 1);
  EXPECT_EQ(reply.u8(16), 0x01) << "non-optimized";
  EXPECT_EQ(reply.be16(18), 2);
  EXPECT_EQ(reply.u8(23), 2);
  EXPECT_EQ(reply.be16(26), 2);
  EXPECT_EQ(reply.be16(30), 3);
}

TEST_F(AluaTest, TheExtendedFormatHasALongerHeader) {
  const Reply reply = bench_.run_as(one_, kReportExtended);
  ASSERT_EQ(reply.data_in.size(), 8U + 12 + 16);
  EXPECT_EQ(reply.be32(0), 32U);
  EXPECT_EQ(reply.u8(4), 0x10);
  EXPECT_EQ(reply.be16(10), 1);
  EXPECT_EQ(bench_.run_as(one_, {0xa3, 0x4a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}).field(), "cdb 1.7");
}

TEST_F(AluaTest, InquiryAgrees) {
  EXPECT_EQ(bench_.run_as(two_, {0x12, 0, 0, 0, 96, 0}).u8(5) & 0x30, 0x30);
  const Reply page = bench_.run_as(two_, {0x12, 1, 0x83, 0, 255, 0});
  std::uint16_t port = 0;
  std::uint16_t group = 0;
  for (std::size_t at = 4; at + 8 <= page.data_in.size(); at += 4U + page.u8(at + 3)) {
    if ((page.u8(at + 1) & 0x3fU) == 0x14) port = page.be16(at + 6);
    if ((page.u8(at + 1) & 0x3fU) == 0x15) group = page.be16(at + 6);
  }
  EXPECT_EQ(port, 2);
  EXPECT_EQ(group, 2);
}

TEST_F(AluaTest, WithoutGroupsNothingIsSaid) {
  auto identity = std::make_shared<NexusIdentity>(*Bench::identity('y'));
  identity->port_groups = nullptr;
  Nexus plain(identity, 0);
  bench_.unit.attach(plain);
  plain.clear(UnitAttention::power_on);
  EXPECT_EQ(bench_.run_as(plain, {0x12, 0, 0, 0, 96, 0}).u8(5) & 0x30, 0);
  EXPECT_EQ(bench_.run_as(plain, kReport).field(), "cdb 1.4");
  EXPECT_EQ(bench_.run_as(plain, {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).code(),
            SenseCode::invalid_command_operation_code);
  bench_.unit.detach(plain);
}

class ImplicitAluaTest : public AluaTest {
 protected:
  ImplicitAluaTest() : AluaTest(false) {}
};

TEST_F(ImplicitAluaTest, NobodySetsStates) {
  EXPECT_EQ(bench_.run_as(one_, {0x12, 0, 0, 0, 96, 0}).u8(5) & 0x30, 0x10);
  EXPECT_EQ(set_by_command({0, 0, 0, 0, 0, 0, 0, 2}).code(), SenseCode::invalid_command_operation_code);
  EXPECT_EQ(bench_.run_as(one_, {0xa3, 0x0c, 0x02, 0xa4, 0, 0x0a, 0, 0, 0, 255, 0, 0}).u8(1) & 7U, 1U);
}

TEST_F(AluaTest, EachStateLetsItsCommandsThrough) {
  struct Case {
    AccessState state;
    SenseCode code;  // of TEST UNIT READY
    bool mode_sense;
    bool set;
  };
  using enum SenseCode;
  const Case cases[] = {
      {AccessState::optimized, no_additional_sense_information, true, true},
      {AccessState::non_optimized, no_additional_sense_information, true, true},
      {AccessState::standby, logical_unit_not_accessible_target_port_in_standby, true, true},
      {AccessState::unavailable, logical_unit_not_accessible_target_port_unavailable, false, true},
      {AccessState::transitioning, logical_unit_not_accessible_asymmetric_access_transition, false, false},
  };
  for (const Case& path : cases) {
    set(2, path.state);
    const Reply reply = bench_.run_as(two_, kTestUnitReady);
    EXPECT_EQ(reply.code(), path.code);
    EXPECT_EQ(reply.key(), path.code == no_additional_sense_information ? SenseKey::no_sense : SenseKey::not_ready);
    EXPECT_EQ(bench_.run_as(two_, {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}).code(), path.code);
    EXPECT_EQ(bench_.run_as(two_, {0x1a, 0, 0x3f, 0, 255, 0}).is_good(), path.mode_sense);
    EXPECT_EQ(bench_.run_as(two_, {0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good(), path.set);
    EXPECT_TRUE(bench_.run_as(two_, kReport).is_good());
    EXPECT_TRUE(bench_.run_as(two_, {0x12, 0, 0, 0, 36, 0}).is_good());
    EXPECT_TRUE(bench_.run_as(two_, {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0}).is_good());
    EXPECT_TRUE(bench_.run_as(two_, {0x03, 0, 0, 0, 252, 0}).is_good());
    EXPECT_TRUE(bench_.run_as(one_, kTestUnitReady).is_good()) << "the other path is as it was";
  }
}

TEST_F(AluaTest, SettingTellsTheOtherPaths) {
  EXPECT_TRUE(set_by_command({0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 2}).is_good());
  EXPECT_EQ(bench_.run_as(one_, kTestUnitReady).code(), SenseCode::logical_unit_not_accessible_target_port_in_standby)
      << "who asked is not told";
  const Reply told = bench_.run_as(two_, kTestUnitReady);
  EXPECT_EQ(told.key(), SenseKey::unit_attention);
  EXPECT_EQ(told.code(), SenseCode::asymmetric_access_state_changed);
  EXPECT_TRUE(bench_.run_as(two_, kTestUnitReady).is_good());
  const Reply report = bench_.run_as(one_, kReport);
  EXPECT_EQ(report.u8(4), 0x82);
  EXPECT_EQ(report.u8(9), 1) << "by SET TARGET PORT GROUPS";
  EXPECT_EQ(report.u8(16), 0x00);
  EXPECT_TRUE(set_by_command({0, 0, 0, 0, 2, 0, 0, 1}).is_good());
  EXPECT_TRUE(bench_.run_as(two_, kTestUnitReady).is_good()) << "nothing has changed";
}

TEST_F(AluaTest, AnImplicitChangeTellsAll) {
  const PortGroups::Change change{.group = 1, .state = AccessState::unavailable};
  groups_->set({&change, 1}, Cause::implicit);
  EXPECT_EQ(bench_.run_as(one_, kTestUnitReady).code(), SenseCode::asymmetric_access_state_changed);
  EXPECT_EQ(bench_.run_as(two_, kTestUnitReady).code(), SenseCode::asymmetric_access_state_changed);
  EXPECT_EQ(bench_.run_as(two_, kReport).u8(9), 2);
}

TEST_F(AluaTest, OneWrongDescriptorAndNoneTakesEffect) {
  EXPECT_EQ(set_by_command({0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 9}).field(), "parameter 10");
  EXPECT_EQ(set_by_command({0, 0, 0, 0, 2, 0, 0, 1, 4, 0, 0, 2}).field(), "parameter 8.3") << "LBA dependent";
  EXPECT_EQ(set_by_command({0, 0, 0, 0, 15, 0, 0, 1}).field(), "parameter 4.3") << "transitioning";
  EXPECT_EQ(set_by_command({0, 0, 0, 0, 2, 0, 0}).code(), SenseCode::parameter_list_length_error);
  EXPECT_TRUE(bench_.run_as(one_, kTestUnitReady).is_good());
}

TEST(LogSelect, HasNothingToSet) {
  Bench bench;
  const auto select = [&](Bench::CdbBytes cdb, std::size_t length) {
    std::vector<std::byte> list(length);
    if (length != 0) list[0] = std::byte{0x2f};
    return bench.run(cdb, list);
  };
  EXPECT_TRUE(select({0x4c, 0x02, 0, 0, 0, 0, 0, 0, 0, 0}, 0).is_good()) << "PCR";
  EXPECT_TRUE(select({0x4c, 0, 0x2f, 0, 0, 0, 0, 0, 0, 0}, 0).is_good());
  EXPECT_TRUE(select({0x4c, 0, 0, 0, 0, 0, 0, 0, 4, 0}, 4).is_good()) << "a page without parameters";
  EXPECT_EQ(select({0x4c, 0x01, 0, 0, 0, 0, 0, 0, 0, 0}, 0).field(), "cdb 1.0") << "SP";
  EXPECT_EQ(select({0x4c, 0x02, 0, 0, 0, 0, 0, 0, 4, 0}, 4).field(), "cdb 1.1");
  EXPECT_EQ(select({0x4c, 0, 0x11, 0, 0, 0, 0, 0, 0, 0}, 0).field(), "cdb 2.5");
  EXPECT_EQ(select({0x4c, 0, 0x2f, 0, 0, 0, 0, 0, 4, 0}, 4).field(), "cdb 2.5");
  EXPECT_EQ(select({0x4c, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 0).field(), "cdb 3");
  EXPECT_EQ(select({0x4c, 0, 0, 0, 0, 0, 0, 0, 3, 0}, 3).code(), SenseCode::parameter_list_length_error);
}

}  // namespace
}  // namespace lunway::scsi
