// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <utility>

namespace lunway::proxy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(Rule, ActionAlone) {
  const auto rule = parse_rule("drop");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->action, Rule::Action::drop);
  EXPECT_TRUE(rule->opcodes.none());
  EXPECT_EQ(rule->every, 1U);
}

TEST(Rule, EveryCondition) {
  const auto rule = parse_rule(
      "corrupt=data byte=17 repair from=target opcode=data-in,0x21 skip=3 every=500 times=2 probability=0.25 "
      "after=2s until=1.5min cid=9 connection=4 phase=any");
  ASSERT_TRUE(rule) << rule.error().message;
  EXPECT_EQ(rule->action, Rule::Action::corrupt);
  EXPECT_EQ(rule->part, Part::data);
  EXPECT_EQ(rule->byte, 17U);
  EXPECT_TRUE(rule->repair);
  EXPECT_EQ(rule->from, wire::Role::target);
  EXPECT_EQ(rule->opcodes.count(), 2U);
  EXPECT_TRUE(rule->opcodes.test(0x25));
  EXPECT_TRUE(rule->opcodes.test(0x21));
  EXPECT_EQ(rule->skip, 3U);
  EXPECT_EQ(rule->every, 500U);
  EXPECT_EQ(rule->times, 2U);
  EXPECT_EQ(rule->probability, 0.25);
  EXPECT_EQ(rule->after, milliseconds(2000));
  EXPECT_EQ(rule->until, milliseconds(90000));
  EXPECT_EQ(rule->cid, wire::Cid(9));
  EXPECT_EQ(rule->connection, 4U);
  EXPECT_EQ(rule->phase, std::nullopt);
}

TEST(Rule, ActionsTakeTheirValues) {
  EXPECT_EQ(parse_rule("delay=20ms")->delay, milliseconds(20));
  EXPECT_EQ(parse_rule("cut")->passed_bytes, 0U);
  EXPECT_EQ(parse_rule("cut=20")->passed_bytes, 20U);
  EXPECT_EQ(parse_rule("reset=1")->action, Rule::Action::reset);
  EXPECT_EQ(parse_rule("reorder=16")->places, 16U);
  EXPECT_EQ(parse_rule("corrupt=header-digest")->part, Part::header_digest);
}

// A login has no digests: faults in it are no faults that a peer could see as such.
TEST(Rule, LoginIsLeftAloneUnlessItIsNamed) {
  EXPECT_EQ(parse_rule("drop")->phase, Phase::full_feature);
  EXPECT_EQ(parse_rule("drop opcode=login-request")->phase, std::nullopt);
  EXPECT_EQ(parse_rule("drop opcode=login-response phase=full")->phase, Phase::full_feature);
}

struct Mistake {
  const char* text;
  const char* says;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreSaid) {
  const auto rule = parse_rule(GetParam().text);
  ASSERT_FALSE(rule) << GetParam().text;
  EXPECT_THAT(rule.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Rule, Mistakes,
    ::testing::Values(
        Mistake{"", "an empty rule"}, Mistake{"explode", "\"explode\": a rule begins with one of drop, delay"},
        Mistake{"drop=1", "takes no value"}, Mistake{"duplicate=2", "takes no value"},
        Mistake{"delay", "a time is wanted"}, Mistake{"delay=20", "a time is wanted"},
        Mistake{"delay=-1s", "a time is wanted"}, Mistake{"delay=1e3s", "a time is wanted"},
        Mistake{"corrupt", "the part is one of header, data"}, Mistake{"corrupt=tail", "the part is one of"},
        Mistake{"cut=x", "a number is wanted"}, Mistake{"cut=", "a number is wanted"},
        Mistake{"cut=99999999999", "a number is wanted"}, Mistake{"reorder=0", "1 to 16"},
        Mistake{"reorder=17", "1 to 16"}, Mistake{"drop every=0", "counting begins with 1"},
        Mistake{"drop every=", "a number is wanted"}, Mistake{"drop probability=1.5", "from 0 to 1"},
        Mistake{"drop probability=nan", "from 0 to 1"}, Mistake{"drop opcode=write", "an opcode is"},
        Mistake{"drop opcode=0x40", "an opcode is"}, Mistake{"drop opcode=", "no opcode is named"},
        Mistake{"drop from=me", "initiator or target"}, Mistake{"drop phase=late", "login, full or any"},
        Mistake{"drop cid=65536", "up to 65535"}, Mistake{"drop byte=1", "only corrupt takes it"},
        Mistake{"corrupt=data repair=yes", "takes no value"}, Mistake{"corrupt=data-digest repair", "to be wrong"},
        Mistake{"drop drop", "no such condition"}, Mistake{"drop colour=red", "no such condition"}));

TEST(Rules, FileHasOneALine) {
  const auto rules = parse_rules("# faults\n\ndrop opcode=r2t   # one of them\n\tdelay=1ms from=target\r\n  \n");
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_EQ(rules->size(), 2U);
  EXPECT_EQ((*rules)[1].delay, milliseconds(1));
}

TEST(Rules, ErrorNamesItsLine) {
  const auto rules = parse_rules("drop\n\nbreak\n");
  ASSERT_FALSE(rules);
  EXPECT_THAT(rules.error().message, HasSubstr("line 3: \"break\""));
}

TEST(Durations, HaveUnits) {
  EXPECT_EQ(parse_duration("250us"), microseconds(250));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("2min"), milliseconds(120000));
  EXPECT_EQ(parse_duration("0ms"), Duration());
  for (const char* wrong : {"", "ms", "5", "5 ms", "5h", "1e9s", "inf s", "infs", "99999999999999s", "-1ms"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

RC_GTEST_PROP(Rule, AnyTextIsARuleOrAnError, (const std::string& text)) {
  const auto rule = parse_rules(text);
  RC_ASSERT(rule.has_value() || !rule.error().message.empty());
}

}  // namespace
}  // namespace lunway::proxy
