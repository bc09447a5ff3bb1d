// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/rule_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/testing/recorder.h"
#include "wire/data_in.h"
#include "wire/nop_out.h"

namespace lunway::proxy {
namespace {

using ::testing::ElementsAre;
using testing::encoded;

constexpr wire::Digests kBoth{.header = true, .data = true};

RawPdu data_in(std::string_view data = "0123456789", wire::Digests digests = kBoth) {
  return {encoded(wire::DataIn::build({.itt = wire::Itt(1)}), data, digests), digests};
}

class Judged {
 public:
  explicit Judged(std::string_view rules, std::uint64_t seed = 1) : book_(*parse_rules(rules)), random_(seed) {}

  Verdict judge(const RawPdu& pdu, Duration age = {}, std::uint64_t connection = 1) {
    return book_.judge({.pdu = pdu,
                        .from = wire::Role::target,
                        .phase = phase,
                        .cid = wire::Cid(7),
                        .connection = connection,
                        .age = age},
                       random_);
  }
  /// For `count` PDUs in turn, whether something happened to each.
  std::vector<int> faults(int count) {
    std::vector<int> hit;
    for (int i = 1; i <= count; ++i) {
      if (judge(data_in()).is_fault()) hit.push_back(i);
    }
    return hit;
  }

  Phase phase = Phase::full_feature;

 private:
  RuleBook book_;
  Random random_;
};

TEST(RuleBook, NoRulesNoFaults) { EXPECT_FALSE(Judged("").judge(data_in()).is_fault()); }

TEST(RuleBook, Counts) {
  EXPECT_THAT(Judged("drop every=3").faults(10), ElementsAre(3, 6, 9));
  EXPECT_THAT(Judged("drop skip=4 every=3").faults(12), ElementsAre(7, 10));
  EXPECT_THAT(Judged("drop times=2").faults(5), ElementsAre(1, 2));
  EXPECT_THAT(Judged("drop skip=2 times=1").faults(5), ElementsAre(3));
}

TEST(RuleBook, CountsOnlyWhatMatches) {
  Judged judged("drop opcode=data-in every=2");
  const RawPdu ping(encoded(wire::NopOut::build({}), "", {}), {});
  EXPECT_FALSE(judged.judge(data_in()).drop);
  EXPECT_FALSE(judged.judge(ping).drop);
  EXPECT_TRUE(judged.judge(data_in()).drop);
}

TEST(RuleBook, Conditions) {
  EXPECT_FALSE(Judged("drop from=initiator").judge(data_in()).drop);
  EXPECT_TRUE(Judged("drop from=target").judge(data_in()).drop);
  EXPECT_TRUE(Judged("drop cid=7").judge(data_in()).drop);
  EXPECT_FALSE(Judged("drop cid=8").judge(data_in()).drop);
  EXPECT_TRUE(Judged("drop connection=2").judge(data_in(), {}, 2).drop);
  EXPECT_FALSE(Judged("drop connection=2").judge(data_in(), {}, 3).drop);
  EXPECT_FALSE(Judged("drop after=1s").judge(data_in(), std::chrono::milliseconds(999)).drop);
  EXPECT_TRUE(Judged("drop after=1s").judge(data_in(), std::chrono::milliseconds(1000)).drop);
  EXPECT_FALSE(Judged("drop until=1s").judge(data_in(), std::chrono::milliseconds(1000)).drop);
}

TEST(RuleBook, PhaseIsACondition) {
  Judged judged("drop");
  judged.phase = Phase::login;
  EXPECT_FALSE(judged.judge(data_in()).drop);
  Judged in_login("drop phase=login");
  EXPECT_FALSE(in_login.judge(data_in()).drop);
  in_login.phase = Phase::login;
  EXPECT_TRUE(in_login.judge(data_in()).drop);
}

TEST(RuleBook, ChanceFollowsFromTheSeed) {
  const std::vector<int> hit = Judged("drop probability=0.1", 5).faults(1000);
  EXPECT_EQ(Judged("drop probability=0.1", 5).faults(1000), hit);
  EXPECT_NE(Judged("drop probability=0.1", 6).faults(1000), hit);
  EXPECT_GT(hit.size(), 60U);
  EXPECT_LT(hit.size(), 140U);
  EXPECT_TRUE(Judged("drop probability=0").faults(100).empty());
  EXPECT_EQ(Judged("drop probability=1").faults(100).size(), 100U);
}

TEST(RuleBook, RulesAddUpUntilOneDropsOrCuts) {
  const Verdict verdict = Judged("delay=1ms\nduplicate\ncut=9\ndelay=5ms").judge(data_in());
  EXPECT_EQ(verdict.delay, std::chrono::milliseconds(1));
  EXPECT_EQ(verdict.copies, 2U);
  ASSERT_TRUE(verdict.cut);
  EXPECT_EQ(verdict.cut->passed_bytes, 9U);
  EXPECT_EQ(verdict.to_string(), "delay 1000 us, duplicate, cut after 9 bytes");
}

TEST(RuleBook, CutPassesAtMostThePdu) {
  EXPECT_EQ(Judged("cut=100000").judge(data_in()).cut->passed_bytes, data_in().bytes().size());
}

TEST(RuleBook, CorruptNeedsItsPart) {
  const RawPdu empty = data_in("");
  EXPECT_FALSE(Judged("corrupt=data").judge(empty).is_fault());
  EXPECT_FALSE(Judged("corrupt=data-digest").judge(empty).is_fault());
  EXPECT_TRUE(Judged("corrupt=header-digest").judge(empty).is_fault());
  EXPECT_FALSE(Judged("corrupt=header-digest").judge(data_in("x", {})).is_fault());
  EXPECT_FALSE(Judged("corrupt=data byte=10").judge(data_in()).is_fault());
  EXPECT_TRUE(Judged("corrupt=data byte=9").judge(data_in()).is_fault());
}

// With a wrong length nobody would find the next PDU: another fault than the one that was asked for.
TEST(RuleBook, RandomDamageSparesTheLengths) {
  Judged judged("corrupt=header");
  for (int i = 0; i < 500; ++i) {
    const Damage damage = judged.judge(data_in()).damage.at(0);
    EXPECT_GE(damage.byte, 8U);
    EXPECT_LT(damage.byte, wire::kHeaderSize);
    EXPECT_LT(damage.bit, 8U);
  }
}

TEST(Damage, TurnsOneBitOfItsPart) {
  const RawPdu before = data_in();
  RawPdu after = before;
  apply({{.part = Part::data, .byte = 3, .bit = 0, .repair = false}}, after);
  EXPECT_EQ(text_of(after.data()), "0122456789");
  std::size_t changed = 0;
  for (std::size_t i = 0; i < before.bytes().size(); ++i) changed += before.bytes()[i] != after.bytes()[i] ? 1U : 0U;
  EXPECT_EQ(changed, 1U);
}

TEST(Damage, RepairedDigestsFitTheDamagedBytes) {
  RawPdu pdu = data_in();
  apply({{.part = Part::data, .byte = 3, .bit = 0, .repair = true}}, pdu);
  const RawPdu same = data_in("0122456789");
  EXPECT_TRUE(std::ranges::equal(pdu.bytes(), same.bytes()));
}

TEST(RawPdu, OtherDataHasItsOwnLengthPaddingAndDigests) {
  const RawPdu pdu = data_in("0123456789").with_data(bytes_of("xyz"));
  EXPECT_TRUE(std::ranges::equal(pdu.bytes(), data_in("xyz").bytes()));
}

}  // namespace
}  // namespace lunway::proxy
