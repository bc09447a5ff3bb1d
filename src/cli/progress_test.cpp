// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/progress.h"

#include <gtest/gtest.h>

namespace lunway::cli {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMib = 1U << 20;

TEST(ProgressLine, HalfWay) {
  EXPECT_EQ(progress_line("copy", 150 * kMib, 300 * kMib, seconds(3), 100),
            "copy [====================>                   ]  50%  150.0 MiB of 300.0 MiB  50.0 MiB/s  0:03 left");
}

TEST(ProgressLine, TheEndHasNoTimeLeft) {
  const std::string line = progress_line("copy", 300 * kMib, 300 * kMib, seconds(3), 100);
  EXPECT_NE(line.find("100%"), std::string::npos);
  EXPECT_EQ(line.find("left"), std::string::npos);
  EXPECT_EQ(line.find('>'), std::string::npos);
}

TEST(ProgressLine, NeverWiderThanTheTerminal) {
  for (unsigned width = 1; width < 120; ++width) {
    EXPECT_LE(progress_line("verify", 77 * kMib, 300 * kMib, seconds(1), width).size(), width);
  }
}

TEST(ProgressLine, NothingToDoIsDone) {
  EXPECT_NE(progress_line("copy", 0, 0, seconds(0), 80).find("100%"), std::string::npos);
}

TEST(FormatRate, NoTimeNoRate) {
  EXPECT_EQ(format_rate(kMib, seconds(0)), "-");
  EXPECT_EQ(format_rate(4 * kMib, seconds(2)), "2.0 MiB/s");
}

}  // namespace
}  // namespace lunway::cli
