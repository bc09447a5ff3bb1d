// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/isns_inventory.h"

#include <gtest/gtest.h>

namespace lunway::target {
namespace {

ServerConfig config() {
  ServerConfig config;
  config.targets.resize(2);
  config.targets[0].name = "IQN.2026-11.io.example:One";
  config.targets[0].portal_groups = {1};
  config.targets[1].name = "iqn.2026-11.io.example:two";
  config.targets[1].alias = "the second";
  config.targets[1].portal_groups = {1, 2};
  return config;
}

ServedPortal portal(const std::string& host, std::uint16_t tag, bool is_wildcard = false) {
  return {.address = {.host = host, .port = 3260, .portal_group_tag = tag}, .is_wildcard = is_wildcard};
}

isns::Inventory seen_from(const std::string& own, const std::vector<ServedPortal>& portals) {
  return isns_inventory(config(), portals, *runtime::Address::parse(own));
}

std::vector<std::uint16_t> tags(const isns::Inventory& inventory) {
  std::vector<std::uint16_t> tags;
  for (const isns::Portal& portal : inventory.portals) tags.push_back(portal.portal_group_tag);
  return tags;
}

TEST(IsnsInventory, NamesTargetsInNormalFormAndTheEntityAsTheFirst) {
  const isns::Inventory inventory = seen_from("192.0.2.1:40000", {portal("192.0.2.1", 1)});
  EXPECT_EQ(inventory.entity, "iqn.2026-11.io.example:one");
  ASSERT_EQ(inventory.nodes.size(), 2U);
  EXPECT_EQ(inventory.nodes[0].name, "iqn.2026-11.io.example:one");
  EXPECT_EQ(inventory.nodes[1].alias, "the second");
  EXPECT_EQ(inventory.nodes[1].portal_groups, (std::vector<std::uint16_t>{1, 2}));
  EXPECT_EQ(isns::fault_of(inventory), "");
}

TEST(Rfc4171_6_3_1_IsnsInventory, WritesAddressesInSixteenBytes) {
  const isns::Inventory inventory = seen_from("192.0.2.1:40000", {portal("192.0.2.1", 1), portal("2001:db8::7", 2)});
  ASSERT_EQ(inventory.portals.size(), 2U);
  EXPECT_EQ(inventory.portals[0].address[11], std::byte{0xff});
  EXPECT_EQ(inventory.portals[0].address[12], std::byte{192});
  EXPECT_EQ(inventory.portals[0].address[15], std::byte{1});
  EXPECT_EQ(inventory.portals[0].port, 3260);
  EXPECT_EQ(inventory.portals[1].address[0], std::byte{0x20});
  EXPECT_EQ(inventory.portals[1].address[15], std::byte{7});
}

TEST(IsnsInventory, PutsOurOwnAddressInThePlaceOfAWildcard) {
  const isns::Inventory inventory =
      seen_from("192.0.2.9:40000", {portal("0.0.0.0", 1, true), portal("::", 2, true), portal("192.0.2.9", 3)});
  EXPECT_EQ(tags(inventory), std::vector<std::uint16_t>{1}) << "no IPv6 address is known; .9 is there already";
  EXPECT_EQ(inventory.portals[0].address[15], std::byte{9});
  EXPECT_EQ(inventory.portals[0].port, 3260) << "the portal's port, not that of our own end";
}

TEST(IsnsInventory, KeepsLoopbackToItself) {
  const std::vector<ServedPortal> portals = {portal("127.0.0.1", 1), portal("192.0.2.1", 2)};
  EXPECT_EQ(tags(seen_from("192.0.2.1:40000", portals)), std::vector<std::uint16_t>{2});
  EXPECT_EQ(tags(seen_from("127.0.0.1:40000", portals)), (std::vector<std::uint16_t>{1, 2}));
}

}  // namespace
}  // namespace lunway::target
