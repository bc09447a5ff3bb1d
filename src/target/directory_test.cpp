// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::target {
namespace {

using session::LoginPolicy;
using session::LoginRefusal;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::LoginStatus;

const std::string kDisk = "iqn.2026-11.io.example:disk";
const std::string kTape = "iqn.2026-11.io.example:tape";
const std::string kDebian = "iqn.1993-08.org.debian:01:abc";
const std::string kOther = "iqn.1991-05.com.example:host";

text::IscsiName name(std::string_view text) { return text::IscsiName::parse(text).value(); }

TargetConfig target(std::string target_name, std::vector<std::uint16_t> groups = {1}) {
  TargetConfig config;
  config.name = std::move(target_name);
  config.portal_groups = std::move(groups);
  config.luns = {{0, "a"}, {1, "b"}};
  return config;
}

std::vector<ChapUser> chap(std::string user) { return {{std::move(user), "0123456789abcdef"}}; }

/// A server's answers without a server: two small disks, two targets in portal group 1.
class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    config_.targets = {target(kDisk), target(kTape)};
    listen("192.0.2.1:3260", 1);
  }

  void listen(std::string_view address, std::uint16_t tag) {
    auto parsed = *text::parse_target_address(address);
    parsed.portal_group_tag = tag;
    portals_.push_back({parsed, parsed.host == "0.0.0.0" || parsed.host == "::"});
  }

  TargetConfig& disk() { return config_.targets[0]; }
  TargetConfig& tape() { return config_.targets[1]; }

  Directory directory() const {
    IdentityStore identities;
    std::map<std::string, std::shared_ptr<Disk>> disks;
    for (const char* one : {"a", "b"}) {
      VolumeConfig volume;
      volume.name = one;
      volume.backing = NullBacking{1 << 20};
      disks.emplace(one, open_disk(volume, identities).value());
    }
    return {std::make_shared<const Catalog>(Catalog::make(config_, disks).value()), portals_};
  }

  /// The portal `place` of the list, which was reached at `address` where it is a wildcard.
  session::Portal reached(std::uint32_t place, std::string_view address = "") const {
    text::TargetAddress local = portals_[place].address;
    if (!address.empty()) {
      local = *text::parse_target_address(address);
      local.portal_group_tag = portals_[place].address.portal_group_tag;
    }
    return {.id = place, .address = local, .peer_address = peer_};
  }

  std::expected<LoginPolicy, LoginRefusal> admit(std::string_view initiator, std::optional<std::string> wanted,
                                                 text::SessionType type = text::SessionType::normal,
                                                 std::uint32_t place = 0) const {
    const session::Portal portal = reached(place);
    const text::IscsiName from = name(initiator);
    const auto to = wanted ? std::optional(name(*wanted)) : std::nullopt;
    return directory().admit(
        {.portal = portal, .type = type, .initiator_name = from, .target_name = to, .isid = {}, .tsih = {}, .cid = {}});
  }

  LoginStatus status(std::string_view initiator, std::optional<std::string> wanted, std::uint32_t place = 0) const {
    const auto answer = admit(initiator, std::move(wanted), text::SessionType::normal, place);
    return answer ? LoginStatus::success : answer.error().status;
  }

  /// "NAME ADDRESS ADDRESS", a line each.
  std::vector<std::string> list(std::string_view initiator, const session::Portal& portal,
                                std::optional<std::string> only = std::nullopt) const {
    const auto wanted = only ? std::optional(name(*only)) : std::nullopt;
    std::vector<std::string> lines;
    for (const text::TargetRecord& record : directory().list_targets(portal, name(initiator), wanted)) {
      lines.push_back(record.name);
      for (const auto& address : record.addresses) lines.back().append(" ").append(to_string(address));
    }
    return lines;
  }
  std::vector<std::string> list(std::string_view initiator) const { return list(initiator, reached(0)); }

  ServerConfig config_;
  std::vector<ServedPortal> portals_;
  std::string peer_ = "192.0.2.77:49152";
};

