// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What commands change for those that come after: mode parameters, the medium, reservations, unit attentions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;

std::vector<std::byte> bytes(std::initializer_list<unsigned> list) {
  std::vector<std::byte> result;
  for (const unsigned byte : list) result.push_back(static_cast<std::byte>(byte));
  return result;
}

constexpr Bench::CdbBytes kTestUnitReady = {0, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kReadOneBlock = {0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0};
constexpr Bench::CdbBytes kStop = {0x1b, 0, 0, 0, 0, 0};
constexpr Bench::CdbBytes kStart = {0x1b, 0, 0, 0, 1, 0};
constexpr Bench::CdbBytes kEject = {0x1b, 0, 0, 0, 2, 0};
constexpr Bench::CdbBytes kLoad = {0x1b, 0, 0, 0, 3, 0};

TEST(UnitAttentions, PowerOnIsToldOnce) {
  Bench bench;
  Nexus third(Bench::identity('c'), 2);
  bench.unit.attach(third);
  const Reply reply = bench.run_as(third, kTestUnitReady);
  EXPECT_EQ(reply.key(), SenseKey::unit_attention);
  EXPECT_EQ(reply.code(), SenseCode::power_on_occurred);
  EXPECT_TRUE(bench.run_as(third, kTestUnitReady).is_good());
  bench.unit.detach(third);
}

TEST(UnitAttentions, InquiryAndReportLunsLeaveThemPending) {
  Bench bench;
  bench.first.raise(UnitAttention::logical_unit_reset);
  EXPECT_TRUE(bench.run({0x12, 0, 0, 0, 36, 0}).is_good());
  EXPECT_TRUE(bench.run({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0}).is_good());
  EXPECT_EQ(bench.run(kTestUnitReady).code(), SenseCode::bus_device_reset_function_occurred);
}

TEST(UnitAttentions, ReportLunsClearsWhatItAnswers) {
  Bench bench;
  bench.first.raise(UnitAttention::reported_luns_changed);
  EXPECT_TRUE(bench.run({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0}).is_good());
  EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
}

TEST(UnitAttentions, RequestSenseTellsThemAsData) {
  Bench bench;
  bench.first.raise(UnitAttention::capacity_changed);
  const Reply reply = bench.run({0x03, 0, 0, 0, 252, 0});
  EXPECT_TRUE(reply.is_good());
  EXPECT_EQ(reply.u8(2), 0x06);
  EXPECT_EQ(reply.be16(12), 0x2a09);
  EXPECT_EQ(bench.run({0x03, 0, 0, 0, 252, 0}).be16(12), 0) << "then there is none";
  EXPECT_EQ(bench.run({0x03, 1, 0, 0, 252, 0}).u8(0), 0x72) << "DESC asks for descriptors";
}

TEST(UnitAttentions, ComeBeforeEverythingElseInTheirOrder) {
  Bench bench;
  bench.first.raise(UnitAttention::mode_parameters_changed);
  bench.first.raise(UnitAttention::logical_unit_reset);
  EXPECT_EQ(bench.run({0xc1, 0, 0, 0, 0, 0}).code(), SenseCode::bus_device_reset_function_occurred);
  EXPECT_EQ(bench.run(kReadOneBlock).code(), SenseCode::mode_parameters_changed);
  EXPECT_TRUE(bench.run(kReadOneBlock).is_good());
}

//= rfc7143#11.14.5
//= ledger(target) R7143-11.14.5-01
TEST(Rfc7143_11_14_5_UnitAttention, TellsThatTheProtocolClearedCommands) {
  Bench bench;
  bench.first.raise(UnitAttention::commands_cleared_by_iscsi_event);
  const Reply reply = bench.run(kReadOneBlock);
  EXPECT_EQ(reply.key(), SenseKey::unit_attention);
  EXPECT_EQ(static_cast<unsigned>(reply.code()), 0x477fU);
  EXPECT_TRUE(bench.run(kReadOneBlock).is_good());
}

TEST(UnitAttentions, ResetIsToldToAll) {
  Bench bench;
  for (Nexus* const nexus : {&bench.first, &bench.second}) bench.unit.tell_reset(*nexus);
  bench.unit.reset();
  EXPECT_EQ(bench.run(kTestUnitReady).code(), SenseCode::bus_device_reset_function_occurred);
  EXPECT_EQ(bench.run_as(bench.second, kTestUnitReady).code(), SenseCode::bus_device_reset_function_occurred);
}

TEST(ModeSense, TellsPagesAndHeader) {
  Bench bench;
  const Reply reply = bench.run({0x1a, 0, 0x08, 0, 255, 0});
  ASSERT_EQ(reply.data_in.size(), 4U + 8U + 20U);
  EXPECT_EQ(reply.u8(0), reply.data_in.size() - 1);
  EXPECT_EQ(reply.u8(2), 0x10) << "DPOFUA";
  EXPECT_EQ(reply.u8(3), 8) << "one short descriptor";
  EXPECT_EQ(reply.be32(4), Bench::kBlocks);
  EXPECT_EQ(reply.be32(8), 512U);
  EXPECT_EQ(reply.u8(12), 0x08);
  EXPECT_EQ(reply.u8(13), 18);
  EXPECT_EQ(reply.u8(14) & 0x04, 0x04) << "WCE";
}

TEST(ModeSense, TenBytesCanHaveLongDescriptors) {
  Bench bench;
  const Reply reply = bench.run({0x5a, 0x10, 0x0a, 0, 0, 0, 0, 1, 0, 0});
  ASSERT_EQ(reply.data_in.size(), 8U + 16U + 12U);
  EXPECT_EQ(reply.be16(0), reply.data_in.size() - 2);
  EXPECT_EQ(reply.u8(4), 1) << "LONGLBA";
  EXPECT_EQ(reply.be16(6), 16);
  EXPECT_EQ(reply.be64(8), Bench::kBlocks);
  EXPECT_EQ(reply.be32(20), 512U);
}

TEST(ModeSense, AllPagesAndSubpages) {
  Bench bench;
  EXPECT_EQ(bench.run({0x1a, 8, 0x3f, 0, 255, 0}).data_in.size(), 4U + 12 + 20 + 12 + 12);
  EXPECT_EQ(bench.run({0x1a, 8, 0x3f, 0xff, 255, 0}).data_in.size(), 4U + 12 + 20 + 12 + 32 + 12);
  const Reply extension = bench.run({0x1a, 8, 0x0a, 1, 255, 0});
  EXPECT_EQ(extension.u8(4), 0x4a) << "SPF";
  EXPECT_EQ(extension.u8(5), 1);
  EXPECT_EQ(extension.be16(6), 28);
}

TEST(ModeSense, RefusesWhatIsNotThere) {
  Bench bench;
  EXPECT_EQ(bench.run({0x1a, 0, 0x19, 0, 255, 0}).field(), "cdb 2.5");
  EXPECT_EQ(bench.run({0x1a, 0, 0x08, 7, 255, 0}).field(), "cdb 2.5");
  EXPECT_EQ(bench.run({0x1a, 0, 0x3f, 1, 255, 0}).field(), "cdb 3.7");
  EXPECT_EQ(bench.run({0x1a, 0, 0xc8, 0, 255, 0}).code(), SenseCode::saving_parameters_not_supported);
}

TEST(ModeSense, ChangeableAndDefaultValues) {
  Bench bench;
  const Reply control = bench.run({0x1a, 8, 0x4a, 0, 255, 0});
  EXPECT_EQ(control.u8(4 + 2), 0x04) << "D_SENSE";
  EXPECT_EQ(control.u8(4 + 4), 0x08) << "SWP";
  EXPECT_EQ(control.be16(4 + 8), 0);
  const Reply caching = bench.run({0x1a, 8, 0x48, 0, 255, 0});
  EXPECT_EQ(caching.u8(4 + 2), 0x04) << "WCE";
}

/// The control page in a MODE SELECT(6) list.
std::vector<std::byte> control_page(unsigned byte2, unsigned byte4) {
  return bytes({0, 0, 0, 0, 0x0a, 10, byte2, 0x10, byte4, 0, 0, 0, 0xff, 0xff, 0, 0});
}

constexpr Bench::CdbBytes kSelectControl = {0x15, 0x10, 0, 0, 16, 0};

TEST(ModeSelect, DescriptorSenseTakesEffect) {
  Bench bench;
  EXPECT_TRUE(bench.run(kSelectControl, control_page(0x04, 0)).is_good());
  EXPECT_EQ(load_u8(bench.run({0xc1, 0, 0, 0, 0, 0}).sense.data()), 0x72);
  EXPECT_EQ(bench.run({0x1a, 8, 0x0a, 0, 255, 0}).u8(6), 0x04);
  EXPECT_EQ(bench.run({0x1a, 8, 0x8a, 0, 255, 0}).u8(6), 0x00) << "the default stays";
  bench.unit.reset();
  EXPECT_EQ(load_u8(bench.run({0xc1, 0, 0, 0, 0, 0}).sense.data()), 0x70);
}

TEST(ModeSelect, SoftwareWriteProtectTakesEffect) {
  Bench bench;
  EXPECT_TRUE(bench.run(kSelectControl, control_page(0, 0x08)).is_good());
  EXPECT_EQ(bench.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, bench.blocks_of(1)).code(),
            SenseCode::software_write_protected);
  EXPECT_EQ(bench.run({0x1a, 8, 0x0a, 0, 255, 0}).u8(2), 0x90) << "WP";
  EXPECT_TRUE(bench.run(kReadOneBlock).is_good());
}

