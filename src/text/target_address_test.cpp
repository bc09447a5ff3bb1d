// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/target_address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lunway::text {
namespace {

TEST(Rfc7143_13_8_TargetAddress, TheExamplesAreAddresses) {
  EXPECT_EQ(parse_target_address("10.0.0.1:5003,1"), (TargetAddress{"10.0.0.1", 5003, 1}));
  EXPECT_EQ(parse_target_address("[1080:0:0:0:8:800:200C:417A],65"),
            (TargetAddress{"1080:0:0:0:8:800:200C:417A", kDefaultPort, 65}));
  EXPECT_EQ(parse_target_address("[1080::8:800:200C:417A]:5003,1"), (TargetAddress{"1080::8:800:200C:417A", 5003, 1}));
  EXPECT_EQ(parse_target_address("computingcenter.example.com,23"),
            (TargetAddress{"computingcenter.example.com", kDefaultPort, 23}));
}

TEST(Rfc7143_13_8_TargetAddress, APortalGroupTagMayBeLeftOut) {
  EXPECT_EQ(parse_target_address("10.0.0.1"), (TargetAddress{"10.0.0.1", kDefaultPort, std::nullopt}));
  EXPECT_EQ(parse_target_address("[::1]:860"), (TargetAddress{"::1", 860, std::nullopt}));
}

TEST(Rfc7143_13_8_TargetAddress, Ipv6AddressesAreChecked) {
  for (const char* host : {"::", "::1", "1::", "fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:192.0.2.1",
                           "1:2:3:4:5:6:192.0.2.1"}) {
    EXPECT_TRUE(parse_target_address("[" + std::string(host) + "]:1,1")) << host;
  }
  for (const char* host : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                           "12345::", "g::", "1:2:3:4:5:6:7:8::", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "::192.0.2",
                           "::192.0.2.256", "192.0.2.1", "1.2.3.4::", "::1.2.3.4.5", "fe80::1%eth0"}) {
    EXPECT_FALSE(parse_target_address("[" + std::string(host) + "]:1,1")) << host;
  }
}

TEST(Rfc7143_13_8_TargetAddress, OtherTextsAreNoAddresses) {
  for (const char* text :
       {"", ",1", ":3260,1", "host:,1", "host:0,1", "host:65536,1", "host:1,65536", "host:1,", "host,1,2", "host:1:2",
        "fe80::1,1", "[::1,1", "[::1]x,1", "[]", "ho st,1", "host:x", "h\xc3\xa4,1", "host:1,-1", "10.0.0.1:3260,1 "}) {
    EXPECT_FALSE(parse_target_address(text)) << text;
  }
  EXPECT_FALSE(parse_target_address(std::string(254, 'h') + ",1"));
}

TEST(Rfc7143_13_9_TargetPortalGroupTag, IsA16BitBinaryValue) {
  EXPECT_EQ(parse_portal_group_tag("0"), 0U) << "zero is legal";
  EXPECT_EQ(parse_portal_group_tag("65535"), 65535U);
  EXPECT_EQ(parse_portal_group_tag("0x0a"), 10U);
  EXPECT_EQ(parse_portal_group_tag("0bAAE="), 1U);
  for (const char* text : {"", "65536", "0x10000", "-1", "x", "Reject"})
    EXPECT_FALSE(parse_portal_group_tag(text)) << text;
}

TEST(Rfc7143_13_8_TargetAddress, IsWrittenWithItsPort) {
  EXPECT_EQ(to_string({.host = "10.0.0.1", .portal_group_tag = 1}), "10.0.0.1:3260,1");
  EXPECT_EQ(to_string({.host = "::1", .port = 860, .portal_group_tag = 0}), "[::1]:860,0");
}

TEST(Rfc7143_13_8_TargetAddress, ARedirectionHasNoPortalGroupTag) {
  EXPECT_EQ(to_string({.host = "10.0.0.1", .port = 3261, .portal_group_tag = {}}), "10.0.0.1:3261");
}

RC_GTEST_PROP(Rfc7143_13_8_TargetAddress, IsReadBack, (std::uint16_t port, std::uint16_t tag, bool tagged)) {
  RC_PRE(port != 0);
  const auto host = *rc::gen::element<std::string>("a", "10.1.2.3", "::1", "fe80::10:2", "storage-1.example.com");
  const TargetAddress address{host, port, tagged ? std::optional(tag) : std::nullopt};
  RC_ASSERT(parse_target_address(to_string(address)) == address);
}

}  // namespace
}  // namespace lunway::text
