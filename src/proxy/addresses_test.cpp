// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/testing/recorder.h"

namespace lunway::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::pairs;

AddressRewriting rewriting(AddressPolicy policy = AddressPolicy::matching) {
  return {.policy = policy,
          .target = {{.host = "127.0.0.1", .port = 3260, .portal_group_tag = {}}},
          .proxy = {.host = "::1", .port = 3261, .portal_group_tag = {}}};
}

TEST(Rfc7143_C_Addresses, TheTargetsBecomeTheProxys) {
  const RewrittenText result = rewrite_addresses(
      pairs({"TargetName=iqn.x", "TargetAddress=127.0.0.1:3260,1", "TargetAddress=127.0.0.1,2"}), false, rewriting());
  EXPECT_EQ(result.text, pairs({"TargetName=iqn.x", "TargetAddress=[::1]:3261,1", "TargetAddress=[::1]:3261,2"}));
  EXPECT_EQ(result.replaced, 2U);
  EXPECT_THAT(result.kept, IsEmpty());
}

TEST(Rfc7143_C_Addresses, OthersStayAndAreTold) {
  const std::string text = pairs({"TargetAddress=192.0.2.7:3260,1", "TargetAddress=127.0.0.1:3269,1"});
  const RewrittenText result = rewrite_addresses(text, false, rewriting());
  EXPECT_EQ(result.text, text);
  EXPECT_THAT(result.kept, ElementsAre("192.0.2.7:3260,1", "127.0.0.1:3269,1"));
}

TEST(Rfc7143_C_Addresses, AllIsAllThatCanBeRead) {
  const RewrittenText result =
      rewrite_addresses(pairs({"TargetAddress=192.0.2.7", "TargetAddress=:x"}), false, rewriting(AddressPolicy::all));
  EXPECT_EQ(result.text, pairs({"TargetAddress=[::1]:3261", "TargetAddress=:x"}));
  EXPECT_THAT(result.kept, ElementsAre(":x"));
}

TEST(Rfc7143_C_Addresses, PairsThatAreCutStayAsTheyAre) {
  const RewrittenText at_end = rewrite_addresses("TargetAddress=127.0.0.1", false, rewriting());
  EXPECT_EQ(at_end.text, "TargetAddress=127.0.0.1");
  EXPECT_EQ(at_end.replaced, 0U);
  EXPECT_THAT(at_end.kept, ElementsAre("127.0.0.1"));
  const std::string rest = pairs({"TargetAddress=127.0.0.1:3260", "A=b"});
  EXPECT_EQ(rewrite_addresses(rest, true, rewriting()).text, rest);
}

TEST(Rfc7143_C_Addresses, AnyOtherTextIsUntouched) {
  for (const std::string& text : {std::string(), std::string(3, '\0'), std::string("A=b"), pairs({"A=b", "=", ""})}) {
    EXPECT_EQ(rewrite_addresses(text, false, rewriting(AddressPolicy::all)).text, text);
  }
}

}  // namespace
}  // namespace lunway::proxy
