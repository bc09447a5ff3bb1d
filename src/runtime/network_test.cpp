// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::runtime {
namespace {

using testing::HasSubstr;

bool contains(std::string_view network, std::string_view address) {
  return Network::parse(network).value().contains(Address::parse(address).value());
}

std::string complaint(std::string_view text) {
  const auto network = Network::parse(text);
  return network ? "" : network.error().message;
}

TEST(Network, OneAddressIsARangeOfOne) {
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7:49152"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.8:49152"));
  EXPECT_TRUE(contains("2001:db8::7", "[2001:db8:0::7]:1"));
  EXPECT_FALSE(contains("2001:db8::7", "[2001:db8::8]:1"));
}

TEST(Network, APrefixEndsAtItsLastBit) {
  EXPECT_TRUE(contains("192.0.2.0/23", "192.0.3.255"));
  EXPECT_FALSE(contains("192.0.2.0/23", "192.0.4.0"));
  EXPECT_FALSE(contains("192.0.2.0/23", "192.0.1.255"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("2001:db8:8000::/33", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8:8000::/33", "2001:db8:7fff::1"));
  EXPECT_TRUE(contains("192.0.2.7/32", "192.0.2.7"));
}

TEST(Network, PrefixZeroIsAFamily) {
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
}

TEST(Network, AnIpv4AddressInIpv6FormIsTheIpv4Address) {
  EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_TRUE(contains("::ffff:192.0.2.0/120", "192.0.2.7"));
}

TEST(Network, AZoneDoesNotCount) { EXPECT_TRUE(contains("fe80::/10", "fe80::1%lo")); }

TEST(Network, WhatIsNoRangeIsExplained) {
  for (const char* text : {"", "/", "/24", "host", "192.0.2", "192.0.2.7:3260", "[2001:db8::]/32", "fe80::1%lo", "*"}) {
    EXPECT_THAT(complaint(text), HasSubstr("no IP address")) << text;
  }
  for (const char* text : {"192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24 ", "192.0.2.0/24/8"}) {
    EXPECT_THAT(complaint(text), HasSubstr("from 0 to 32")) << text;
  }
  EXPECT_THAT(complaint("2001:db8::/129"), HasSubstr("from 0 to 128"));
  EXPECT_THAT(complaint("192.0.2.7/24"), HasSubstr("beyond its prefix"));
  EXPECT_THAT(complaint("2001:db8::1/32"), HasSubstr("beyond its prefix"));
}

TEST(Network, ASocketWithoutAnAddressIsInNone) { EXPECT_FALSE(Network::parse("::/0")->contains(Address())); }

}  // namespace
}  // namespace lunway::runtime
