// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/serve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace lunway::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string empty_environment(const std::string&) { return {}; }

Outcome<target::ServerConfig> config_of(const ServeArguments& arguments) {
  return make_server_config(arguments, "Host.Example", empty_environment);
}

class SecretOnDisk {
 public:
  SecretOnDisk() { std::ofstream(path) << "correct-horse-battery\n"; }
  ~SecretOnDisk() { std::filesystem::remove(path); }
  SecretOnDisk(const SecretOnDisk&) = delete;
  SecretOnDisk& operator=(const SecretOnDisk&) = delete;

  const std::string path = testing::TempDir() + "serve_config_test.secret";
};

TEST(ServeConfig, FilesComeFirstThenRamDisks) {
  const auto config = config_of({.files = {"a.img", "b.img"}, .create_size = "1MiB", .memory_sizes = {"2MiB"}});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  ASSERT_EQ(config->volumes.size(), 3U);
  EXPECT_EQ(std::get<target::FileBacking>(config->volumes[0].backing).path, "a.img");
  EXPECT_EQ(std::get<target::FileBacking>(config->volumes[1].backing).create_size_bytes, 1U << 20);
  EXPECT_EQ(std::get<target::MemoryBacking>(config->volumes[2].backing).size_bytes, 2U << 20);
  ASSERT_EQ(config->targets.size(), 1U);
  EXPECT_THAT(config->targets[0].luns, ElementsAre(Pair(0, "lun0"), Pair(1, "lun1"), Pair(2, "lun2")));
}

TEST(ServeConfig, DirectIsForFiles) {
  const auto config = config_of({.files = {"a.img", "b.img"}, .memory_sizes = {"2MiB"}, .direct = true});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_TRUE(std::get<target::FileBacking>(config->volumes[0].backing).direct);
  EXPECT_TRUE(std::get<target::FileBacking>(config->volumes[1].backing).direct);
  EXPECT_FALSE(std::get<target::FileBacking>(config_of({.files = {"a.img"}})->volumes[0].backing).direct);
  EXPECT_FALSE(config_of({.memory_sizes = {"2MiB"}, .direct = true}).has_value());
}

TEST(ServeConfig, StateIsKeptWhereTheSystemKeepsIt) {
  std::map<std::string, std::string> variables = {{"HOME", "/home/me"}};
  const Environment environment = [&](const std::string& name) { return variables[name]; };
  EXPECT_EQ(default_state_directory(environment, false), "/home/me/.local/state/lunway");
  EXPECT_EQ(default_state_directory(environment, true), "/var/lib/lunway");
  variables["XDG_STATE_HOME"] = "/home/me/state";
  EXPECT_EQ(default_state_directory(environment, false), "/home/me/state/lunway");
  variables["STATE_DIRECTORY"] = "/var/lib/other";
  EXPECT_EQ(default_state_directory(environment, false), "/var/lib/other");
  EXPECT_EQ(default_state_directory(empty_environment, false), "");
}

TEST(ServeConfig, DisksInMemoryNeedNoState) {
  EXPECT_EQ(config_of({.memory_sizes = {"1MiB"}})->state_directory, "");
  EXPECT_EQ(config_of({.files = {"a.img"}, .state_directory = "here"})->state_directory, "here");
}

TEST(ServeConfig, WithoutListenItIsLoopback) {
  const auto config = config_of({.memory_sizes = {"1MiB"}});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_THAT(config->portal_groups[0].listen, ElementsAre("127.0.0.1:3260"));
}

TEST(ServeConfig, NothingToServeIsAWrongCall) {
  const auto config = config_of({});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ExitCode::wrong_call);
  EXPECT_THAT(config.error().message, HasSubstr("nothing to serve"));
}

TEST(ServeConfig, AUserWithoutASecretIsAWrongCall) {
  const auto config = config_of({.memory_sizes = {"1MiB"}, .chap_user = "app"});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ExitCode::wrong_call);
  EXPECT_THAT(config.error().message, HasSubstr("--chap-secret-file"));
}

TEST(ServeConfig, ASecretWithoutAUserIsAWrongCall) {
  const SecretOnDisk secret;
  EXPECT_FALSE(config_of({.memory_sizes = {"1MiB"}, .chap_secret_file = secret.path}).has_value());
}

TEST(ServeConfig, ASecretFileThatIsMissingFailed) {
  const auto config =
      config_of({.memory_sizes = {"1MiB"}, .chap_user = "app", .chap_secret_file = "/nonexistent/secret"});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ExitCode::failed);
}

TEST(ServeConfig, TheEnvironmentMayNameTheSecretFile) {
  const SecretOnDisk secret;
  const auto environment = [&](const std::string& name) {
    return name == "LUNWAY_CHAP_SECRET_FILE" ? secret.path : std::string();
  };
  const auto config = make_server_config({.memory_sizes = {"1MiB"}, .chap_user = "app"}, "host", environment);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  ASSERT_EQ(config->targets[0].authentication.chap.size(), 1U);
  EXPECT_EQ(config->targets[0].authentication.chap[0].secret, "correct-horse-battery");
}

TEST(ServeConfig, ATargetProvesItselfOnlyToWhomHasDoneSo) {
  const SecretOnDisk secret;
  EXPECT_FALSE(
      config_of({.memory_sizes = {"1MiB"}, .mutual_user = "tgt", .mutual_secret_file = secret.path}).has_value());
}

TEST(ServeConfig, OthersThanThisMachineWantChapOrPermission) {
  const auto config = config_of({.memory_sizes = {"1MiB"}, .listen = {"0.0.0.0:3260"}});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ExitCode::wrong_call);
  EXPECT_TRUE(config_of({.memory_sizes = {"1MiB"}, .listen = {"0.0.0.0:3260"}, .allow_anyone = true}).has_value());
}

TEST(DefaultTargetName, IsAnIscsiNameWhateverTheHostIsCalled) {
  EXPECT_EQ(default_target_name("Host.Example"), "iqn.2026-11.io.lunway:host.example");
  EXPECT_EQ(default_target_name("my_host\xc3\xa4"), "iqn.2026-11.io.lunway:my-host--");
  EXPECT_EQ(default_target_name(""), "iqn.2026-11.io.lunway:host");
}

}  // namespace
}  // namespace lunway::cli
