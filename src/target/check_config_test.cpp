// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target/server_config.h"

namespace lunway::target {
namespace {

using testing::HasSubstr;

ServerConfig one_disk() {
  VolumeConfig disk;
  disk.name = "disk";
  disk.backing = MemoryBacking{1 << 20};
  TargetConfig target;
  target.name = "iqn.2026-11.io.example:disk";
  target.portal_groups = {1};
  target.luns = {{0, "disk"}};
  ServerConfig config;
  config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
  config.volumes = {disk};
  config.targets = {target};
  return config;
}

std::string complaint(const ServerConfig& config) {
  const auto checked = check_config(config);
  return checked ? "" : checked.error().message;
}

std::vector<ChapUser> chap(std::string user, std::string secret) { return {{std::move(user), std::move(secret)}}; }

TEST(CheckConfig, AcceptsASimpleServer) { EXPECT_EQ(complaint(one_disk()), ""); }

TEST(CheckConfig, AnAddressThatIsNotLoopbackNeedsAGuard) {
  ServerConfig config = one_disk();
  config.portal_groups[0].listen = {"127.0.0.1:0", "0.0.0.0:3260"};
  EXPECT_THAT(complaint(config), HasSubstr("--allow-anyone"));
  EXPECT_THAT(complaint(config), HasSubstr("0.0.0.0:3260"));

  ServerConfig anyone = config;
  anyone.allow_anyone = true;
  EXPECT_EQ(complaint(anyone), "");

  ServerConfig listed = config;
  listed.targets[0].initiators = {"iqn.1993-08.org.debian:*"};
  EXPECT_EQ(complaint(listed), "");

  ServerConfig authenticated = config;
  authenticated.targets[0].authentication.chap = chap("app", "0123456789ab");
  EXPECT_EQ(complaint(authenticated), "");
}

TEST(CheckConfig, AListOfAddressesIsAGuard) {
  ServerConfig config = one_disk();
  config.portal_groups[0].listen = {"0.0.0.0:3260"};
  config.targets[0].initiator_addresses = {"192.0.2.0/24"};
  EXPECT_EQ(complaint(config), "");
}

TEST(CheckConfig, AnAddressThatIsNoneIsNamed) {
  ServerConfig config = one_disk();
  config.targets[0].initiator_addresses = {"192.0.2.7", "192.0.2.7/24"};
  EXPECT_THAT(complaint(config), HasSubstr("target iqn.2026-11.io.example:disk: initiator address '192.0.2.7/24'"));
}

TEST(CheckConfig, ALunAccessRuleNamesInitiatorsAndLunsThatThereAre) {
  const auto complaint_about = [](LunAccessConfig rule) {
    ServerConfig config = one_disk();
    config.targets[0].lun_access = {std::move(rule)};
    return complaint(config);
  };
  EXPECT_EQ(complaint_about({.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {0}}), "");
  EXPECT_THAT(complaint_about({.initiators = {}, .luns = {0}}), HasSubstr("names no initiators"));
  EXPECT_THAT(complaint_about({.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {}}), HasSubstr("names no LUN"));
  EXPECT_THAT(complaint_about({.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {0, 3}}), HasSubstr("LUN 3"));
  EXPECT_THAT(complaint_about({.initiators = {"iqn.1993-08.org debian"}, .luns = {0}}), HasSubstr("lun_access"));
}

ServerConfig moved(std::string to) {
  ServerConfig config = one_disk();
  config.targets[0].redirect = RedirectConfig{.to = std::move(to)};
  return config;
}

TEST(Rfc7143_13_8_CheckConfig, ARedirectionIsAnAddressWithoutATag) {
  for (const char* to : {"storage.example.com", "192.0.2.7:3261", "[2001:db8::7]:3260", "[2001:db8::7]"}) {
    EXPECT_EQ(complaint(moved(to)), "") << to;
  }
  for (const char* to : {"", ":3260", "2001:db8::7", "192.0.2.7:0", "a b"}) {
    EXPECT_THAT(complaint(moved(to)), HasSubstr("is no address")) << to;
  }
  EXPECT_THAT(complaint(moved("192.0.2.7:3260,1")), HasSubstr("13.8"));
}

TEST(CheckConfig, AluaNamesPortalGroupsOfTheTarget) {
  ServerConfig config = one_disk();
  config.targets[0].alua = AluaConfig{.states = {{1, PathState::standby}}, .preferred = 1};
  EXPECT_EQ(complaint(config), "");
  config.targets[0].alua->states[2] = PathState::optimized;
  EXPECT_THAT(complaint(config), HasSubstr("alua names the portal group 2"));
  config.targets[0].alua = AluaConfig{.states = {}, .preferred = 3};
  EXPECT_THAT(complaint(config), HasSubstr("alua names the portal group 3"));
}

TEST(CheckConfig, ARedirectionMustNotLeadBack) {
  ServerConfig config = moved("127.0.0.1:3261");
  config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:3260"}}, {.tag = 2, .listen = {"127.0.0.1:3261"}}};
  EXPECT_EQ(complaint(config), "") << "the target is not in group 2";
  config.targets[0].portal_groups = {1, 2};
  EXPECT_THAT(complaint(config), HasSubstr("leads back to 127.0.0.1:3261"));
}

TEST(CheckConfig, ATargetThatHasMovedNeedsNoLunAndNoGuard) {
  ServerConfig config = moved("192.0.2.7:3260");
  config.portal_groups[0].listen = {"0.0.0.0:3260"};
  config.targets[0].luns.clear();
  EXPECT_EQ(complaint(config), "");
}

TEST(CheckConfig, AWildcardOfIpv6IsNotLoopback) {
  ServerConfig config = one_disk();
  config.portal_groups[0].listen = {"[::1]:0"};
  EXPECT_EQ(complaint(config), "");
  config.portal_groups[0].listen = {"[::]:3260"};
  EXPECT_THAT(complaint(config), HasSubstr("[::]:3260"));
}

TEST(Rfc7143_9_2_1_CheckConfig, AShortSecretIsRefused) {
  ServerConfig config = one_disk();
  config.targets[0].authentication.chap = chap("app", "0123456789a");
  EXPECT_THAT(complaint(config), HasSubstr("96 bits"));
}

TEST(Rfc7143_9_2_1_CheckConfig, EqualSecretsAreRefused) {
  ServerConfig config = one_disk();
  config.discovery.chap = chap("app", "0123456789ab");
  config.discovery.mutual_chap = {"disk", "0123456789ab"};
  EXPECT_THAT(complaint(config), HasSubstr("equal"));
}

TEST(Rfc7143_9_2_1_CheckConfig, ASecretOfOneDirectionIsRefusedInTheOtherEverywhere) {
  ServerConfig config = one_disk();
  config.targets[0].authentication.chap = chap("app", "secret of the app");
  config.targets[0].authentication.mutual_chap = {"disk", "secret of the disk"};
  config.discovery.chap = chap("disco", "secret of the app");
  EXPECT_EQ(complaint(config), "") << "one initiator may use one secret for several targets";
  config.discovery.chap = chap("disco", "secret of the disk");
  EXPECT_THAT(complaint(config), HasSubstr("equal"));
}

TEST(Rfc7143_9_2_1_CheckConfig, UsersWithOneSecretAreRefused) {
  ServerConfig config = one_disk();
  auto& users = config.targets[0].authentication.chap;
  users = {{"app", "0123456789ab"}, {"backup", "0123456789ac"}};
  EXPECT_EQ(complaint(config), "");
  users[1].secret = users[0].secret;
  EXPECT_THAT(complaint(config), HasSubstr("backup has the secret of another"));
}

TEST(Rfc7143_9_2_CheckConfig, UsersAreCheckedOneByOne) {
  ServerConfig config = one_disk();
  auto& users = config.targets[0].authentication.chap;
  users = {{"app", "0123456789ab"}, {"app", "0123456789ac"}};
  EXPECT_THAT(complaint(config), HasSubstr("two CHAP users are called app"));
  users = {{"app", "0123456789ab"}, {"backup", "short"}};
  EXPECT_THAT(complaint(config), HasSubstr("96 bits"));
  users = {{"app", "0123456789ab", {"iqn.1993-08.org.debian:01 *"}}};
  EXPECT_THAT(complaint(config), HasSubstr("CHAP user app"));
}

TEST(CheckConfig, MutualChapAloneIsRefused) {
  ServerConfig config = one_disk();
  config.targets[0].authentication.mutual_chap = {"disk", "0123456789ab"};
  EXPECT_THAT(complaint(config), HasSubstr("mutual CHAP needs"));
}

TEST(CheckConfig, NamesThatLeadNowhereAreRefused) {
  ServerConfig no_volume = one_disk();
  no_volume.targets[0].luns = {{0, "tape"}};
  EXPECT_THAT(complaint(no_volume), HasSubstr("tape"));

  ServerConfig no_group = one_disk();
  no_group.targets[0].portal_groups = {7};
  EXPECT_THAT(complaint(no_group), HasSubstr("portal group 7"));

  ServerConfig bad_name = one_disk();
  bad_name.targets[0].name = "disk";
  EXPECT_THAT(complaint(bad_name), HasSubstr("target disk"));
}

TEST(CheckConfig, ASessionHasOneToSixtyFourConnections) {
  for (const std::uint16_t most : {std::uint16_t{0}, std::uint16_t{65}}) {
    ServerConfig config = one_disk();
    config.targets[0].max_connections = most;
    EXPECT_THAT(complaint(config), HasSubstr("max_connections is from 1 to 64")) << most;
  }
  ServerConfig most = one_disk();
  most.targets[0].max_connections = 64;
  EXPECT_EQ(complaint(most), "");
}

TEST(CheckConfig, NamesThatAreOnePlaceTwiceAreRefused) {
  ServerConfig targets = one_disk();
  targets.targets.push_back(targets.targets[0]);
  targets.targets[1].name = "IQN.2026-11.IO.EXAMPLE:DISK";
  EXPECT_THAT(complaint(targets), HasSubstr("two targets")) << "names compare in their normal form";

  ServerConfig volumes = one_disk();
  volumes.volumes.push_back(volumes.volumes[0]);
  EXPECT_THAT(complaint(volumes), HasSubstr("two volumes"));

  ServerConfig groups = one_disk();
  groups.portal_groups.push_back(groups.portal_groups[0]);
  EXPECT_THAT(complaint(groups), HasSubstr("two portal groups"));
}

TEST(CheckConfig, ASizeIsAPositiveMultipleOfTheBlockSize) {
  for (const std::uint64_t size : {0U, 511U, 513U, 4095U}) {
    ServerConfig config = one_disk();
    config.volumes[0].backing = MemoryBacking{size};
    EXPECT_THAT(complaint(config), HasSubstr("multiple of 512")) << size;
  }
  ServerConfig large_blocks = one_disk();
  large_blocks.volumes[0].block_size_bytes = 4096;
  large_blocks.volumes[0].backing = FileBacking{.path = "x", .create_size_bytes = 512};
  EXPECT_THAT(complaint(large_blocks), HasSubstr("multiple of 4096"));
}

}  // namespace
}  // namespace lunway::target