TEST(ModeSelect, WriteCacheTakesEffect) {
  Bench bench;
  auto list = bytes({0, 0, 0, 0, 0x08, 18});
  list.resize(24);
  EXPECT_TRUE(bench.run({0x15, 0x10, 0, 0, 24, 0}, list).is_good());
  EXPECT_TRUE(bench.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, bench.blocks_of(1)).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("solicit 0+512", "flush 0+512"));
}

TEST(ModeSelect, IsToldToTheOthers) {
  Bench bench;
  EXPECT_TRUE(bench.run(kSelectControl, control_page(0x04, 0)).is_good());
  EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
  EXPECT_TRUE(bench.second.has(UnitAttention::mode_parameters_changed));
}

TEST(ModeSelect, WrongListsChangeNothing) {
  Bench bench;
  auto list = control_page(0x04, 0);
  list[4 + 3] = std::byte{0x20};
  const Reply reply = bench.run(kSelectControl, list);
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_parameter_list);
  EXPECT_EQ(reply.field(), "parameter 7");
  EXPECT_EQ(bench.run({0x1a, 8, 0x0a, 0, 255, 0}).u8(6), 0x00);
  EXPECT_FALSE(bench.second.has(UnitAttention::mode_parameters_changed));

  list = control_page(0x04, 0);
  list[5] = std::byte{11};
  EXPECT_EQ(bench.run(kSelectControl, list).field(), "parameter 5") << "page length";
  list[4] = std::byte{0x19};
  EXPECT_EQ(bench.run(kSelectControl, list).field(), "parameter 4.5") << "page code";
  EXPECT_EQ(bench.run({0x15, 0x10, 0, 0, 15, 0}, control_page(4, 0)).code(), SenseCode::parameter_list_length_error);
  EXPECT_EQ(bench.run({0x15, 0x10, 0, 0, 3, 0}, bytes({0, 0, 0})).code(), SenseCode::parameter_list_length_error);
}

