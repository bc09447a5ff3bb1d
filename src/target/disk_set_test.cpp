// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/disk_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace lunway::target {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1U << 20;

class DiskSetTest : public ::testing::Test {
 protected:
  DiskSetTest() {
    std::string name = ::testing::TempDir() + "lunway-disks-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~DiskSetTest() override { std::filesystem::remove_all(folder_); }

  VolumeConfig file(const std::string& name, const std::string& path, std::uint64_t size = kMiB) const {
    return {.name = name, .backing = FileBacking{.path = (folder_ / path).string(), .create_size_bytes = size}};
  }
  static VolumeConfig memory(const std::string& name, std::uint64_t size = kMiB) {
    return {.name = name, .backing = MemoryBacking{.size_bytes = size}};
  }
  static ServerConfig with(std::vector<VolumeConfig> volumes) {
    ServerConfig config;
    config.volumes = std::move(volumes);
    return config;
  }

  std::filesystem::path folder_;
};

TEST_F(DiskSetTest, KeepsWhatStaysAndOpensWhatIsNew) {
  const DiskSet before = DiskSet::open(with({file("db", "db.img"), memory("scratch")})).value();
  const DiskSet after = before.changed_to(with({file("db", "db.img"), memory("scratch"), memory("other")})).value();
  EXPECT_EQ(after.find("db"), before.find("db"));
  EXPECT_EQ(after.find("scratch"), before.find("scratch"));
  EXPECT_NE(after.find("other"), nullptr);
  EXPECT_FALSE(before.contains(*after.find("other")));
}

TEST_F(DiskSetTest, AFileIsTheSameUnderAnotherNameAndPath) {
  const DiskSet before = DiskSet::open(with({file("db", "db.img")})).value();
  const auto after = before.changed_to(with({file("base", "./db.img")}));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->find("base"), before.find("db"));
}

TEST_F(DiskSetTest, ANameWithAnotherFileIsAnotherDisk) {
  const DiskSet before = DiskSet::open(with({file("db", "db.img")})).value();
  const DiskSet after = before.changed_to(with({file("db", "other.img")})).value();
  EXPECT_NE(after.find("db"), before.find("db"));
  EXPECT_NE(after.find("db")->serial_number, before.find("db")->serial_number);
}

TEST_F(DiskSetTest, WhatInitiatorsWereToldStays) {
  const DiskSet before = DiskSet::open(with({file("db", "db.img"), memory("scratch")})).value();
  VolumeConfig changed = file("db", "db.img");
  changed.block_size_bytes = 4096;
  const auto refused = before.changed_to(with({changed, memory("scratch")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("volume db: block_size cannot change"));
  VolumeConfig direct = file("db", "db.img");
  std::get<FileBacking>(direct.backing).direct = true;
  const auto past_the_cache = before.changed_to(with({direct, memory("scratch")}));
  ASSERT_FALSE(past_the_cache);
  EXPECT_THAT(past_the_cache.error().message, HasSubstr("volume db: direct cannot change"));
  const auto larger = before.changed_to(with({memory("scratch", 2 * kMiB)}));
  ASSERT_FALSE(larger);
  EXPECT_THAT(larger.error().message, HasSubstr("volume scratch: memory cannot change"));
}

TEST_F(DiskSetTest, TakesOverSizes) {
  const DiskSet before = DiskSet::open(with({file("db", "db.img")})).value();
  EXPECT_THAT(before.take_over_sizes().value(), IsEmpty());
  const DiskSet after = before.changed_to(with({file("db", "db.img", 2 * kMiB)})).value();
  EXPECT_EQ(after.find("db")->unit.capacity_blocks(), kMiB / 512) << "not before it is asked for";
  EXPECT_THAT(after.take_over_sizes().value(), ElementsAre(HasSubstr("volume db has 2097152 bytes")));
  EXPECT_EQ(after.find("db")->unit.capacity_blocks(), 2 * kMiB / 512);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "db.img"), 2 * kMiB);
}

TEST_F(DiskSetTest, SizesChangeTogetherOrNotAtAll) {
  const DiskSet before = DiskSet::open(with({file("a", "a.img"), file("b", "b.img")})).value();
  const DiskSet after = before.changed_to(with({file("a", "a.img", 2 * kMiB), file("b", "b.img", 512)})).value();
  const auto refused = after.take_over_sizes();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("volume b:"));
  EXPECT_THAT(refused.error().message, HasSubstr("not cut"));
  EXPECT_EQ(std::filesystem::file_size(folder_ / "a.img"), kMiB);
}

TEST_F(DiskSetTest, OneDiskIsResizedByName) {
  DiskSet disks = DiskSet::open(with({file("db", "db.img"), memory("scratch")})).value();
  EXPECT_TRUE(disks.resize("db", 4 * kMiB));
  EXPECT_EQ(disks.find("db")->unit.capacity_blocks(), 4 * kMiB / 512);
  EXPECT_FALSE(disks.resize("db", 4 * kMiB + 1)) << "half a block";
  EXPECT_FALSE(disks.resize("scratch", 4 * kMiB));
  EXPECT_FALSE(disks.resize("nowhere", 4 * kMiB));
}

}  // namespace
}  // namespace lunway::target
