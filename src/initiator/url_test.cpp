// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lunway/initiator.h"

namespace lunway::initiator {
namespace {

using ::testing::HasSubstr;

constexpr const char* kName = "iqn.2026-11.io.lunway:disk";

TEST(Url, HostAloneIsForDiscovery) {
  const auto url = Url::parse("iscsi://store");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "store");
  EXPECT_EQ(url->port, 3260);
  EXPECT_EQ(url->target, "");
  EXPECT_TRUE(Url::parse("iscsi://store/"));
}

TEST(Url, FullForm) {
  const auto url = Url::parse(
      "iscsi://app%s3cret%x@10.0.0.1:3261/iqn.2026-11.io.lunway:disk/7"
      "?header_digest=crc32c&data_digest=none&target_user=db&target_password=p%40ss&connections=4&erl=2");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->user, "app");
  EXPECT_EQ(url->secret, "s3cret%x");
  EXPECT_EQ(url->host, "10.0.0.1");
  EXPECT_EQ(url->port, 3261);
  EXPECT_EQ(url->target, kName);
  EXPECT_EQ(url->lun, 7);
  EXPECT_EQ(url->header_digest, true);
  EXPECT_EQ(url->data_digest, false);
  EXPECT_EQ(url->target_user, "db");
  EXPECT_EQ(url->target_secret, "p@ss");
  EXPECT_EQ(url->connections, 4U);
  EXPECT_EQ(url->erl, 2U);
}

TEST(Url, Ipv6StandsInBrackets) {
  const auto url = Url::parse("iscsi://[fe80::1%25lo]:3262/iqn.2026-11.io.lunway:disk/0");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->port, 3262);
  EXPECT_EQ(Url::parse("iscsi://[::1]/iqn.2026-11.io.lunway:disk/0")->host, "::1");
  EXPECT_EQ(Url::parse("iscsi://[::1]")->port, 3260);
  EXPECT_FALSE(Url::parse("iscsi://::1/iqn.2026-11.io.lunway:disk/0"));
}

TEST(Url, SecretMayHoldAtSignsAndQuestionMarks) {
  const auto url = Url::parse("iscsi://u%a@b?c@h/iqn.2026-11.io.lunway:disk/0?erl=1");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->secret, "a@b?c");
  EXPECT_EQ(url->host, "h");
  EXPECT_EQ(url->erl, 1U);
}

TEST(Url, TargetNameMayBePercentEncoded) {
  const auto url = Url::parse("iscsi://h/iqn.2026-11.io.lunway%3Adisk/1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->target, kName);
}

TEST(Url, WithoutSecretsInMessages) {
  const auto url =
      Url::parse("iscsi://u%topsecret@[::1]:1/iqn.2026-11.io.lunway:disk/3?target_user=t&target_password=hidden12");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->to_string(), "iscsi://u@[::1]:1/iqn.2026-11.io.lunway:disk/3");
}

struct Wrong {
  const char* text;
  const char* says;
};

class WrongUrl : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUrl, IsRefusedWithTheReason) {
  const auto url = Url::parse(GetParam().text);
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().kind, ErrorKind::invalid_argument);
  EXPECT_THAT(url.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongUrl,
    ::testing::Values(Wrong{"http://h", "iscsi://"}, Wrong{"", "iscsi://"}, Wrong{"iscsi://", "host"},
                      Wrong{"iscsi://:3260", "host"}, Wrong{"iscsi://h:0", "port"}, Wrong{"iscsi://h:65536", "port"},
                      Wrong{"iscsi://h:", "port"}, Wrong{"iscsi://h:32x", "port"}, Wrong{"iscsi://[::1", "bracket"},
                      Wrong{"iscsi://[::1]x", "']'"}, Wrong{"iscsi://@h", "user"}, Wrong{"iscsi://h/disk/0", "iqn."},
                      Wrong{"iscsi://h/iqn.2026-11.io:a", "LUN"}, Wrong{"iscsi://h/iqn.2026-11.io:a/", "LUN"},
                      Wrong{"iscsi://h/iqn.2026-11.io:a/16384", "LUN"}, Wrong{"iscsi://h/iqn.2026-11.io:a/-1", "LUN"},
                      Wrong{"iscsi://h/iqn.2026-11.io:a/0/1", "LUN"}, Wrong{"iscsi://h/iqn.a%zz/0", "hexadecimal"},
                      Wrong{"iscsi://h/iqn.a%00/0", "hexadecimal"}, Wrong{"iscsi://h?erl=3", "erl"},
                      Wrong{"iscsi://h?connections=0", "connections"}, Wrong{"iscsi://h?header_digest=md5", "crc32c"},
                      Wrong{"iscsi://h?colour=red", "unknown key"}, Wrong{"iscsi://h?erl", "key=value"},
                      Wrong{"iscsi://h?target_user=t", "mutual"}));

TEST(Url, NameOfMoreThan223BytesIsRefused) {
  EXPECT_FALSE(Url::parse("iscsi://h/iqn." + std::string(220, 'a') + "/0"));
  EXPECT_TRUE(Url::parse("iscsi://h/iqn." + std::string(219, 'a') + "/0"));
}

}  // namespace
}  // namespace lunway::initiator
