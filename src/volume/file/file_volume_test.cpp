// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "volume/file/file_volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/block_memory.h"
#include "volume/testing/executor.h"

namespace {

int g_synced = -1;
bool g_sync_fails = false;

}  // namespace

extern "C" int fsync(int descriptor) {
  g_synced = descriptor;
  if (g_sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace lunway::volume {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// A folder of its own for each test.
class FileVolumeTest : public ::testing::Test {
 protected:
  FileVolumeTest() {
    std::string name = ::testing::TempDir() + "lunway-file-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~FileVolumeTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string file_of(std::uint64_t size, const std::string& name = "disk.img") const {
    std::ofstream(path(name)).close();
    std::filesystem::resize_file(path(name), size);
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(FileVolumeTest, MissingFileIsNamed) {
  const auto volume = FileVolume::open({.path = path("absent.img")});
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, ENOENT);
  EXPECT_THAT(volume.error().message, HasSubstr("absent.img"));
}

/// A file in memory that is gone with the test.
class InMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    struct statfs system = {};
    if (::statfs("/dev/shm", &system) != 0 || system.f_type != TMPFS_MAGIC) GTEST_SKIP() << "/dev/shm is no tmpfs";
    path = "/dev/shm/lunway-XXXXXX";
    const int descriptor = ::mkstemp(path.data());
    ASSERT_GE(descriptor, 0);
    ASSERT_EQ(::ftruncate(descriptor, kSize), 0);
    ::close(descriptor);
    volume = std::move(*FileVolume::open({.path = path}));
  }
  void TearDown() override {
    if (volume != nullptr) ::unlink(path.c_str());
  }

  static constexpr off_t kSize = 64 << 10;
  std::string path;
  std::unique_ptr<FileVolume> volume;
  std::vector<std::byte> buffer = std::vector<std::byte>(8192, std::byte{0x5a});
};

TEST_F(InMemory, ReadsAndWritesEndAtOnce) {
  const auto written =
      volume->start({.verb = VolumeRequest::Verb::write, .offset = 4096, .length = buffer.size(), .buffer = buffer});
  ASSERT_TRUE(std::holds_alternative<Result<>>(written));
  EXPECT_TRUE(std::get<Result<>>(written));
  std::vector<std::byte> found(16384);
  const auto read = volume->start({.offset = 0, .length = found.size(), .buffer = found});
  ASSERT_TRUE(std::holds_alternative<Result<>>(read));
  EXPECT_TRUE(std::get<Result<>>(read));
  EXPECT_EQ(found[4095], std::byte{0});
  EXPECT_EQ(found[4096], std::byte{0x5a});
  EXPECT_EQ(found[4096 + 8191], std::byte{0x5a});
  EXPECT_EQ(found[4096 + 8192], std::byte{0});
}

TEST_F(InMemory, AFileThatSomebodyHasCutEndsEarly) {
  ASSERT_EQ(::truncate(path.c_str(), 12288), 0);
  const auto read = volume->start({.offset = 8192, .length = buffer.size(), .buffer = buffer});
  ASSERT_TRUE(std::holds_alternative<Result<>>(read));
  ASSERT_FALSE(std::get<Result<>>(read));
  EXPECT_EQ(std::get<Result<>>(read).error().code, ENODATA);
}

TEST_F(FileVolumeTest, CreatesSparse) {
  constexpr std::uint64_t kSize = 3ULL << 40;
  const auto volume = FileVolume::open({.path = path("new.img"), .create_size_bytes = kSize});
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ((*volume)->size_bytes(), kSize);
  struct stat status = {};
  ASSERT_EQ(stat(path("new.img").c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), kSize);
  EXPECT_LT(status.st_blocks, 128) << "a file system may keep a block or two, but not tebibytes";

  std::vector<std::byte> block(4096, std::byte{0x77});
  using Verb = VolumeRequest::Verb;
  ASSERT_TRUE(perform(**volume, {.verb = Verb::write, .offset = kSize - 4096, .length = 4096, .buffer = block}));
  ASSERT_TRUE(perform(**volume, {.verb = Verb::flush}));
  std::vector<std::byte> back(4096);
  ASSERT_TRUE(perform(**volume, {.offset = kSize - 4096, .length = 4096, .buffer = back}));
  EXPECT_EQ(back, block);
}

TEST_F(FileVolumeTest, CreateTakesAFileOfTheRightSizeAndLeavesOthersAlone) {
  const std::string file = file_of(8192);
  EXPECT_TRUE(FileVolume::open({.path = file, .create_size_bytes = 8192}));
  const auto other = FileVolume::open({.path = file, .create_size_bytes = 4096});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EEXIST);
  EXPECT_THAT(other.error().message, AllOf(HasSubstr("disk.img"), HasSubstr("8192"), HasSubstr("4096")));
  EXPECT_EQ(std::filesystem::file_size(file), 8192U);
}

TEST_F(FileVolumeTest, CreateOfAnImpossibleSizeCreatesNothing) {
  EXPECT_FALSE(FileVolume::open({.path = path("odd.img"), .create_size_bytes = 1000}));
  EXPECT_FALSE(FileVolume::open({.path = path("odd.img"), .create_size_bytes = 0}));
  EXPECT_FALSE(std::filesystem::exists(path("odd.img")));
}

TEST_F(FileVolumeTest, SizeIsAPositiveMultipleOfTheBlockSize) {
  const auto empty = FileVolume::open({.path = file_of(0)});
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("empty"));
  const auto odd = FileVolume::open({.path = file_of(4608), .block_size = 4096});
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().message, AllOf(HasSubstr("4608"), HasSubstr("4096")));
  EXPECT_TRUE(FileVolume::open({.path = file_of(4608), .block_size = 512}));
}