// ---------------------------------------------------------------------------------------------------- access lists

struct Rfc7143_11_13_5_LoginStatus : DirectoryTest {};

//= ledger R7143-11.13.5-05 R7143-11.13.5-07
TEST_F(Rfc7143_11_13_5_LoginStatus, WhoIsNotListedFailsAuthorization) {
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::success);
  EXPECT_EQ(status(kOther, kDisk), LoginStatus::authorization_failure);
  EXPECT_EQ(status(kOther, kTape), LoginStatus::success);
}

TEST_F(Rfc7143_11_13_5_LoginStatus, WhoComesFromElsewhereFailsAuthorization) {
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  disk().initiator_addresses = {"192.0.2.64/26"};
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::success);
  EXPECT_EQ(status(kOther, kDisk), LoginStatus::authorization_failure) << "the address alone is not enough";
  peer_ = "192.0.2.1:49152";
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::authorization_failure) << "the name alone is not enough";
}

TEST_F(Rfc7143_11_13_5_LoginStatus, Ipv6PeersAreListedToo) {
  disk().initiator_addresses = {"2001:db8:1::/48"};
  peer_ = "[2001:db8:1::7]:49152";
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::success);
  peer_ = "[2001:db8:2::7]:49152";
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::authorization_failure);
}

//= ledger R7143-11.13.5-07
TEST_F(Rfc7143_11_13_5_LoginStatus, ATargetThatIsNotAtThisPortalIsNotFound) {
  listen("192.0.2.1:3261", 2);
  tape().portal_groups = {2};
  EXPECT_EQ(status(kDebian, kTape, 0), LoginStatus::not_found);
  EXPECT_EQ(status(kDebian, kTape, 1), LoginStatus::success);
  EXPECT_EQ(status(kDebian, "iqn.2026-11.io.example:none"), LoginStatus::not_found);
  EXPECT_EQ(status(kDebian, std::nullopt), LoginStatus::missing_parameter);
}

struct Rfc7143_12_1_Chap : DirectoryTest {};

//= ledger R7143-12.1-02 R7143-9.2-07
TEST_F(Rfc7143_12_1_Chap, NamesOfOneTargetDoNotOpenAnother) {
  disk().authentication.chap = chap("app");
  tape().authentication.chap = chap("backup");
  const auto disk_policy = admit(kDebian, kDisk);
  const auto tape_policy = admit(kDebian, kTape);
  ASSERT_TRUE(disk_policy && disk_policy->chap && tape_policy && tape_policy->chap);
  ASSERT_EQ(disk_policy->chap->initiators.size(), 1U);
  ASSERT_EQ(tape_policy->chap->initiators.size(), 1U);
  EXPECT_EQ(disk_policy->chap->initiators[0].name, "app");
  EXPECT_EQ(tape_policy->chap->initiators[0].name, "backup");
}

TEST_F(Rfc7143_12_1_Chap, DiscoveryHasItsOwn) {
  disk().authentication.chap = chap("app");
  config_.discovery.chap = chap("disco");
  const auto unnamed = admit(kDebian, std::nullopt, text::SessionType::discovery);
  ASSERT_TRUE(unnamed && unnamed->chap);
  EXPECT_EQ(unnamed->chap->initiators[0].name, "disco");
}

TEST_F(Rfc7143_12_1_Chap, NamingATargetIsNoWayAroundTheDiscoverysOwn) {
  config_.discovery.chap = chap("disco");
  const auto named = admit(kDebian, kDisk, text::SessionType::discovery);
  ASSERT_TRUE(named && named->chap) << "the target asks for none, but the session would list the others too";
  EXPECT_EQ(named->chap->initiators[0].name, "disco");
}

