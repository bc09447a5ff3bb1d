// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>

namespace lunway::runtime {
namespace {

using std::chrono::seconds;

TEST(ChildProcess, TellsItsExitStatusAndItsOutput) {
  auto child = ChildProcess::start_shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(child);
  const auto end = child->wait(seconds(10));
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->by_signal);
  EXPECT_EQ(end->number, 3);
  EXPECT_EQ(end->to_string(), "exit status 3");
  for (int tries = 0; tries < 200 && child->output().size() < 8; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(child->output(), "out\nerr\n");
}

TEST(ChildProcess, TellsTheSignalThatEndedIt) {
  auto child = ChildProcess::start_shell("kill -SEGV $$");
  ASSERT_TRUE(child);
  const auto end = child->wait(seconds(10));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->by_signal);
  EXPECT_EQ(end->number, SIGSEGV);
}

TEST(ChildProcess, KeepsTheBeginningOfALongOutput) {
  auto child = ChildProcess::start_shell("echo first; head -c 1000000 /dev/zero");
  ASSERT_TRUE(child);
  const auto end = child->wait(seconds(10));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->ok());
  EXPECT_LE(child->output().size(), ChildProcess::kMaxOutput);
  EXPECT_TRUE(child->output().starts_with("first\n"));
}

TEST(ChildProcess, EndsWithItsWholeGroup) {
  pid_t grandchild = 0;
  {
    auto child = ChildProcess::start_shell("sleep 60 & echo $!; wait");
    ASSERT_TRUE(child);
    for (int tries = 0; tries < 200 && !child->output().ends_with('\n'); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    grandchild = std::stoi(child->output());
    EXPECT_FALSE(child->wait(Duration::zero()));
    EXPECT_EQ(::kill(grandchild, 0), 0);
  }
  // Whoever adopts it reaps it soon; until then it is a zombie, which kill() still finds.
  auto look = ChildProcess::start_shell("grep -qE '^State:.*[XZ]' /proc/" + std::to_string(grandchild) +
                                        "/status || ! test -e /proc/" + std::to_string(grandchild));
  ASSERT_TRUE(look);
  EXPECT_TRUE(look->wait(seconds(10))->ok());
}

TEST(ChildProcess, IgnoresNoSignalsThatWeIgnore) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  auto child = ChildProcess::start_shell("kill -PIPE $$; exit 0");
  std::signal(SIGPIPE, before);
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->wait(seconds(10))->by_signal);
}

}  // namespace
}  // namespace lunway::runtime
