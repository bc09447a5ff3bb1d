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

const std::vector<std::string> kCommands = {"serve", "version", "check-config"};

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

using Words = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Calls, WrongCall,
                         testing::Values(Words{}, Words{"frobnicate"}, Words{"serve"}, Words{"serve", "--nope"},
                                         Words{"serve", "--memory", "lots"},
                                         Words{"serve", "--memory", "1MiB", "--io", "magic"},
                                         Words{"serve", "--memory", "1MiB", "--config", "a.toml"},
                                         Words{"check-config"}));

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
