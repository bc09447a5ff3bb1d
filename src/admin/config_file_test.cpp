// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace lunway::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The faults of `text`, with those of target::check_config() left out: they have no line.
std::vector<ConfigFault> faults_of(std::string_view text) { return parse_config(text).faults; }

MATCHER_P2(FaultAt, line, words, "") { return arg.line == line && arg.message.find(words) != std::string::npos; }

constexpr std::string_view kWhole = R"([server]
shards = 2
io = "epoll"
drain_time_s = 9

[[portal_group]]
tag = 7
listen = ["127.0.0.1:3260", "[::1]:3260"]

[volume.db]
file = "/srv/db.img"
size = "20GiB"
write_cache = false

[volume.scratch]
memory = "512MiB"
block_size = 4096

[[target]]
name = "iqn.2026-11.io.example:db"
portal_groups = [7]
luns = { 0 = "db", 5 = "scratch" }
initiators = ["iqn.1993-08.org.debian:*"]
max_connections = 4
error_recovery_level = 2
default_time2wait_s = 1
default_time2retain_s = 0
data_pdu_in_order = false
)";

TEST(ConfigFile, EachSectionLandsInItsPlace) {
  const ConfigFile file = parse_config(kWhole);
  ASSERT_THAT(file.faults, IsEmpty()) << file.faults[0].message;
  const target::ServerConfig& server = file.server;
  EXPECT_EQ(server.shards, 2U);
  EXPECT_EQ(server.io, target::IoKind::epoll);
  EXPECT_EQ(server.drain_time, std::chrono::seconds(9));
  ASSERT_EQ(server.portal_groups.size(), 1U);
  EXPECT_EQ(server.portal_groups[0].tag, 7);
  EXPECT_THAT(server.portal_groups[0].listen, ElementsAre("127.0.0.1:3260", "[::1]:3260"));
  ASSERT_EQ(server.volumes.size(), 2U);
  const auto& db = std::get<target::FileBacking>(server.volumes[0].backing);
  EXPECT_EQ(server.volumes[0].name, "db");
  EXPECT_FALSE(server.volumes[0].write_cache);
  EXPECT_EQ(db.path, "/srv/db.img");
  EXPECT_EQ(db.create_size_bytes, std::uint64_t{20} << 30);
  EXPECT_EQ(std::get<target::MemoryBacking>(server.volumes[1].backing).size_bytes, 512U << 20);
  EXPECT_EQ(server.volumes[1].block_size_bytes, 4096U);
  ASSERT_EQ(server.targets.size(), 1U);
  EXPECT_EQ(server.targets[0].name, "iqn.2026-11.io.example:db");
  EXPECT_THAT(server.targets[0].luns, ElementsAre(testing::Pair(0, "db"), testing::Pair(5, "scratch")));
  EXPECT_THAT(server.targets[0].initiators, ElementsAre("iqn.1993-08.org.debian:*"));
  EXPECT_EQ(server.targets[0].max_connections, 4);
  EXPECT_EQ(server.targets[0].error_recovery_level, 2);
  EXPECT_EQ(server.targets[0].default_time2wait_s, 1);
  EXPECT_EQ(server.targets[0].default_time2retain_s, 0);
  EXPECT_FALSE(server.targets[0].data_pdu_in_order);
  EXPECT_TRUE(server.targets[0].data_sequence_in_order);
}

TEST(ConfigFile, WithoutPortalGroupsEverybodyIsOnLoopback) {
  const ConfigFile file = parse_config(
      "[volume.a]\nmemory = \"1MiB\"\n[[target]]\nname = \"iqn.2026-11.io.example:a\"\nluns = { 0 = \"a\" }\n");
  ASSERT_THAT(file.faults, IsEmpty()) << file.faults[0].message;
  ASSERT_EQ(file.server.portal_groups.size(), 1U);
  EXPECT_THAT(file.server.portal_groups[0].listen, ElementsAre("127.0.0.1:3260"));
  EXPECT_THAT(file.server.targets[0].portal_groups, ElementsAre(1));
}