TEST_F(FileVolumeTest, IsServedOnce) {
  const std::string file = file_of(4096);
  {
    const auto first = FileVolume::open({.path = file});
    ASSERT_TRUE(first);
    const auto second = FileVolume::open({.path = file});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EBUSY);
    EXPECT_THAT(second.error().message, HasSubstr("in use"));
    EXPECT_FALSE(FileVolume::open({.path = file, .read_only = true}));
  }
  EXPECT_TRUE(FileVolume::open({.path = file}));
}

TEST_F(FileVolumeTest, ReadersShare) {
  const std::string file = file_of(4096);
  const auto first = FileVolume::open({.path = file, .read_only = true});
  const auto second = FileVolume::open({.path = file, .read_only = true});
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_FALSE((*first)->traits().writable);
  EXPECT_FALSE((*first)->traits().can_discard);
  EXPECT_FALSE(FileVolume::open({.path = file}));
}

TEST_F(FileVolumeTest, WhatHoldsNoBlocksIsRefused) {
  EXPECT_FALSE(FileVolume::open({.path = ::testing::TempDir()}));
  EXPECT_FALSE(FileVolume::open({.path = ::testing::TempDir(), .read_only = true}));
  EXPECT_FALSE(FileVolume::open({.path = "/dev/null"}));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const auto pipe = FileVolume::open({.path = path("pipe")});
  ASSERT_FALSE(pipe);
  EXPECT_THAT(pipe.error().message, HasSubstr("neither a regular file nor a block device"));
}

/// A volume past the page cache, or a skip where the temporary folder cannot have one.
class DirectFile : public FileVolumeTest {
 protected:
  void SetUp() override {
    const auto opened = FileVolume::open({.path = file_of(1 << 20), .block_size = 4096, .direct = true});
    if (!opened) GTEST_SKIP() << opened.error().message;
  }
  BlockMemory buffer = BlockMemory(8192, std::byte{0x5a});
};

TEST_F(DirectFile, IsAskedForAlignedRequestsAndFlushes) {
  const auto volume = FileVolume::open({.path = path("disk.img"), .block_size = 4096, .direct = true});
  ASSERT_TRUE(volume);
  const VolumeTraits& traits = (*volume)->traits();
  EXPECT_THAT(traits.transfer_alignment, AnyOf(1U, 512U, 1024U, 2048U, 4096U));
  EXPECT_TRUE(traits.has_volatile_cache) << "that of the device";
  EXPECT_NE(traits.flush_lanes, 0);
}

TEST_F(DirectFile, MeetsWhatIsInThePageCache) {
  const auto volume = FileVolume::open({.path = path("disk.img"), .block_size = 4096, .direct = true});
  ASSERT_TRUE(volume);
  std::fstream beside(path("disk.img"), std::ios::in | std::ios::out | std::ios::binary);
  beside.seekp(4096);
  beside << "beside" << std::flush;
  ASSERT_TRUE(perform(**volume, {.offset = 4096, .length = buffer.size(), .buffer = buffer}));
  EXPECT_EQ(buffer[0], std::byte{'b'});
  EXPECT_EQ(buffer[6], std::byte{0});
}

