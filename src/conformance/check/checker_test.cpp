// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/check/checker.h"

#include <gtest/gtest.h>

#include <set>

#include "conformance/check/testing/talk.h"
#include "conformance/ledger/coverage.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

TEST(CheckerRules, HaveIdsOfTheirOwn) {
  std::set<std::string_view> ids;
  for (const CheckerRule* rule : checker_rules()) {
    EXPECT_TRUE(ids.insert(rule->id).second) << rule->id;
    EXPECT_FALSE(rule->title.empty() || rule->section.empty()) << rule->id;
    EXPECT_FALSE(rule->title.ends_with('.')) << rule->id;
  }
}

TEST(CheckerRules, JudgeTogetherEverybodyWhomTheirRowsBind) {
  for (const CheckerRule* rule : checker_rules()) {
    for (const std::uint16_t place : rule->proves.places()) {
      const Requirement& row = requirements()[place];
      for (const Role role : {Role::initiator, Role::target}) {
        const Side side = role == Role::target ? Side::target : Side::initiator;
        const bool judged = std::ranges::any_of(checker_rules(), [&](const CheckerRule* other) {
          return other->proves.contains(place) && (other->judges == Side::both || other->judges == side);
        });
        EXPECT_TRUE(judged || !binds(row, role)) << rule->id << " " << row.id;
      }
    }
  }
}

TEST(InvariantChecker, FindsNothingInAGoodSession) {
  Talk talk;
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  talk.ask(talk.command(3, cdb::read(0, 1), 512));
  talk.answer(talk.response(Opcode::data_in, 3)
                  .set(field::kTtt, kNoTag)
                  .set(field::kHasStatus, 1)
                  .with_data(std::vector<std::byte>(512)));
  talk.ask(talk.command(4, cdb::test_unit_ready()));
  talk.answer(talk.response(Opcode::scsi_response, 4));
  talk.answer(talk.unnumbered(Opcode::nop_in, kNoTag).set(field::kStatSn, talk.stat_sn));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

TEST(InvariantChecker, NeverBlamesTheScript) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2).set(field::kCmdSn, 99));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

TEST(InvariantChecker, TellsOfARuleOnceForAConnection) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.unnumbered(Opcode::nop_in, kNoTag).set(field::kStatSn, 5));
  talk.answer(talk.unnumbered(Opcode::nop_in, kNoTag).set(field::kStatSn, 9));
  ASSERT_EQ(talk.violations().size(), 1U) << talk.findings();
  EXPECT_EQ(talk.violations()[0].finding.at, 3U);
  EXPECT_EQ(talk.violations()[0].by, Role::target);
}

//= rfc7143#13.1
TEST(InvariantChecker, ReadsNothingBehindDigestsThatWereNotAgreedOn) {
  Talk talk(Role::target);
  talk.log_in();
  talk.digests = {.header = true};
  talk.answer(talk.nop_in(2).set(field::kStatSn, 5));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

}  // namespace
}  // namespace lunway::conformance