TEST(ConfigFile, WhoMayReachWhatLandsInItsPlace) {
  const ConfigFile file = parse_config(R"([[portal_group]]
listen = ["127.0.0.1:3260"]
ipsec = "require"
[volume.a]
memory = "1MiB"
[[target]]
name = "iqn.2026-11.io.example:a"
luns = { 0 = "a" }
initiator_addresses = ["192.0.2.7", "2001:db8::/32"]
lun_access = [{ initiators = ["iqn.1993-08.org.debian:*"], luns = [0] }]
[[target]]
name = "iqn.2026-11.io.example:b"
redirect = { to = "192.0.2.7:3261", permanent = true }
)");
  ASSERT_THAT(file.faults, IsEmpty()) << file.faults[0].message;
  EXPECT_TRUE(file.server.portal_groups[0].require_ipsec);
  const target::TargetConfig& here = file.server.targets[0];
  EXPECT_THAT(here.initiator_addresses, ElementsAre("192.0.2.7", "2001:db8::/32"));
  ASSERT_EQ(here.lun_access.size(), 1U);
  EXPECT_THAT(here.lun_access[0].initiators, ElementsAre("iqn.1993-08.org.debian:*"));
  EXPECT_THAT(here.lun_access[0].luns, ElementsAre(0));
  EXPECT_FALSE(here.redirect.has_value());
  ASSERT_TRUE(file.server.targets[1].redirect.has_value());
  EXPECT_EQ(file.server.targets[1].redirect->to, "192.0.2.7:3261");
  EXPECT_TRUE(file.server.targets[1].redirect->permanent);
}

TEST(ConfigFile, PathsHaveTheirStates) {
  const auto target = [](std::string alua) {
    return "[[target]]\nname = \"iqn.2026-11.io.example:a\"\nluns = { 0 = \"a\" }\nalua = " + std::move(alua) + "\n";
  };
  const ConfigFile file = parse_config(
      target(R"({ states = { 1 = "optimized", 2 = "standby" }, preferred = 1, initiators_may_set = true })"));
  const auto& alua = file.server.targets[0].alua;
  ASSERT_TRUE(alua.has_value());
  EXPECT_EQ(alua->states.at(1), target::PathState::optimized);
  EXPECT_EQ(alua->states.at(2), target::PathState::standby);
  EXPECT_EQ(alua->preferred, 1);
  EXPECT_TRUE(alua->initiators_may_set);
  EXPECT_THAT(faults_of(target(R"({ states = { one = "optimized" } })")),
              testing::Contains(FaultAt(4U, "is not a portal group's tag")));
  EXPECT_THAT(faults_of(target(R"({ states = { 1 = "offline" } })")),
              testing::Contains(FaultAt(4U, "a state is one of")));
}

TEST(ConfigFile, WhatIsWrongAboutAccessHasItsLine) {
  EXPECT_THAT(faults_of("[[portal_group]]\nlisten = [\"127.0.0.1:3260\"]\nipsec = \"maybe\"\n"),
              testing::Contains(FaultAt(3U, "\"require\" or \"none\"")));
  const auto faults = faults_of(R"([[target]]
name = "iqn.2026-11.io.example:a"
luns = { 0 = "a" }
initiator_addresses = "192.0.2.7"
lun_access = [{ initiators = ["*"], lun = [0] }]
redirect = { permanent = true }
)");
  EXPECT_THAT(faults, ElementsAre(FaultAt(4U, "initiator_addresses wants a list"), FaultAt(5U, "unknown key lun "),
                                  FaultAt(6U, "needs to")));
}

TEST(ConfigFile, SecretsComeFromFiles) {
  const std::string secret = testing::TempDir() + "config_file_test.secret";
  std::ofstream(secret) << "correct-horse-battery\n";
  const ConfigFile file = parse_config(
      "[volume.a]\nmemory = \"1MiB\"\n[[target]]\nname = \"iqn.2026-11.io.example:a\"\nluns = { 0 = \"a\" }\n"
      "chap = { user = \"app\", secret_file = \"" +
      secret + "\", algorithms = [\"SHA-256\", \"MD5\"] }\n");
  std::filesystem::remove(secret);
  ASSERT_THAT(file.faults, IsEmpty()) << file.faults[0].message;
  const target::Authentication& authentication = file.server.targets[0].authentication;
  ASSERT_EQ(authentication.chap.size(), 1U);
  EXPECT_EQ(authentication.chap[0].user, "app");
  EXPECT_EQ(authentication.chap[0].secret, "correct-horse-battery");
  EXPECT_THAT(authentication.chap[0].initiators, IsEmpty());
  EXPECT_THAT(authentication.algorithms, ElementsAre(7, 5));
}