struct Rfc7143_9_2_ChapUsers : DirectoryTest {
  Rfc7143_9_2_ChapUsers() {
    disk().authentication.chap = {{"debian", "secret of debian", {"iqn.1993-08.org.debian:*"}},
                                  {"example", "secret of example", {"iqn.1991-05.com.example:*"}},
                                  {"anybody", "secret of anybody"}};
  }
  std::vector<std::string> users_of(const std::string& initiator, std::optional<std::string> target_name,
                                    text::SessionType type = text::SessionType::normal) {
    std::vector<std::string> users;
    const auto policy = admit(initiator, std::move(target_name), type);
    EXPECT_TRUE(policy && policy->chap) << "CHAP is asked for in any case";
    if (!policy || !policy->chap) return users;
    for (const text::ChapAccount& account : policy->chap->initiators) users.push_back(account.name);
    return users;
  }
};

//= ledger R7143-9.2-08 R7143-9.2-09 R7143-9.2-10
TEST_F(Rfc7143_9_2_ChapUsers, AreThoseThatTheInitiatorsNameMayBe) {
  EXPECT_THAT(users_of(kDebian, kDisk), testing::ElementsAre("debian", "anybody"));
  EXPECT_THAT(users_of(kOther, kDisk), testing::ElementsAre("example", "anybody"));
  EXPECT_THAT(users_of("iqn.2026-11.io.example:third", kDisk), testing::ElementsAre("anybody"));
}

//= ledger R7143-9.2-08 R7143-9.2-10
TEST_F(Rfc7143_9_2_ChapUsers, ANameThatMayBeNobodyProvesNothing) {
  disk().authentication.chap.pop_back();
  EXPECT_THAT(users_of("iqn.2026-11.io.example:third", kDisk), testing::IsEmpty());
  EXPECT_THAT(list("iqn.2026-11.io.example:third"), testing::Not(testing::Contains(testing::HasSubstr(kDisk))))
      << "nor is it told of the target";
  EXPECT_THAT(list(kDebian), testing::Contains(testing::HasSubstr(kDisk)));
}

TEST_F(Rfc7143_9_2_ChapUsers, OfDiscoveryAreBoundToo) {
  config_.discovery.chap = {{"debian", "secret of debian", {"iqn.1993-08.org.debian:*"}}};
  EXPECT_THAT(users_of(kDebian, std::nullopt, text::SessionType::discovery), testing::ElementsAre("debian"));
  EXPECT_THAT(users_of(kOther, std::nullopt, text::SessionType::discovery), testing::IsEmpty());
  EXPECT_THAT(users_of(kOther, kDisk, text::SessionType::discovery), testing::IsEmpty());
}

TEST_F(Rfc7143_12_1_Chap, ANamedDiscoverySessionPassesTheListsOfItsTarget) {
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  EXPECT_TRUE(admit(kDebian, kDisk, text::SessionType::discovery));
  const auto refused = admit(kOther, kDisk, text::SessionType::discovery);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, LoginStatus::authorization_failure);
}

// ----------------------------------------------------------------------------------------------------- redirection

struct Rfc7143_11_13_5_Redirection : DirectoryTest {
  void move_disk(std::string to, bool permanent = false) { disk().redirect = RedirectConfig{std::move(to), permanent}; }
};

TEST_F(Rfc7143_11_13_5_Redirection, IsTemporaryOrPermanent) {
  move_disk("198.51.100.7:3261");
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::target_moved_temporarily);
  move_disk("198.51.100.7:3261", true);
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::target_moved_permanently);
  EXPECT_EQ(status(kDebian, kTape), LoginStatus::success) << "only one of them has moved";
}

