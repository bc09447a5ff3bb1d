// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/access.h"

#include <gtest/gtest.h>

#include <array>

namespace lunway::target {
namespace {

text::IscsiName name(std::string_view text) { return text::IscsiName::parse(text).value(); }

const text::IscsiName kDebian = name("iqn.1993-08.org.debian:01:abc");
const text::IscsiName kOther = name("iqn.1991-05.com.example:host");

bool admits(std::vector<std::string> names, std::vector<std::string> addresses, const text::IscsiName& who,
            std::string_view from = "") {
  TargetConfig target;
  target.initiators = std::move(names);
  target.initiator_addresses = std::move(addresses);
  const auto address = runtime::Address::parse(from);
  return AccessList::parse(target)->admits({who, address ? std::optional(*address) : std::nullopt});
}

TEST(AccessList, WithoutEntriesItAdmitsEverybody) {
  EXPECT_TRUE(admits({}, {}, kDebian, "192.0.2.7:1"));
  EXPECT_TRUE(admits({}, {}, kDebian));
}

TEST(AccessList, ANameIsEnoughWhereNoAddressIsAsked) {
  EXPECT_TRUE(admits({"iqn.1993-08.org.debian:*"}, {}, kDebian));
  EXPECT_FALSE(admits({"iqn.1993-08.org.debian:*"}, {}, kOther));
  EXPECT_TRUE(admits({"iqn.2001-04.com.example:x", "IQN.1993-08.ORG.DEBIAN:*"}, {}, kDebian))
      << "one of them is enough";
}

TEST(AccessList, AnAddressIsEnoughWhereNoNameIsAsked) {
  EXPECT_TRUE(admits({}, {"192.0.2.0/24", "2001:db8::/32"}, kOther, "192.0.2.7:49152"));
  EXPECT_TRUE(admits({}, {"192.0.2.0/24", "2001:db8::/32"}, kOther, "[2001:db8::7]:49152"));
  EXPECT_FALSE(admits({}, {"192.0.2.0/24", "2001:db8::/32"}, kOther, "198.51.100.7:49152"));
}

TEST(AccessList, NameAndAddressMustBothBeListed) {
  const std::vector<std::string> names = {"iqn.1993-08.org.debian:*"};
  const std::vector<std::string> addresses = {"192.0.2.7"};
  EXPECT_TRUE(admits(names, addresses, kDebian, "192.0.2.7:1"));
  EXPECT_FALSE(admits(names, addresses, kDebian, "192.0.2.8:1"));
  EXPECT_FALSE(admits(names, addresses, kOther, "192.0.2.7:1"));
}

TEST(AccessList, AnUnknownAddressIsOnNoList) { EXPECT_FALSE(admits({}, {"0.0.0.0/0", "::/0"}, kDebian)); }

TEST(LunVisibility, WithoutRulesAllSeeAll) {
  const LunVisibility visibility;
  EXPECT_TRUE(visibility.shows_all());
  EXPECT_TRUE(visibility.shows(16383, kOther));
}

TEST(LunVisibility, AnInitiatorSeesWhatAnyOfItsRulesShows) {
  const std::vector<LunAccessConfig> rules = {{.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {0, 2}},
                                              {.initiators = {kDebian.text()}, .luns = {5}}};
  const auto visibility = LunVisibility::parse(rules).value();
  EXPECT_FALSE(visibility.shows_all());
  for (const std::uint16_t lun : std::to_array<std::uint16_t>({0, 2, 5}))
    EXPECT_TRUE(visibility.shows(lun, kDebian)) << lun;
  EXPECT_FALSE(visibility.shows(1, kDebian));
  EXPECT_FALSE(visibility.shows(5, name("iqn.1993-08.org.debian:01:other")));
  EXPECT_TRUE(visibility.shows(2, name("iqn.1993-08.org.debian:01:other")));
}

TEST(LunVisibility, WhomNoRuleNamesSeesNothing) {
  const std::vector<LunAccessConfig> rules = {{.initiators = {"iqn.1993-08.org.debian:*"}, .luns = {0}}};
  EXPECT_FALSE(LunVisibility::parse(rules)->shows(0, kOther));
}

}  // namespace
}  // namespace lunway::target