TEST_F(DirectFile, AFileThatSomebodyHasCutEndsEarly) {
  const auto volume = FileVolume::open({.path = path("disk.img"), .block_size = 4096, .direct = true});
  ASSERT_TRUE(volume);
  std::filesystem::resize_file(path("disk.img"), 4096 + 100);
  EXPECT_FALSE(perform(**volume, {.offset = 4096, .length = 4096, .buffer = MutableBytes(buffer).first(4096)}));
  EXPECT_FALSE(perform(**volume, {.offset = 0, .length = buffer.size(), .buffer = buffer}));
}

/// No configuration has blocks that small, and no disk an alignment that is smaller.
TEST_F(DirectFile, BlocksBelowTheAlignmentAreRefusedAndNothingIsLeft) {
  if (FileVolume::open({.path = path("disk.img"), .block_size = 256, .direct = true})) GTEST_SKIP() << "it takes any";
  const auto volume =
      FileVolume::open({.path = path("new.img"), .create_size_bytes = 1 << 20, .block_size = 256, .direct = true});
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, EINVAL);
  EXPECT_THAT(volume.error().message, AllOf(HasSubstr("new.img"), HasSubstr("256"), HasSubstr("set block_size")));
  EXPECT_FALSE(std::filesystem::exists(path("new.img")));
}

TEST_F(FileVolumeTest, DirectIsRefusedWhereItCannotBe) {
  const std::string file = "/sys/devices/system/cpu/online";  // sysfs has no O_DIRECT
  if (!FileVolume::open({.path = file, .read_only = true})) GTEST_SKIP() << "there is no " << file;
  const auto volume = FileVolume::open({.path = file, .read_only = true, .direct = true});
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, EINVAL);
  EXPECT_THAT(volume.error().message, AllOf(HasSubstr(file), HasSubstr("O_DIRECT")));
}

/// A failure is told once to each open file. The one that is told here would be kept from who flushes the volume.
TEST_F(FileVolumeTest, GrowingSyncsThroughAnOpenFileOfItsOwn) {
  const auto volume = FileVolume::open({.path = file_of(1 << 20)});
  ASSERT_TRUE(volume);
  const Started flush = (*volume)->start({.verb = VolumeRequest::Verb::flush});
  g_synced = -1;
  ASSERT_TRUE((*volume)->resize(2 << 20));
  EXPECT_NE(g_synced, -1);
  EXPECT_NE(g_synced, std::get<IoOp>(flush).descriptor);
}

TEST_F(FileVolumeTest, GrowthThatCouldNotBeSyncedIsNoGrowthUntilItIs) {
  const auto volume = FileVolume::open({.path = file_of(1 << 20)});
  ASSERT_TRUE(volume);
  g_sync_fails = true;
  EXPECT_FALSE((*volume)->resize(2 << 20));
  EXPECT_FALSE((*volume)->resize(2 << 20)) << "the file is that long already, and may not be after a crash";
  g_sync_fails = false;
  EXPECT_EQ((*volume)->resize(2 << 20), 2U << 20);
}

TEST_F(FileVolumeTest, DiscardGivesSpaceBack) {
  const std::string file = file_of(1 << 20);
  const auto volume = FileVolume::open({.path = file});
  ASSERT_TRUE(volume);
  if (!(*volume)->traits().can_discard) GTEST_SKIP() << "the file system cannot punch holes";
  using Verb = VolumeRequest::Verb;
  std::vector<std::byte> data(1 << 20, std::byte{1});
  ASSERT_TRUE(perform(**volume, {.verb = Verb::write, .length = data.size(), .buffer = data}));
  ASSERT_TRUE(perform(**volume, {.verb = Verb::flush}));
  struct stat before = {};
  ASSERT_EQ(stat(file.c_str(), &before), 0);
  ASSERT_TRUE(perform(**volume, {.verb = Verb::discard, .length = data.size()}));
  struct stat after = {};
  ASSERT_EQ(stat(file.c_str(), &after), 0);
  EXPECT_LT(after.st_blocks, before.st_blocks);
  ASSERT_TRUE(perform(**volume, {.length = data.size(), .buffer = data}));
  EXPECT_EQ(data, std::vector<std::byte>(1 << 20));
}

}  // namespace
}  // namespace lunway::volume
