// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/file_task.h"

#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <vector>

namespace lunway::runtime {
namespace {

using Call = FileTask::Step::Call;

IoOp op_of(IoOp::Kind kind, std::uint64_t offset, std::uint64_t length) {
  return {.kind = kind, .descriptor = 3, .offset = offset, .length = length, .memory = {}};
}

TEST(FileTask, ShortTransfersGoOnWhereTheyStopped) {
  std::vector<std::byte> memory(100);
  FileTask task({.kind = IoOp::Kind::read, .descriptor = 3, .offset = 1000, .length = 100, .memory = memory});
  EXPECT_EQ(task.step().length, 100U);
  EXPECT_FALSE(task.advance(30));
  EXPECT_FALSE(task.advance(-EINTR));
  EXPECT_EQ(task.step().offset, 1030U);
  EXPECT_EQ(task.step().memory, memory.data() + 30);
  const auto outcome = task.advance(70);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, 0);
  EXPECT_EQ(outcome->value, 100U);
}

TEST(FileTask, ErrorsTellWhatWentThroughBefore) {
  std::vector<std::byte> memory(100);
  FileTask task({.kind = IoOp::Kind::write, .descriptor = 3, .offset = 0, .length = 100, .memory = memory});
  EXPECT_FALSE(task.advance(30));
  const auto outcome = task.advance(-ENOSPC);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, ENOSPC);
  EXPECT_EQ(outcome->value, 30U);
}

TEST(FileTask, WriteThatWritesNothingDoesNotGoOnForEver) {
  std::vector<std::byte> memory(100);
  FileTask task({.kind = IoOp::Kind::write, .descriptor = 3, .offset = 0, .length = 100, .memory = memory});
  const auto outcome = task.advance(0);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, EIO);
}

TEST(FileTask, PunchFallsBackToZeros) {
  FileTask task(op_of(IoOp::Kind::punch, 4096, 300'000));
  EXPECT_EQ(task.step().call, Call::allocate);
  EXPECT_EQ(task.step().allocate_mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
  EXPECT_FALSE(task.advance(-EOPNOTSUPP));
  EXPECT_EQ(task.step().call, Call::write);
  EXPECT_EQ(task.step().offset, 4096U);
  EXPECT_EQ(task.step().length, 262'144U);
  EXPECT_FALSE(task.advance(262'144));
  EXPECT_EQ(task.step().length, 300'000U - 262'144U);
  const auto outcome = task.advance(300'000 - 262'144);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->value, 300'000U);
}

TEST(FileTask, ZeroTriesThePunchBeforeItWrites) {
  FileTask task(op_of(IoOp::Kind::zero, 0, 10));
  EXPECT_EQ(task.step().allocate_mode, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
  EXPECT_FALSE(task.advance(-EOPNOTSUPP));
  EXPECT_EQ(task.step().allocate_mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
  EXPECT_FALSE(task.advance(-EOPNOTSUPP));
  EXPECT_EQ(task.step().call, Call::write);
  const auto outcome = task.advance(-EOPNOTSUPP);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, EOPNOTSUPP);
}

TEST(FileTask, WhatCutsTheBlocksOfADeviceIsWritten) {
  FileTask task(op_of(IoOp::Kind::punch, 512, 512));
  EXPECT_FALSE(task.advance(-EINVAL));
  EXPECT_EQ(task.step().call, Call::write);
  EXPECT_EQ(task.step().offset, 512U);
  EXPECT_EQ(task.step().length, 512U);
  const auto outcome = task.advance(-EINVAL);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, EINVAL);
}

TEST(FileTask, OneCallMovesLessThanTwoGibibytes) {
  std::byte* nowhere = nullptr;
  FileTask task({.kind = IoOp::Kind::read,
                 .descriptor = 3,
                 .offset = 0,
                 .length = std::uint64_t{3} << 30,
                 .memory = {nowhere, std::size_t{3} << 30}});
  EXPECT_EQ(task.step().length, 0x7ffff000U);
}

}  // namespace
}  // namespace lunway::runtime