TEST(ModeSelect, InitiatorThatSendsNothingIsNotWaitedFor) {
  Bench bench;
  EXPECT_EQ(bench.run(kSelectControl).code(), SenseCode::parameter_list_length_error);
  EXPECT_TRUE(bench.steps.empty());
}

TEST(ModeSelect, BlockDescriptorMayOnlyRepeatWhatIs) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x15, 0x10, 0, 0, 12, 0}, bytes({0, 0, 0, 8, 0, 0, 1, 0, 0, 0, 2, 0})).is_good());
  EXPECT_EQ(bench.run({0x15, 0x10, 0, 0, 12, 0}, bytes({0, 0, 0, 8, 0, 0, 1, 0, 0, 0, 16, 0})).field(), "parameter 9");
  EXPECT_EQ(bench.run({0x15, 0x10, 0, 0, 12, 0}, bytes({0, 0, 0, 8, 0, 0, 1, 1, 0, 0, 2, 0})).field(), "parameter 4");
  EXPECT_EQ(bench.run({0x15, 0x10, 0, 0, 12, 0}, bytes({0, 0, 0, 9, 0, 0, 1, 1, 0, 0, 2, 0})).field(), "parameter 3");
}

TEST(ModeSelect, PagesAreNotSaved) {
  Bench bench;
  EXPECT_EQ(bench.run({0x15, 0x11, 0, 0, 16, 0}, control_page(4, 0)).field(), "cdb 1.0");
  EXPECT_EQ(bench.run({0x15, 0x00, 0, 0, 16, 0}, control_page(4, 0)).field(), "cdb 1.4");
}

TEST(StartStopUnit, StoppedMediumIsNotReady) {
  Bench bench;
  EXPECT_TRUE(bench.run(kStop).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("flush 0+0"));
  EXPECT_EQ(bench.run(kReadOneBlock).code(), SenseCode::logical_unit_not_ready_initializing_command_required);
  EXPECT_EQ(bench.run(kTestUnitReady).key(), SenseKey::not_ready);
  EXPECT_TRUE(bench.run({0x12, 0, 0, 0, 36, 0}).is_good());
  EXPECT_TRUE(bench.run(kStart).is_good());
  EXPECT_TRUE(bench.run(kReadOneBlock).is_good());
}