//= rfc7143#13.8
//= ledger R7143-11.13.5-01 R7143-13.8-01
TEST_F(Rfc7143_11_13_5_Redirection, CarriesAnAddressWithoutATag) {
  const std::pair<const char*, const char*> cases[] = {{"198.51.100.7:3261", "198.51.100.7:3261"},
                                                       {"[2001:db8::7]:3261", "[2001:db8::7]:3261"},
                                                       {"storage.example.com", "storage.example.com:3260"}};
  for (const auto& [to, sent] : cases) {
    move_disk(to);
    const auto answer = admit(kDebian, kDisk);
    ASSERT_FALSE(answer);
    ASSERT_EQ(answer.error().target_addresses.size(), 1U);
    EXPECT_EQ(to_string(answer.error().target_addresses[0]), sent);
  }
}

TEST_F(Rfc7143_11_13_5_Redirection, ComesBeforeAuthenticationAndAfterTheLists) {
  move_disk("198.51.100.7:3261");
  disk().authentication.chap = chap("app");
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  EXPECT_EQ(status(kDebian, kDisk), LoginStatus::target_moved_temporarily);
  EXPECT_EQ(status(kOther, kDisk), LoginStatus::authorization_failure) << "no word of where the target has gone";
}

TEST_F(Rfc7143_11_13_5_Redirection, TheTargetIsStillListedWhereItSendsAway) {
  move_disk("198.51.100.7:3261");
  EXPECT_THAT(list(kDebian), testing::Contains(kDisk + " 192.0.2.1:3260,1"));
}

// ----------------------------------------------------------------------------------------------------- SendTargets

struct Rfc7143_C_Directory : DirectoryTest {};

//= ledger R7143-AppC-15 R7143-AppC-14
TEST_F(Rfc7143_C_Directory, WhatAnInitiatorMayNotUseIsNotListed) {
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  tape().initiator_addresses = {"192.0.2.77"};
  EXPECT_THAT(list(kDebian), ElementsAre(kDisk + " 192.0.2.1:3260,1", kTape + " 192.0.2.1:3260,1"));
  EXPECT_THAT(list(kOther), ElementsAre(kTape + " 192.0.2.1:3260,1"));
  peer_ = "192.0.2.78:49152";
  EXPECT_THAT(list(kOther), IsEmpty());
}

//= ledger R7143-AppC-10
TEST_F(Rfc7143_C_Directory, ANameListsThatTargetOnly) {
  disk().initiators = {"iqn.1993-08.org.debian:*"};
  EXPECT_THAT(list(kDebian, reached(0), kDisk), ElementsAre(kDisk + " 192.0.2.1:3260,1"));
  EXPECT_THAT(list(kOther, reached(0), kDisk), IsEmpty()) << "asking by name reveals nothing";
  EXPECT_THAT(list(kDebian, reached(0), "iqn.2026-11.io.example:none"), IsEmpty());
}

//= ledger R7143-AppC-04 R7143-AppC-16 R7143-13.8-02
TEST_F(Rfc7143_C_Directory, AllAddressesOfAllGroupsAreListed) {
  listen("[2001:db8::1]:3260", 1);
  listen("198.51.100.1:3260", 2);
  listen("203.0.113.1:3260", 3);
  disk().portal_groups = {1, 2};
  EXPECT_THAT(list(kDebian, reached(0), kDisk),
              ElementsAre(kDisk + " 192.0.2.1:3260,1 [2001:db8::1]:3260,1 198.51.100.1:3260,2"));
}

TEST_F(Rfc7143_C_Directory, TheAddressThatWasReachedComesFirst) {
  listen("198.51.100.1:3260", 2);
  disk().portal_groups = {1, 2};
  EXPECT_THAT(list(kDebian, reached(1), kDisk), ElementsAre(kDisk + " 198.51.100.1:3260,2 192.0.2.1:3260,1"));
}

TEST_F(Rfc7143_C_Directory, AWildcardIsListedAsTheAddressThatWasReached) {
  listen("0.0.0.0:3262", 2);
  listen("[::]:3262", 2);
  disk().portal_groups = {2};
  EXPECT_THAT(list(kDebian, reached(1, "198.51.100.1:3262"), kDisk), ElementsAre(kDisk + " 198.51.100.1:3262,2"));
  EXPECT_THAT(list(kDebian, reached(2, "[2001:db8::1]:3262"), kDisk), ElementsAre(kDisk + " [2001:db8::1]:3262,2"));
}