TEST(ConfigFile, SeveralChapUsersAreBoundToNames) {
  const std::string app = testing::TempDir() + "config_file_test.app";
  const std::string backup = testing::TempDir() + "config_file_test.backup";
  std::ofstream(app) << "correct-horse-battery\n";
  std::ofstream(backup) << "battery-horse-correct\n";
  const ConfigFile file = parse_config(
      "[volume.a]\nmemory = \"1MiB\"\n[[target]]\nname = \"iqn.2026-11.io.example:a\"\nluns = { 0 = \"a\" }\n"
      "chap_algorithms = [\"SHA-256\"]\nchap = [\n  { user = \"app\", secret_file = \"" +
      app + "\", initiators = [\"iqn.1993-08.org.debian:*\"] },\n  { user = \"backup\", secret_file = \"" + backup +
      "\" },\n]\n");
  std::filesystem::remove(app);
  std::filesystem::remove(backup);
  ASSERT_THAT(file.faults, IsEmpty()) << file.faults[0].message;
  const target::Authentication& authentication = file.server.targets[0].authentication;
  ASSERT_EQ(authentication.chap.size(), 2U);
  EXPECT_EQ(authentication.chap[0].user, "app");
  EXPECT_THAT(authentication.chap[0].initiators, ElementsAre("iqn.1993-08.org.debian:*"));
  EXPECT_EQ(authentication.chap[1].user, "backup");
  EXPECT_EQ(authentication.chap[1].secret, "battery-horse-correct");
  EXPECT_THAT(authentication.chap[1].initiators, IsEmpty());
  EXPECT_THAT(authentication.algorithms, ElementsAre(7));
}

TEST(ConfigFile, FaultsOfChapUsersHaveTheirLines) {
  EXPECT_THAT(faults_of("[discovery]\nchap = [\n{ user = \"a\" },\n{ user = \"b\", secret_file = \"/none\", "
                        "initiators = [] },\n{ algorithms = [\"MD5\"] },\n7 ]\n"),
              testing::IsSupersetOf({FaultAt(3U, "needs secret_file"), FaultAt(4U, "at least one name"),
                                     FaultAt(5U, "unknown key algorithms")}));
  EXPECT_THAT(faults_of("[discovery]\nchap = \"app\"\n"), ElementsAre(FaultAt(2U, "chap wants a table")));
}

TEST(ConfigFile, EveryFaultHasItsLine) {
  EXPECT_THAT(faults_of("[server]\nshards = \"two\"\n\n[volume.db]\nfiel = \"/srv/db.img\"\n"),
              ElementsAre(FaultAt(2U, "shards"), FaultAt(4U, "exactly one"), FaultAt(5U, "unknown key fiel")));
}

TEST(ConfigFile, UnknownSectionsAreFaults) {
  EXPECT_THAT(faults_of("[volumes.db]\nmemory = 1\n"), ElementsAre(FaultAt(1U, "unknown key volumes")));
}

TEST(ConfigFile, WhatIsNoTomlIsSaidWithItsLine) {
  const auto faults = faults_of("[server]\nshards = \n");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].line, 2U);
}

TEST(ConfigFile, RangesAreChecked) {
  EXPECT_THAT(
      faults_of("[[target]]\nname = \"iqn.2026-11.io.example:a\"\nluns = { 0 = \"a\" }\nerror_recovery_level = 3\n"),
      ElementsAre(FaultAt(4U, "from 0 to 2")));
}

TEST(ConfigFile, AnInlineTableIsCheckedToo) {
  EXPECT_THAT(faults_of("[discovery]\nchap = { user = \"disco\", secret = \"oops\" }\n"),
              ElementsAre(FaultAt(2U, "secret_file"), FaultAt(2U, "unknown key secret ")));
}

TEST(ConfigFile, ASingleBracketTargetIsExplained) {
  EXPECT_THAT(faults_of("[target]\nname = \"iqn.2026-11.io.example:a\"\n"),
              testing::Contains(FaultAt(1U, "write [[target]]")));
}

TEST(ConfigFile, FaultsLookLikeACompilers) {
  EXPECT_EQ(format_fault("a.toml", {.line = 3, .column = 7, .message = "no"}), "a.toml:3:7: no");
  EXPECT_EQ(format_fault("a.toml", {.message = "no"}), "a.toml: no");
}

TEST(ConfigFile, AFileThatIsNotThereIsAnError) {
  const auto file = read_config_file("/nonexistent/lunway.toml");
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, HasSubstr("/nonexistent/lunway.toml"));
}

}  // namespace
}  // namespace lunway::admin
