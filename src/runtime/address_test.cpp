// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::runtime {
namespace {

std::string parsed(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->to_string() : "error: " + address.error().message;
}

TEST(Endpoint, TakesTheFormsThatPeopleWrite) {
  EXPECT_EQ(Endpoint::parse("host").value().to_string(), "host:3260");
  EXPECT_EQ(Endpoint::parse("host:860").value().to_string(), "host:860");
  EXPECT_EQ(Endpoint::parse("[::1]").value().to_string(), "[::1]:3260");
  EXPECT_EQ(Endpoint::parse("[::1]:5").value().to_string(), "[::1]:5");
  EXPECT_EQ(Endpoint::parse("::1").value().to_string(), "[::1]:3260");
  EXPECT_EQ(Endpoint::parse("host", 7).value().port, 7);
}

TEST(Endpoint, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) { return Endpoint::parse(text).error().message; };
  EXPECT_EQ(error("host:"), "the port in 'host:' is not a number from 0 to 65535");
  EXPECT_EQ(error("host:70000"), "the port in 'host:70000' is not a number from 0 to 65535");
  EXPECT_EQ(error("host:12x"), "the port in 'host:12x' is not a number from 0 to 65535");
  EXPECT_EQ(error("[::1"), "'[::1' has no closing bracket");
  EXPECT_EQ(error("[::1]3260"), "only a port may follow the bracket in '[::1]3260'");
  EXPECT_EQ(error(""), "'' names no host");
  EXPECT_EQ(error(":3260"), "':3260' names no host");
}

TEST(Address, PrintsAsTargetAddressDoes) {
  EXPECT_EQ(parsed("192.0.2.1"), "192.0.2.1:3260");
  EXPECT_EQ(parsed("192.0.2.1:0"), "192.0.2.1:0");
  EXPECT_EQ(parsed("[2001:DB8:0::1]:3261"), "[2001:db8::1]:3261");
  EXPECT_EQ(Address::parse("[::1]:3260")->host(), "::1");
}

TEST(Address, IsNoName) {
  EXPECT_EQ(parsed("localhost:3260"),
            "error: 'localhost:3260' is not an IP address; IPv6 with a port is written [::1]:3260");
}

TEST(Address, KnowsLoopbackAndWildcard) {
  const auto address = [](const char* text) { return Address::parse(text).value(); };
  EXPECT_TRUE(address("127.0.0.1").is_loopback());
  EXPECT_TRUE(address("127.255.0.9").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_TRUE(address("::ffff:127.0.0.1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_FALSE(address("::2").is_loopback());
  EXPECT_FALSE(address("0.0.0.0").is_loopback());
  EXPECT_TRUE(address("0.0.0.0").is_wildcard());
  EXPECT_TRUE(address("::").is_wildcard());
  EXPECT_FALSE(Address().is_loopback());
  EXPECT_FALSE(Address().is_wildcard());
}

TEST(Address, EqualityComparesAddressAndPort) {
  EXPECT_EQ(Address::parse("[::1]:1").value(), Address::parse("[0::1]:1").value());
  EXPECT_NE(Address::parse("[::1]:1").value(), Address::parse("[::1]:2").value());
  EXPECT_NE(Address::parse("127.0.0.1:1").value(), Address::parse("127.0.0.2:1").value());
  EXPECT_NE(Address::parse("0.0.0.0:1").value(), Address::parse("[::]:1").value());
}

TEST(Resolve, FindsFiguresAndNames) {
  EXPECT_EQ(resolve({.host = "127.0.0.1", .port = 5}).value().front().to_string(), "127.0.0.1:5");
  const auto local = resolve({.host = "localhost", .port = 5});
  ASSERT_TRUE(local) << local.error().message;
  EXPECT_TRUE(local->front().is_loopback());
}

TEST(Resolve, NameThatIsNoneIsAnError) {
  const auto none = resolve({.host = "bad name", .port = 5});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, testing::StartsWith("looking up 'bad name': "));
}

}  // namespace
}  // namespace lunway::runtime
