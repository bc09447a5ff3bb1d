// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/session_luns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "volume/null/null_volume.h"

namespace lunway::target {
namespace {

using scsi::UnitAttention;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<Disk> disk(const std::string& serial) {
  scsi::LogicalUnitOptions options;
  options.capacity_blocks = 8;
  options.serial_number = serial;
  return std::make_shared<Disk>(serial, "", "", std::make_unique<volume::NullVolume>(4096), options);
}

wire::Lun lun(unsigned number) { return wire::Lun::from_flat(number); }

class SessionLunsTest : public ::testing::Test {
 protected:
  SessionLunsTest() { luns_.change_to({{{0, a_}, {1, b_}}}); }

  const std::shared_ptr<Disk> a_ = disk("a");
  const std::shared_ptr<Disk> b_ = disk("b");
  SessionLuns luns_{std::make_shared<scsi::NexusIdentity>(), 0};
};

TEST_F(SessionLunsTest, NewOnesArePoweredOn) {
  ASSERT_NE(luns_.find(lun(1)), nullptr);
  EXPECT_EQ(luns_.find(lun(1))->disk, b_);
  EXPECT_TRUE(luns_.find(lun(1))->nexus->has(UnitAttention::power_on));
  EXPECT_FALSE(luns_.find(lun(1))->nexus->has(UnitAttention::reported_luns_changed));
  EXPECT_EQ(luns_.find(lun(2)), nullptr);
  EXPECT_THAT(luns_.list(), ElementsAre(lun(0).value(), lun(1).value()));
}

TEST_F(SessionLunsTest, ThoseThatStayAreToldOfChangesOnly) {
  EXPECT_THAT(luns_.change_to({{{0, a_}, {1, b_}}}), IsEmpty());
  EXPECT_FALSE(luns_.find(lun(0))->nexus->has(UnitAttention::reported_luns_changed));
  luns_.change_to({{{0, a_}, {1, b_}, {7, disk("c")}}});
  EXPECT_TRUE(luns_.find(lun(0))->nexus->has(UnitAttention::reported_luns_changed));
  EXPECT_FALSE(luns_.find(lun(7))->nexus->has(UnitAttention::reported_luns_changed));
}

TEST_F(SessionLunsTest, WhatIsGoneStaysUntilNobodyUsesIt) {
  const scsi::Nexus* nexus = luns_.find(lun(1))->nexus.get();
  EXPECT_THAT(luns_.change_to({{{0, a_}}}), ElementsAre(nexus));
  EXPECT_EQ(luns_.find(lun(1)), nullptr);
  EXPECT_EQ(luns_.nexus_with(*b_), nexus) << "its commands can still be aborted";
  luns_.let_go([](const scsi::Nexus&) { return true; });
  EXPECT_EQ(b_.use_count(), 2);
  luns_.let_go([](const scsi::Nexus&) { return false; });
  EXPECT_EQ(b_.use_count(), 1);
  EXPECT_EQ(luns_.nexus_with(*b_), nullptr);
}

TEST_F(SessionLunsTest, ANumberNeverMeansAnotherDisk) {
  luns_.change_to({{{0, a_}, {1, disk("c")}}});
  EXPECT_EQ(luns_.find(lun(1)), nullptr);
  EXPECT_THAT(luns_.list(), ElementsAre(lun(0).value()));
  EXPECT_TRUE(luns_.find(lun(0))->nexus->has(UnitAttention::reported_luns_changed));
  // Not after it was empty for a while either.
  luns_.change_to({{{0, a_}}});
  luns_.change_to({{{0, a_}, {1, disk("c")}}});
  EXPECT_EQ(luns_.find(lun(1)), nullptr);
}

TEST_F(SessionLunsTest, TheSameDiskMayComeBack) {
  luns_.change_to({{{0, a_}}});
  const auto opened_again = disk("b");
  luns_.change_to({{{0, a_}, {1, opened_again}}});
  ASSERT_NE(luns_.find(lun(1)), nullptr);
  EXPECT_EQ(luns_.find(lun(1))->disk, opened_again);
  EXPECT_TRUE(luns_.find(lun(1))->nexus->has(UnitAttention::power_on));
}

TEST_F(SessionLunsTest, OneDiskMayBeTwoLuns) {
  luns_.change_to({{{0, a_}, {1, b_}, {2, b_}}});
  const scsi::Nexus* second = luns_.find(lun(2))->nexus.get();
  EXPECT_THAT(luns_.change_to({{{0, a_}, {1, b_}}}), ElementsAre(second));
  EXPECT_NE(luns_.find(lun(1)), nullptr);
  EXPECT_THAT(luns_.disks(), SizeIs(2));
}

}  // namespace
}  // namespace lunway::target
