// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "runtime/ring_test.h"

namespace lunway::runtime {
namespace {

/// File operations, over both rings.
class RingFileTest : public RingTest {
 protected:
  void SetUp() override {
    RingTest::SetUp();
    file_ = ::open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) GTEST_SKIP() << "no temporary files here";
  }
  void TearDown() override {
    if (file_ >= 0) ::close(file_);
  }

  Outcome execute(const IoOp& op) {
    Probe probe;
    ring_->execute(probe.operation, op);
    EXPECT_FALSE(probe.done);
    EXPECT_TRUE(run_until([&] { return probe.done; }));
    return probe.last();
  }
  Outcome write(std::uint64_t offset, std::vector<std::byte>& bytes) {
    return execute(
        {.kind = IoOp::Kind::write, .descriptor = file_, .offset = offset, .length = bytes.size(), .memory = bytes});
  }
  Outcome read(std::uint64_t offset, std::vector<std::byte>& bytes) {
    return execute(
        {.kind = IoOp::Kind::read, .descriptor = file_, .offset = offset, .length = bytes.size(), .memory = bytes});
  }

  int file_ = -1;
};

LUNWAY_OVER_BOTH_RINGS(RingFileTest);

TEST_P(RingFileTest, ReadsWhatWasWritten) {
  auto bytes = pattern(1'000'001);
  EXPECT_EQ(write(4097, bytes).value, bytes.size());
  EXPECT_EQ(execute({.kind = IoOp::Kind::sync_data, .descriptor = file_, .memory = {}}).error, 0);
  std::vector<std::byte> back(bytes.size());
  EXPECT_EQ(read(4097, back).error, 0);
  EXPECT_TRUE(back == bytes);
}

TEST_P(RingFileTest, OffsetsBeyondTwoTebibytes) {
  const std::uint64_t offset = (std::uint64_t{3} << 40) + 512;
  if (::ftruncate(file_, static_cast<off_t>(offset + 4096)) != 0) GTEST_SKIP() << "the file system has no such sizes";
  auto bytes = pattern(512);
  EXPECT_EQ(write(offset, bytes).error, 0);
  std::vector<std::byte> back(512);
  EXPECT_EQ(read(offset, back).error, 0);
  EXPECT_TRUE(back == bytes);
  EXPECT_EQ(read(offset - 512, back).error, 0);
  EXPECT_TRUE(back == std::vector<std::byte>(512));
}

TEST_P(RingFileTest, EndOfFileInsideAReadIsAnError) {
  auto bytes = pattern(100);
  write(0, bytes);
  std::vector<std::byte> back(200);
  const Outcome outcome = read(0, back);
  EXPECT_EQ(outcome.error, ENODATA);
  EXPECT_EQ(outcome.value, 100U);
}

TEST_P(RingFileTest, NothingToReadOrWriteIsDone) {
  std::vector<std::byte> none;
  EXPECT_EQ(read(0, none).error, 0);
  EXPECT_EQ(write(0, none).error, 0);
  EXPECT_EQ(execute({.kind = IoOp::Kind::punch, .descriptor = file_, .memory = {}}).error, 0);
  EXPECT_EQ(execute({.kind = IoOp::Kind::zero, .descriptor = file_, .memory = {}}).error, 0);
}

TEST_P(RingFileTest, PunchGivesSpaceBackAndReadsAsZero) {
  auto bytes = pattern(1 << 20);
  write(0, bytes);
  execute({.kind = IoOp::Kind::sync_data, .descriptor = file_, .memory = {}});
  struct stat before{};
  ASSERT_EQ(::fstat(file_, &before), 0);
  EXPECT_EQ(execute({.kind = IoOp::Kind::punch, .descriptor = file_, .offset = 4096, .length = 512 << 10, .memory = {}})
                .error,
            0);
  struct stat after{};
  ASSERT_EQ(::fstat(file_, &after), 0);
  EXPECT_EQ(after.st_size, before.st_size);
  EXPECT_LT(after.st_blocks, before.st_blocks);
  std::vector<std::byte> back(1 << 20);
  EXPECT_EQ(read(0, back).error, 0);
  std::fill_n(bytes.begin() + 4096, 512 << 10, std::byte{0});
  EXPECT_TRUE(back == bytes);
}

TEST_P(RingFileTest, ZeroReadsAsZero) {
  auto bytes = pattern(1 << 20);
  write(0, bytes);
  EXPECT_EQ(
      execute({.kind = IoOp::Kind::zero, .descriptor = file_, .offset = 1000, .length = 700'000, .memory = {}}).error,
      0);
  std::vector<std::byte> back(1 << 20);
  EXPECT_EQ(read(0, back).error, 0);
  std::fill_n(bytes.begin() + 1000, 700'000, std::byte{0});
  EXPECT_TRUE(back == bytes);
}

TEST_P(RingFileTest, ErrorsAreThoseOfTheSystem) {
  std::vector<std::byte> bytes(10);
  EXPECT_EQ(execute({.kind = IoOp::Kind::read, .descriptor = 1'000'000, .length = 10, .memory = bytes}).error, EBADF);
  EXPECT_EQ(execute({.kind = IoOp::Kind::sync_data, .descriptor = 1'000'000, .memory = {}}).error, EBADF);
  const int full = ::open("/dev/full", O_RDWR | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const Outcome outcome = execute({.kind = IoOp::Kind::write, .descriptor = full, .length = 10, .memory = bytes});
  EXPECT_EQ(outcome.error, ENOSPC);
  EXPECT_EQ(outcome.value, 0U);
  ::close(full);
}

TEST_P(RingFileTest, ManyOperationsAtOnce) {
  constexpr std::size_t kOperations = 500;
  constexpr std::size_t kSize = 4096;
  auto bytes = pattern(kOperations * kSize);
  std::vector<std::unique_ptr<Probe>> probes;
  for (std::size_t i = 0; i < kOperations; ++i) {
    probes.push_back(std::make_unique<Probe>());
    ring_->execute(probes.back()->operation, {.kind = IoOp::Kind::write,
                                              .descriptor = file_,
                                              .offset = i * kSize,
                                              .length = kSize,
                                              .memory = MutableBytes(bytes).subspan(i * kSize, kSize)});
  }
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  for (const auto& probe : probes) EXPECT_EQ(probe->last().error, 0);
  std::vector<std::byte> back(bytes.size());
  EXPECT_EQ(read(0, back).error, 0);
  EXPECT_TRUE(back == bytes);
}

TEST_P(RingFileTest, CancelLeavesEveryOperationWithOneEnd) {
  std::vector<std::unique_ptr<Probe>> probes;
  auto bytes = pattern(1 << 20);
  for (std::uint64_t i = 0; i < 50; ++i) {
    probes.push_back(std::make_unique<Probe>());
    ring_->execute(
        probes.back()->operation,
        {.kind = IoOp::Kind::write, .descriptor = file_, .offset = i << 20, .length = bytes.size(), .memory = bytes});
    if (i % 2 == 0) ring_->cancel(probes.back()->operation);
  }
  for (const auto& probe : probes) ring_->cancel(probe->operation);
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  for (const auto& probe : probes) {
    ASSERT_EQ(probe->outcomes.size(), 1U);
    const Outcome& outcome = probe->last();
    EXPECT_TRUE(outcome.error == ECANCELED || (outcome.error == 0 && outcome.value == bytes.size())) << outcome.error;
  }
}

TEST_P(RingFileTest, RingThatGoesAwayWaitsForFileOperations) {
  auto bytes = pattern(1 << 20);
  std::vector<std::unique_ptr<Probe>> probes;
  for (std::uint64_t i = 0; i < 20; ++i) {
    probes.push_back(std::make_unique<Probe>());
    ring_->execute(
        probes.back()->operation,
        {.kind = IoOp::Kind::write, .descriptor = file_, .offset = i << 20, .length = bytes.size(), .memory = bytes});
  }
  ring_->flush();
  ring_.reset();
  for (const auto& probe : probes) EXPECT_FALSE(probe->operation.in_flight());
}

TEST_P(RingFileTest, TellsWhichRangesHaveSpace) {
  constexpr std::uint64_t kMiB = 1U << 20;
  if (::ftruncate(file_, 8 * kMiB) != 0) GTEST_SKIP() << "the file system has no such sizes";
  auto bytes = pattern(kMiB);
  write(2 * kMiB, bytes);
  write(4 * kMiB, bytes);
  std::vector<Extent> extents(8);
  const IoOp map{.kind = IoOp::Kind::map,
                 .descriptor = file_,
                 .offset = kMiB,
                 .length = 6 * kMiB,
                 .memory = {},
                 .extents = extents};
  ASSERT_EQ(execute(map).error, 0);
  std::uint64_t end = kMiB;
  for (const Extent& extent : extents) {
    if (extent.length == 0) break;
    EXPECT_EQ(extent.offset, end);
    end += extent.length;
  }
  EXPECT_EQ(end, 7 * kMiB);
  if (extents[0].has_space) GTEST_SKIP() << "the file system tells of no holes";
  EXPECT_EQ(extents[0].length, kMiB);
  EXPECT_TRUE(extents[1].has_space);
  EXPECT_EQ(extents[1].length, kMiB);
  EXPECT_FALSE(extents[4].has_space) << "behind the last data";

  std::vector<Extent> one(1);
  IoOp first = map;
  first.extents = one;
  EXPECT_EQ(execute(first).value, 1U) << "as far as the entries reach";
}

}  // namespace
}  // namespace lunway::runtime
