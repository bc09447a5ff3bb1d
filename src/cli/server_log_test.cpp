// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/server_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lunway::cli {
namespace {

using target::LogLevel;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class ServerLogTest : public ::testing::Test {
 protected:
  ServerLog log(LogLevel finest, bool with_priorities = false) {
    return {finest, with_priorities, [this](const std::string& line) {
              if (is_stuck_) return false;
              lines_.push_back(line);
              return true;
            }};
  }

  std::vector<std::string> lines_;
  bool is_stuck_ = false;
  Instant now_{};
};

TEST(EscapeForLog, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(escape_for_log("iqn.2026-11.io.example:a~"), "iqn.2026-11.io.example:a~");
  EXPECT_EQ(escape_for_log("a\nb\x1b[2J\x7f\xc3\xa9"), "a\\x0ab\\x1b[2J\\x7f\\xc3\\xa9");
}

TEST_F(ServerLogTest, WritesWhatIsImportantEnough) {
  ServerLog quiet = log(LogLevel::problem);
  quiet.write(now_, LogLevel::event, "login");
  quiet.write(now_, LogLevel::problem, "a disk is gone");
  EXPECT_THAT(lines_, ElementsAre("lunway serve: a disk is gone\n"));
}

TEST_F(ServerLogTest, TellsJournaldThePriority) {
  ServerLog verbose = log(LogLevel::detail, true);
  verbose.write(now_, LogLevel::problem, "a");
  verbose.write(now_, LogLevel::event, "b");
  verbose.write(now_, LogLevel::detail, "c");
  EXPECT_THAT(lines_, ElementsAre("<4>lunway serve: a\n", "<6>lunway serve: b\n", "<7>lunway serve: c\n"));
}

TEST_F(ServerLogTest, AFloodIsCutAndCounted) {
  ServerLog bounded = log(LogLevel::event);
  for (unsigned i = 0; i < ServerLog::kBurst + 7; ++i) bounded.write(now_, LogLevel::event, "login");
  EXPECT_THAT(lines_, SizeIs(ServerLog::kBurst));
  bounded.write(now_, LogLevel::problem, "still heard");
  EXPECT_EQ(lines_.back(), "lunway serve: still heard\n");

  lines_.clear();
  now_ += std::chrono::seconds(1);
  for (unsigned i = 0; i < 2 * ServerLog::kPerSecond; ++i) bounded.write(now_, LogLevel::event, "login");
  EXPECT_THAT(lines_, SizeIs(ServerLog::kPerSecond + 1));
  EXPECT_EQ(lines_.front(), "lunway serve: lines like the next that were left out: 7\n");
}

TEST_F(ServerLogTest, NobodyWaitsForAStuckReader) {
  ServerLog stuck = log(LogLevel::event);
  is_stuck_ = true;
  stuck.write(now_, LogLevel::event, "lost");
  is_stuck_ = false;
  stuck.write(now_, LogLevel::event, "found");
  EXPECT_THAT(lines_,
              ElementsAre("lunway serve: lines like the next that were left out: 1\n", "lunway serve: found\n"));
}

}  // namespace
}  // namespace lunway::cli