TEST_F(Rfc7143_C_Directory, AWildcardAlsoListensOnTheAddressOfAnotherPortal) {
  listen("0.0.0.0:3262", 2);
  listen("[::]:3263", 3);
  disk().portal_groups = {2, 3};
  EXPECT_THAT(list(kDebian, reached(0), kDisk), ElementsAre(kDisk + " 192.0.2.1:3262,2"));
}

TEST_F(Rfc7143_C_Directory, ATargetIsFoundFromAPortalThatDoesNotServeIt) {
  listen("198.51.100.1:3260", 2);
  tape().portal_groups = {2};
  EXPECT_THAT(list(kDebian), testing::Contains(kTape + " 198.51.100.1:3260,2"));
}

//= ledger R7143-AppC-02
TEST_F(Rfc7143_C_Directory, EveryPortalTakesDiscoverySessions) {
  listen("198.51.100.1:3260", 2);
  listen("[::]:3262", 3);
  for (std::uint32_t place = 0; place < portals_.size(); ++place) {
    EXPECT_TRUE(admit(kDebian, std::nullopt, text::SessionType::discovery, place)) << place;
  }
}

struct Rfc7143_6_3_1_LoginTable : DirectoryTest {};

//= ledger R7143-6.3.1-02 R7143-6.3.1-06 R7143-11.12.6-04 R7143-8.3-01
TEST_F(Rfc7143_6_3_1_LoginTable, ATsihIsAlwaysThatOfNoSession) {
  const session::Portal portal = reached(0);
  const text::IscsiName from = name(kDebian);
  const auto to = std::optional(name(kDisk));
  for (const std::uint16_t tsih : {std::uint16_t{1}, std::uint16_t{0xffff}}) {
    const auto answer = directory().admit({.portal = portal,
                                           .type = text::SessionType::normal,
                                           .initiator_name = from,
                                           .target_name = to,
                                           .isid = wire::Isid::from_random(1, 1),
                                           .tsih = wire::Tsih(tsih),
                                           .cid = {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().status, LoginStatus::session_does_not_exist);
  }
}

//= rfc7143#4.4.1
TEST_F(DirectoryTest, ALoginIsToldTheTagOfTheGroupThatItReached) {
  listen("198.51.100.1:3260", 7);
  disk().portal_groups = {1, 7};
  EXPECT_EQ(admit(kDebian, kDisk, text::SessionType::normal, 0)->portal_group_tag, 1);
  EXPECT_EQ(admit(kDebian, kDisk, text::SessionType::normal, 1)->portal_group_tag, 7);
}

// ------------------------------------------------------------------------------------------------------------ LUNs

struct LunAccess : DirectoryTest {
  std::vector<std::uint16_t> seen_by(std::string_view initiator) const {
    std::vector<std::uint16_t> numbers;
    const Directory made = directory();
    const auto luns = made.catalog()->find(name(kDisk))->luns_for(name(initiator));
    for (const LunMap::Entry& entry : luns->entries) numbers.push_back(entry.number);
    return numbers;
  }
};

TEST_F(LunAccess, WithoutRulesAllSeeAll) { EXPECT_THAT(seen_by(kOther), ElementsAre(0, 1)); }

TEST_F(LunAccess, EachSeesWhatItsRulesShow) {
  disk().lun_access = {{.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {1}},
                       {.initiators = {kDebian}, .luns = {0}}};
  EXPECT_THAT(seen_by(kDebian), ElementsAre(0, 1));
  EXPECT_THAT(seen_by("iqn.1993-08.org.debian:01:other"), ElementsAre(1));
  EXPECT_THAT(seen_by(kOther), IsEmpty());
}

}  // namespace
}  // namespace lunway::target