TEST(StartStopUnit, OnlyARemovableMediumIsEjected) {
  Bench fixed;
  EXPECT_EQ(fixed.run(kEject).field(), "cdb 4.1");
  LogicalUnitOptions options = Bench::default_options();
  options.removable = true;
  Bench bench(options);
  EXPECT_EQ(bench.run({0x12, 0, 0, 0, 36, 0}).u8(1), 0x80);
  EXPECT_TRUE(bench.run(kEject).is_good());
  EXPECT_EQ(bench.run(kTestUnitReady).code(), SenseCode::medium_not_present);
  EXPECT_EQ(bench.run(kReadOneBlock).code(), SenseCode::medium_not_present);
  EXPECT_TRUE(bench.run(kLoad).is_good());
  EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
  EXPECT_TRUE(bench.second.has(UnitAttention::medium_may_have_changed));
}

TEST(StartStopUnit, PowerConditionsDoNotEject) {
  LogicalUnitOptions options = Bench::default_options();
  options.removable = true;
  Bench bench(options);
  for (const unsigned condition : {1U, 2U, 3U, 7U, 10U, 11U}) {
    EXPECT_TRUE(bench.run({0x1b, 0, 0, 0, condition << 4 | 2, 0}).is_good()) << condition;
    EXPECT_TRUE(bench.run(kTestUnitReady).is_good());
  }
  EXPECT_EQ(bench.run({0x1b, 0, 0, 0, 0xf0, 0}).field(), "cdb 4.7");
}

TEST(PreventAllow, EveryNexusPreventsForItself) {
  LogicalUnitOptions options = Bench::default_options();
  options.removable = true;
  Bench bench(options);
  EXPECT_TRUE(bench.run({0x1e, 0, 0, 0, 1, 0}).is_good());
  EXPECT_TRUE(bench.run_as(bench.second, {0x1e, 0, 0, 0, 1, 0}).is_good());
  EXPECT_TRUE(bench.run({0x1e, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.run(kEject).code(), SenseCode::medium_removal_prevented);
  bench.unit.detach(bench.second);
  EXPECT_TRUE(bench.run(kEject).is_good()) << "who is gone prevents nothing";
  bench.unit.attach(bench.second);
}

TEST(Reserve, KeepsOthersOut) {
  for (const unsigned opcode : {0x16U, 0x56U}) {
    Bench bench;
    EXPECT_TRUE(bench.run({opcode, 0, 0, 0, 0, 0}).is_good());
    EXPECT_TRUE(bench.run({opcode, 0, 0, 0, 0, 0}).is_good()) << "again";
    EXPECT_TRUE(bench.run(kReadOneBlock).is_good());
    EXPECT_EQ(bench.run_as(bench.second, kReadOneBlock).status, Status::reservation_conflict);
    EXPECT_EQ(bench.run_as(bench.second, {opcode, 0, 0, 0, 0, 0}).status, Status::reservation_conflict);
    EXPECT_TRUE(bench.run_as(bench.second, {0x12, 0, 0, 0, 36, 0}).is_good());
    EXPECT_TRUE(bench.run_as(bench.second, {opcode + 1, 0, 0, 0, 0, 0}).is_good()) << "RELEASE without effect";
    EXPECT_EQ(bench.run_as(bench.second, kReadOneBlock).status, Status::reservation_conflict);
    EXPECT_TRUE(bench.run({opcode + 1, 0, 0, 0, 0, 0}).is_good());
    EXPECT_TRUE(bench.run_as(bench.second, kReadOneBlock).is_good());
  }
}

TEST(Reserve, EndsWithTheNexusAndWithAReset) {
  Bench bench;
  Nexus third(Bench::identity('c'), 2);
  bench.unit.attach(third);
  third.clear(UnitAttention::power_on);
  EXPECT_TRUE(bench.run_as(third, {0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.run(kReadOneBlock).status, Status::reservation_conflict);
  bench.unit.detach(third);
  EXPECT_TRUE(bench.run(kReadOneBlock).is_good());

  EXPECT_TRUE(bench.run({0x16, 0, 0, 0, 0, 0}).is_good());
  bench.unit.reset();
  EXPECT_TRUE(bench.run_as(bench.second, kReadOneBlock).is_good());
}

}  // namespace
}  // namespace lunway::scsi
