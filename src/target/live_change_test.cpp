// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/live_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::target {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServerConfig config() {
  ServerConfig config;
  config.shards = 2;
  config.state_directory = "/var/lib/lunway";
  config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:3260"}}};
  TargetConfig& target = config.targets.emplace_back();
  target.name = "iqn.2026-11.io.example:a";
  target.portal_groups = {1};
  target.luns = {{0, "db"}};
  return config;
}

TEST(CheckChange, NamesWhatOnlyARestartBrings) {
  const ServerConfig now = config();
  const auto refusal = [&](auto change) {
    ServerConfig next = config();
    change(next);
    const auto checked = check_change(now, next);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(refusal([](ServerConfig&) {}), "");
  EXPECT_THAT(refusal([](ServerConfig& next) { next.shards = 3; }), HasSubstr("shards cannot change"));
  EXPECT_THAT(refusal([](ServerConfig& next) { next.io = IoKind::epoll; }), HasSubstr("io cannot change"));
  EXPECT_THAT(refusal([](ServerConfig& next) { next.state_directory = "/tmp"; }), HasSubstr("state cannot change"));
  EXPECT_THAT(refusal([](ServerConfig& next) { next.portal_groups[0].listen.push_back("[::1]:3260"); }),
              HasSubstr("portal_group cannot change"));
  EXPECT_THAT(refusal([](ServerConfig& next) { next.targets[0].alua.emplace(); }),
              HasSubstr("alua of iqn.2026-11.io.example:a cannot change"));
  EXPECT_EQ(refusal([](ServerConfig& next) { next.drain_time = std::chrono::seconds(1); }), "");
  EXPECT_EQ(refusal([](ServerConfig& next) { next.targets.clear(); }), "");
}

TEST(DescribeChange, SaysWhatCameAndWent) {
  const ServerConfig now = config();
  EXPECT_THAT(describe_change(now, now), IsEmpty());
  ServerConfig next = config();
  next.targets[0].luns = {{0, "other"}, {5, "db"}};
  next.targets[0].authentication.chap = {{.user = "app", .secret = "correct-horse"}};
  EXPECT_THAT(describe_change(now, next),
              ElementsAre(HasSubstr("LUN 0 of iqn.2026-11.io.example:a is volume other now"),
                          HasSubstr("LUN 5 of iqn.2026-11.io.example:a is there now: volume db"),
                          HasSubstr("who may log in has changed")));
  for (const std::string& line : describe_change(now, next)) EXPECT_EQ(line.find("correct-horse"), std::string::npos);
  next.targets[0].name = "iqn.2026-11.io.example:b";
  EXPECT_THAT(describe_change(now, next), ElementsAre(HasSubstr(":b is there now"), HasSubstr(":a is gone")));
}

}  // namespace
}  // namespace lunway::target
