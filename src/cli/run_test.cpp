// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Said {
  ExitCode code;
  std::string out, err;
};

Said say(std::vector<std::string> words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const ExitCode code = run(std::move(words));
  std::fflush(nullptr);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

const std::vector<std::string> kCommands = {"serve", "discover", "info", "ping",    "manage",      "read",
                                            "write", "copy",     "demo", "version", "check-config"};

TEST(Run, EachCommandHasHelpWithAnExample) {
  for (const std::string& command : kCommands) {
    const Said said = say({command, "--help"});
    EXPECT_EQ(said.code, ExitCode::done) << command;
    EXPECT_THAT(said.out, HasSubstr("Example:\n  lunway " + command));
    EXPECT_EQ(said.err, "");
  }
}

TEST(Run, TheProgramsHelpListsTheCommands) {
  const Said said = say({"--help"});
  EXPECT_EQ(said.code, ExitCode::done);
  for (const std::string& command : kCommands) EXPECT_THAT(said.out, HasSubstr("\n  " + command + " "));
}

class WrongCall : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(WrongCall, IsOneLineAndTwo) {
  const Said said = say(GetParam());
  EXPECT_EQ(said.code, ExitCode::wrong_call);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, StartsWith("lunway"));
  EXPECT_EQ(std::ranges::count(said.err, '\n'), 1) << said.err;
}

INSTANTIATE_TEST_SUITE_P(
    Calls, WrongCall,
    testing::Values(std::vector<std::string>{}, std::vector<std::string>{"frobnicate"},
                    std::vector<std::string>{"serve"}, std::vector<std::string>{"serve", "--nope"},
                    std::vector<std::string>{"serve", "--memory", "lots"},
                    std::vector<std::string>{"serve", "--memory", "1MiB", "--io", "magic"},
                    std::vector<std::string>{"serve", "--memory", "1MiB", "--config", "a.toml"},
                    std::vector<std::string>{"manage", "lun-reset"},
                    std::vector<std::string>{"manage", "frobnicate", "iscsi://h/iqn.2026-11.io.a:b/0"},
                    std::vector<std::string>{"info"}, std::vector<std::string>{"info", ""},
                    std::vector<std::string>{"info", "http://127.0.0.1/"},
                    std::vector<std::string>{"info", "iscsi://127.0.0.1"}, std::vector<std::string>{"copy", "a", "b"},
                    std::vector<std::string>{"copy", "a"},
                    std::vector<std::string>{"ping", "--count", "-1", "iscsi://h/iqn.2026-11.io.a:b/0"},
                    std::vector<std::string>{"read", "--offset", "far", "iscsi://h/iqn.2026-11.io.a:b/0"},
                    std::vector<std::string>{"demo", "--size", "7"}));

TEST(Run, AnUnknownCommandIsNamed) {
  EXPECT_THAT(say({"frobnicate"}).err, HasSubstr("\"frobnicate\" is not a command"));
}

TEST(Run, VersionForPeopleAndMachines) {
  EXPECT_THAT(say({"version"}).out, StartsWith("lunway "));
  EXPECT_THAT(say({"version", "--json"}).out, StartsWith("{\"version\":"));
}

TEST(Run, AFileThatIsNotThereFailed) {
  const Said said = say({"check-config", "/nonexistent/lunway.toml"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_THAT(said.err, HasSubstr("/nonexistent/lunway.toml"));
}

}  // namespace
}  // namespace lunway::cli
